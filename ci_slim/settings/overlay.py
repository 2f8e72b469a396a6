"""Flags → nodes in the tree of the settings file; both are then read as one.

So a flag has the reader, the checks and the messages of its key in the file; only the place in a
message is the flag. A flag replaces the value in the file. `--env`, `--build-arg` and
`--build-context` replace single names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ci_slim.errors import UsageError
from ci_slim.options import Type
from ci_slim.requests import Asked, Given
from ci_slim.settings import document
from ci_slim.settings.document import Node, Scalar, Sequence, Table


def overlay(image: Table, asked: Asked, environment: Mapping[str, str]) -> Table:
    """The table of an image with the values that were asked for. Raises UsageError for an invalid
    value."""
    for key, node in _nodes(asked, environment):
        image = _placed(image, key.removeprefix("images.*.").split("."), node)
    return image


def _nodes(asked: Asked, environment: Mapping[str, str]) -> Iterator[tuple[str, Node]]:
    """Key in the file and node of all given values; all probes together make one list."""
    probes: list[Node] = []
    for given in asked.settings():
        if given.option.probe or given.option.type is Type.PROBES:
            probes += _probes(given, environment)
        else:
            yield str(given.option.sets), _node(given, environment)
    if probes:
        yield "images.*.probes", Sequence(tuple(probes), probes[0].where)


def _node(given: Given, environment: Mapping[str, str]) -> Node:
    option, texts, where = given.option, given.texts, given.where
    if option.type in (Type.VALUES, Type.CONTEXTS):
        return _values(given, environment)
    if option.type is Type.READY:
        return _ready(texts[0], where)
    if option.type is Type.BUDGET:
        return _yaml(texts[0], where, environment)
    if option.type is Type.PLATFORMS:
        texts = tuple(part for text in texts for part in text.split(","))
    if option.multiple:
        return Sequence(tuple(_text(text, where) for text in texts), where)
    return _text(texts[0], where)


def _probes(given: Given, environment: Mapping[str, str]) -> tuple[Node, ...]:
    """The given probes: YAML with one probe or a list, or texts with one probe each."""
    key, where = given.option.probe, given.where
    if key is not None:
        return tuple(Table({key: _text(text, where)}, {key: where}, where) for text in given.texts)
    node = _yaml(given.texts[0], where, environment)
    return node.items if isinstance(node, Sequence) else (node,)


def _yaml(text: str, where: str, environment: Mapping[str, str]) -> Node:
    """A part of a settings file, given as a flag. Its paths are relative to the working folder."""
    node = document.read(text, where, environment)
    if node is None:
        raise UsageError("the value is empty", where=where, hint="leave out this option")
    return _as_flag(node)


def _as_flag(node: Node) -> Node:
    if isinstance(node, Sequence):
        return replace(node, items=tuple(map(_as_flag, node.items)))
    if isinstance(node, Table):
        return replace(node, entries={key: _as_flag(each) for key, each in node.entries.items()})
    return replace(node, origin="flag")


def _values(given: Given, environment: Mapping[str, str]) -> Table:
    """`KEY=VALUE`; `KEY` alone takes its value from the environment, as with docker's flags."""
    option, where = given.option, given.where
    entries: dict[str, Node] = {}
    for text in given.texts:
        key, has_value, value = text.partition("=")
        if not has_value:
            if option.type is Type.CONTEXTS or key not in environment:
                raise UsageError(
                    f"`{text}` has no value",
                    where=where,
                    hint=f"write {key}=VALUE"
                    + ("" if option.type is Type.CONTEXTS else f", or set {key}"),
                )
            value = environment[key]
        entries[key] = _text(value, where)
    return Table(entries, dict.fromkeys(entries, where), where)


_WITHIN = re.compile(r"(.*)@([0-9.]+ ?(?:ms|s|m|min|h))", re.DOTALL)


def _ready(text: str, where: str) -> Node:
    """`http:/path@30s` and the like, as the mapping that the file has for it."""
    condition, within = text, ""
    if match := _WITHIN.fullmatch(text):
        condition, within = match.groups()
    kind, _, value = condition.partition(":")
    if kind in ("http", "port", "log") and value:
        entries: dict[str, Node] = {kind: _text(value, where)}
        if within:
            entries["within"] = _text(within, where)
    elif condition in ("none", "auto") and not within:
        return _text(condition, where)
    elif condition == "auto":
        entries = {"within": _text(within, where)}
    else:
        raise UsageError(
            f"`{text}` is not a condition",
            where=where,
            hint="write http:/path, port:5000, log:REGEX or none, with @30s for the longest wait",
        )
    return Table(entries, dict.fromkeys(entries, where), where)


def _placed(table: Table, path: list[str], node: Node) -> Table:
    """The table with the node at the end of the path. A table there is merged key by key."""
    key, *rest = path
    old = table.entries.get(key)
    if rest:
        if isinstance(old, Sequence) or (isinstance(old, Scalar) and old.kind != "nothing"):
            return table  # the file is wrong here; that is refused when it is read
        below = old if isinstance(old, Table) else Table({}, {}, node.where)
        node = _placed(below, rest, node)
    elif isinstance(old, Table) and isinstance(node, Table) and key != "ready":
        node = Table({**old.entries, **node.entries}, {**old.keys, **node.keys}, old.where)
    where = table.keys.get(key, node.where)
    return Table({**table.entries, key: node}, {**table.keys, key: where}, table.where)


def _text(text: str, where: str) -> Scalar:
    return Scalar(text, "text", where, "flag")
