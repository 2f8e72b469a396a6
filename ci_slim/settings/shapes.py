"""What a node of the settings file is: its shape checked, and said in the reader's words."""

import difflib
from collections.abc import Iterable

from ci_slim.errors import UsageError
from ci_slim.settings.document import Node, Scalar, Sequence, Table


def given(table: Table, key: str) -> Node | None:
    """The node at a key; None when it is not there or says nothing (`target: null`)."""
    node = table.entries.get(key)
    if isinstance(node, Scalar) and (
        node.kind == "nothing" or (node.origin == "environment" and not node.text)
    ):
        return None
    return node


def child(table: Table, key: str) -> Table:
    """The mapping at a key; an empty one when it is not there."""
    node = given(table, key)
    return Table({}, {}, table.where) if node is None else mapping(node, key)


def mapping(node: Node, key: str, hint: str = "") -> Table:
    """The node at a key, which must be a mapping."""
    if not isinstance(node, Table):
        raise UsageError(
            f"`{key}` must be a mapping, not {describe(node)}",
            where=node.where,
            hint=hint or f"write what belongs to `{key}` below it, indented, as `key: value`",
        )
    return node


def scalar(node: Node, what: str) -> Scalar:
    """The node, which must be a single value."""
    if not isinstance(node, Scalar) or node.kind == "nothing":
        raise UsageError(f"{what} is expected, not {describe(node)}", where=node.where)
    return node


def text(node: Node, *, empty: bool = False) -> str:
    """A text; what YAML takes for a number, true or false must be put in quotes."""
    value = scalar(node, "a text")
    if value.kind != "text":
        raise UsageError(
            f"`{value.text}` is read as {describe(value)}, and a text is expected",
            where=value.where,
            hint=f'put it in quotes: "{value.text}"',
        )
    if not value.text and not empty:
        raise UsageError("the text is empty", where=value.where, hint="write it or remove the key")
    return value.text


def describe(node: Node) -> str:
    """What a node is, in the reader's words."""
    if isinstance(node, Table):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    names = {"nothing": "empty", "true or false": "true or false", "text": "a text"}
    return names.get(node.kind, f"a {node.kind}")


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint for an unknown word: the nearest known one, else all of them."""
    known = tuple(known)
    near = difflib.get_close_matches(word, known, 1, 0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return "known here: " + ", ".join(known)


def place(node: Node, keys: tuple[str | int, ...]) -> str:
    """The place of a key path below a node, of a mapping's member that of its key.

    Of a path that is not there, the nearest place around it.
    """
    where = node.where
    for key in keys:
        if isinstance(node, Table) and isinstance(key, str) and key in node.entries:
            where, node = node.keys[key], node.entries[key]
        elif isinstance(node, Sequence) and isinstance(key, int) and key < len(node.items):
            node = node.items[key]
            where = node.where
        else:
            break
    return where
