"""YAML text → a tree in which each node has its place in the file.

The text is YAML 1.2, as ruamel.yaml reads it: `no` is a text and `010` is ten. Each plain scalar
keeps its original text. `${VAR}` and `${VAR:-default}` are filled in from a mapping of the caller
after the YAML was read, so the value of a variable cannot change the structure.

Errors are UsageErrors; `where` is file:line:column, both from 1.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ci_slim.errors import UsageError
from ci_slim.settings.composing import MAX_DEPTH, compose, place

MAX_NODES = 20_000
"""Only nested aliases make more nodes than this."""

Kind = Literal["text", "whole number", "number", "true or false", "nothing"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `text` is the text in the file without quotes, with `${…}` filled in.

    `origin` is `environment` for a plain (unquoted) scalar with a variable, and `flag` for a value
    of the command line. These are always texts, so they are accepted where another kind is
    expected.
    """

    text: str
    kind: Kind
    where: str
    origin: Literal["file", "environment", "flag"] = "file"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple["Node", ...]
    where: str


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping: key → node, and key → place of the key."""

    entries: Mapping[str, "Node"]
    keys: Mapping[str, str]
    where: str


Node: TypeAlias = Scalar | Sequence | Table

_KINDS: Mapping[str, Kind] = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "null": "nothing",
    "timestamp": "text",  # YAML 1.2's core schema has no dates: a date is a text
}

_TAG = "tag:yaml.org,2002:"

_SURROGATE = re.compile("[\ud800-\udfff]")
_VARIABLE = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\})?")


def read(
    text: str, name: str, environment: Mapping[str, str], *, variables: bool = True
) -> Node | None:
    """The tree of the only document in `text`; None if it is empty. Without `variables`, `${VAR}`
    is left as it is.

    `name` is the name of the file, for messages. Raises UsageError for invalid YAML, several
    documents, duplicate keys, tags, YAML 1.1 directives, unset variables, and for documents that
    exceed the limits of this module.
    """
    root = compose(text, name)
    return None if root is None else _Reader(name, environment, variables).node(root)


def plain(node: Node) -> Any:
    """The node as dict, list, str, int, finite float, bool and None. Raises UsageError."""
    if isinstance(node, Table):
        return {key: plain(value) for key, value in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if node.kind == "nothing":
        return None
    if node.kind == "true or false":
        return node.text.lower() == "true"
    if node.kind in ("whole number", "number"):
        return _number(node)
    return node.text


def node_of(value: object, at: Callable[[tuple[str | int, ...]], str]) -> Node:
    """The node for a plain value, as in JSON; `at` returns the place of a path of keys in it."""
    where = at(())
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise UsageError(f"the key {key!r} must be a text", where=where, hint="quote it")
        entries = {key: node_of(each, _below(at, key)) for key, each in value.items()}
        return Table(entries, {key: at((key,)) for key in entries}, where)
    if isinstance(value, list | tuple):
        items = (node_of(each, _below(at, number)) for number, each in enumerate(value))
        return Sequence(tuple(items), where)
    if value is None:
        return Scalar("", "nothing", where)
    if isinstance(value, bool):
        return Scalar(str(value).lower(), "true or false", where)
    if isinstance(value, int):
        return Scalar(str(value), "whole number", where)
    return Scalar(str(value), "number" if isinstance(value, float) else "text", where)


def _below(
    at: Callable[[tuple[str | int, ...]], str], key: str | int
) -> Callable[[tuple[str | int, ...]], str]:
    return lambda keys: at((key, *keys))


def _number(node: Scalar) -> int | float:
    digits = node.text.replace("_", "")
    try:
        if node.kind == "whole number":
            return int(digits, 10 if digits.lstrip("+-0").isdecimal() else 0)
        number = float(digits)
    except ValueError:  # .inf, .nan, and whole numbers of thousands of digits
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(
            f"`{node.text[:20]}` is not a number", where=node.where, hint="put it in quotes"
        )
    return number


class _Reader:
    """Converts the nodes of ruamel. It counts them, because an alias can repeat a whole tree."""

    def __init__(self, name: str, environment: Mapping[str, str], variables: bool) -> None:
        self.name = name
        self.variables = variables
        self.environment = environment
        self.count = 0

    def node(self, raw: Any, depth: int = 0) -> Node:
        from ruamel.yaml.nodes import MappingNode, SequenceNode

        where = place(raw, self.name)
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            raise UsageError(
                "the aliases make the file too large",
                where=where,
                hint="write the values without aliases",
            )
        tag = str(raw.tag).removeprefix(_TAG)
        if isinstance(raw, MappingNode) and tag == "map":
            return self.table(raw, where, depth)
        if isinstance(raw, SequenceNode) and tag == "seq":
            return Sequence(tuple(self.node(item, depth + 1) for item in raw.value), where)
        if tag not in _KINDS:
            raise UsageError(
                f"the tag `{raw.tag}` is not understood", where=where, hint="remove the tag"
            )
        if _SURROGATE.search(raw.value):
            raise UsageError(
                "this is half of a surrogate pair, which is not valid in UTF-8",
                where=where,
                hint="write the character itself, or as \\U0001F600",
            )
        value = self.filled(raw.value, where) if self.variables else raw.value
        variable = raw.style is None and value != raw.value
        return Scalar(value, _KINDS[tag], where, "environment" if variable else "file")

    def table(self, raw: Any, where: str, depth: int) -> Table:
        entries: dict[str, Node] = {}
        keys: dict[str, str] = {}
        merged: dict[str, tuple[Node, str]] = {}
        for raw_key, raw_value in raw.value:
            key, at = raw_key.value, place(raw_key, self.name)
            if not isinstance(key, str):
                raise UsageError("a key must be a text", where=at)
            if key in keys:
                first = keys[key].removeprefix(f"{self.name}:")
                raise UsageError(
                    f"the key `{key}` is used twice (first at {first})",
                    where=at,
                    hint="remove one of the two",
                )
            keys[key] = at
            value = self.node(raw_value, depth + 1)
            if key == "<<" and str(raw_key.tag) == f"{_TAG}merge":
                for table in self.merges(value):
                    for name, node in table.entries.items():
                        merged.setdefault(name, (node, table.keys[name]))
            else:
                entries[key] = value
        if "<<" not in entries:
            keys.pop("<<", None)
        for name, (node, at) in merged.items():
            if name not in entries:
                entries[name], keys[name] = node, at
        return Table(entries, keys, where)

    def merges(self, value: Node) -> Iterator[Table]:
        for item in value.items if isinstance(value, Sequence) else (value,):
            if not isinstance(item, Table):
                raise UsageError("`<<` can merge only mappings", where=item.where)
            yield item

    def filled(self, text: str, where: str) -> str:
        """The text with `${VAR}` and `${VAR:-default}` filled in, and `$${` as `${`."""

        def fill(match: re.Match[str]) -> str:
            variable, has_default, default = match.groups()
            if match[0] == "$${":
                return "${"
            if variable is None:
                raise UsageError(
                    "`${` does not start a valid variable",
                    where=where,
                    hint="write ${NAME} or ${NAME:-default}, or $${ for a literal ${",
                )
            value = self.environment.get(variable)
            if value is None and not has_default:
                raise UsageError(
                    f"the environment variable `{variable}` is not set",
                    where=where,
                    hint=f"set it, or write ${{{variable}:-default}}; "
                    f"$${{{variable}}} is the text itself",
                )
            return (value or default) if has_default else (value or "")

        return _VARIABLE.sub(fill, text)
