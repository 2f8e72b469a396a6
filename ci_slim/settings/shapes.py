"""The shape of a node in the settings file: mapping, list or value. It is checked and described."""

import difflib
from collections.abc import Iterable

from ci_slim.errors import UsageError
from ci_slim.options import Option
from ci_slim.settings.document import Node, Scalar, Sequence, Table


def given(table: Table, key: str) -> Node | None:
    """The node at a key; None if it is missing or empty (`target: null`)."""
    node = table.entries.get(key)
    if isinstance(node, Scalar) and (
        node.kind == "nothing" or (node.origin == "environment" and not node.text)
    ):
        return None
    return node


def child(table: Table, key: str) -> Table:
    """The mapping at a key; an empty mapping if it is missing."""
    node = given(table, key)
    return Table({}, {}, table.where) if node is None else mapping(node, key)


def mapping(node: Node, key: str, hint: str = "") -> Table:
    """The node at a key, which must be a mapping."""
    if not isinstance(node, Table):
        raise UsageError(
            f"`{key}` must be a mapping, not {describe(node)}",
            where=node.where,
            hint=hint or f"write indented lines `key: value` below `{key}`",
        )
    return node


def scalar(node: Node, what: str) -> Scalar:
    """The node, which must be a single value."""
    if not isinstance(node, Scalar) or node.kind == "nothing":
        raise UsageError(f"{what} is expected, not {describe(node)}", where=node.where)
    return node


def text(node: Node, *, empty: bool = False) -> str:
    """The text of a node. Raises UsageError for a number, true or false without quotes."""
    value = scalar(node, "a text")
    if value.kind != "text":
        raise UsageError(
            f"`{value.text}` is {describe(value)} here, but a text is expected",
            where=value.where,
            hint=f'put it in quotes: "{value.text}"',
        )
    if not value.text and not empty:
        raise UsageError("the text is empty", where=value.where, hint="add it or remove the key")
    return value.text


def describe(node: Node) -> str:
    """A few words about what a node is, for messages."""
    if isinstance(node, Table):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    names = {"nothing": "empty", "true or false": "true or false", "text": "a text"}
    return names.get(node.kind, f"a {node.kind}")


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint for an unknown word: the nearest known word, else all known words."""
    known = tuple(known)
    near = difflib.get_close_matches(word, known, 1, 0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return "known here: " + ", ".join(known)


def place(node: Node, keys: tuple[str | int, ...]) -> str:
    """The place of a path of keys below a node. For an entry of a mapping, it is the place of its
    key; for a path that does not exist, the place of its nearest existing parent.
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


def key_of(option: Option) -> str:
    """The key of an option, for messages."""
    return (option.file_key or option.name).rpartition(".")[2]
