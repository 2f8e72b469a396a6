"""Flags → nodes laid over the tree of the settings file, which is then read as one.

So a flag has the reader, the checks and the messages of its file key, with the flag as place. A
flag replaces what the file says; `--env`, `--build-arg` and `--build-context` do so name by name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ci_slim.errors import UsageError
from ci_slim.options import OPTIONS, Option, Type
from ci_slim.settings import document
from ci_slim.settings.document import Node, Scalar, Sequence, Table

Flags = Mapping[str, Any]
"""The name of an option → what click gave for it; None, () or absent when it was not given."""

PROBE_FLAGS = {"http_probe": "http", "exec_probe": "exec", "http_probe_cmd_file": "file"}
"""The flags that together make `probes`, with the key each fills."""


def overlay(image: Table, flags: Flags, environment: Mapping[str, str]) -> Table:
    """One image's table with the flags laid over it. UsageError for a flag without sense."""
    for key, node in _nodes(flags, environment):
        image = _placed(image, key.removeprefix("images.*.").split("."), node)
    return image


def _nodes(flags: Flags, environment: Mapping[str, str]) -> Iterator[tuple[str, Node]]:
    """File key and node of every flag that was given."""
    for option in OPTIONS:
        value = flags.get(option.name)
        if option.flag and option.file_key and value not in (None, ()) and option.name != "probes":
            yield option.file_key, _node(option, value, environment)
    probes = _probes(flags, environment) + tuple(
        Table({key: _text(text, name)}, {key: _where(name)}, _where(name))
        for name, key in PROBE_FLAGS.items()
        for text in flags.get(name) or ()
    )
    if probes:
        yield "images.*.probes", Sequence(probes, probes[0].where)


def _node(option: Option, value: Any, environment: Mapping[str, str]) -> Node:
    name = option.name
    if option.type in (Type.VALUES, Type.CONTEXTS):
        return _values(option, value, environment)
    if option.type is Type.READY:
        return _ready(value)
    if option.type is Type.BUDGET:
        return _yaml(value, name, environment)
    if option.type is Type.PLATFORMS:
        value = [part for text in value for part in text.split(",")]
    if option.multiple:
        return Sequence(tuple(_text(text, name) for text in value), _where(name))
    return _text(str(value).lower() if isinstance(value, bool) else str(value), name)


def _probes(flags: Flags, environment: Mapping[str, str]) -> tuple[Node, ...]:
    """What `--probes` holds: a list of probes, or one."""
    if not flags.get("probes"):
        return ()
    node = _yaml(flags["probes"], "probes", environment)
    return node.items if isinstance(node, Sequence) else (node,)


def _yaml(text: str, name: str, environment: Mapping[str, str]) -> Node:
    """A piece of a settings file given as a flag; its paths are relative to the working folder."""
    node = document.read(text, _where(name), environment)
    if node is None:
        raise UsageError("there is nothing in it", where=_where(name), hint="leave the flag out")
    return _as_flag(node)


def _as_flag(node: Node) -> Node:
    if isinstance(node, Sequence):
        return replace(node, items=tuple(map(_as_flag, node.items)))
    if isinstance(node, Table):
        return replace(node, entries={key: _as_flag(each) for key, each in node.entries.items()})
    return replace(node, origin="flag")


def _values(option: Option, texts: Any, environment: Mapping[str, str]) -> Table:
    """`KEY=VALUE`; a bare `KEY` takes the value of the environment, as docker's flags do."""
    where = _where(option.name)
    entries: dict[str, Node] = {}
    for text in texts:
        key, has_value, value = text.partition("=")
        if not has_value:
            if option.type is Type.CONTEXTS or key not in environment:
                raise UsageError(
                    f"`{text}` has no value",
                    where=where,
                    hint=f"write {option.flag} {key}=VALUE"
                    + ("" if option.type is Type.CONTEXTS else f", or set {key}"),
                )
            value = environment[key]
        entries[key] = _text(value, option.name)
    return Table(entries, dict.fromkeys(entries, where), where)


_WITHIN = re.compile(r"(.*)@([0-9.]+ ?(?:ms|s|m|min|h))", re.DOTALL)


def _ready(text: str) -> Node:
    """`http:/path@30s` and its like as the file's mapping."""
    where = _where("ready")
    condition, within = text, ""
    if match := _WITHIN.fullmatch(text):
        condition, within = match.groups()
    kind, _, value = condition.partition(":")
    if kind in ("http", "port", "log") and value:
        entries: dict[str, Node] = {kind: _text(value, "ready")}
        if within:
            entries["within"] = _text(within, "ready")
    elif condition in ("none", "auto") and not within:
        return _text(condition, "ready")
    elif condition == "auto":
        entries = {"within": _text(within, "ready")}
    else:
        raise UsageError(
            f"`{text}` is no condition",
            where=where,
            hint="write http:/path, port:5000, log:REGEX or none, with @30s for the longest wait",
        )
    return Table(entries, dict.fromkeys(entries, where), where)


def _placed(table: Table, path: list[str], node: Node) -> Table:
    """The table with the node at the end of the path; tables meet key by key there."""
    key, *rest = path
    old = table.entries.get(key)
    if rest:
        if isinstance(old, Sequence) or (isinstance(old, Scalar) and old.kind != "nothing"):
            return table  # wrong in the file, and refused when it is read
        below = old if isinstance(old, Table) else Table({}, {}, node.where)
        node = _placed(below, rest, node)
    elif isinstance(old, Table) and isinstance(node, Table) and key != "ready":
        node = Table({**old.entries, **node.entries}, {**old.keys, **node.keys}, old.where)
    where = table.keys.get(key, node.where)
    return Table({**table.entries, key: node}, {**table.keys, key: where}, table.where)


def _text(text: str, option: str) -> Scalar:
    return Scalar(text, "text", _where(option), "flag")


def _where(option: str) -> str:
    return "--" + option.replace("_", "-")
