"""Nodes of the settings file, or values of flags, → checked values; one reader a type.

Each reader takes the node and the option it stands for, and raises UsageError with the node's
place. A value that comes from the command line or from the environment is a text by nature, and
may stand for a number or a list of one.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from ci_slim import platforms
from ci_slim.errors import UsageError
from ci_slim.image.reference import is_tag
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.options import Option, Section, Type
from ci_slim.probes import fields
from ci_slim.settings import quantities
from ci_slim.settings.document import Node, Scalar, Sequence, Table, plain
from ci_slim.settings.shapes import describe, given, mapping, nearest, scalar, text


def read(node: Node, option: Option) -> Any:
    """The checked value of a node, of the type that the option declares."""
    return _READERS[option.type](node, option)


def leaves(table: Table, section: Section) -> dict[str, Any]:
    """The values of a section's own options, with defaults; probes are left to the caller."""
    refuse_unknown(table, section)
    values: dict[str, Any] = {}
    for key, option in section.keys.items():
        if isinstance(option, Option) and option.type is not Type.PROBES:
            node = given(table, key)
            values[key] = option.default if node is None else read(node, option)
    return values


def refuse_unknown(table: Table, section: Section) -> None:
    """UsageError at the first key that is not declared, with the nearest one that is."""
    for key, where in table.keys.items():
        if key not in section.keys:
            name = section.path.rpartition(".")[2]
            place = "" if name in ("", "*") else f" in `{name}`"
            raise UsageError(
                f"unknown key `{key}`{place}", where=where, hint=_nearest(key, section)
            )


def _nearest(key: str, section: Section) -> str:
    for name, other in section.keys.items():
        if isinstance(other, Section) and key in other.keys:
            return f"`{key}` belongs into `{name}`"
    return nearest(key, section.keys)


def _text(node: Node, _option: Option) -> str:
    return text(node)


def _values(node: Node, option: Option) -> Mapping[str, str]:
    """Name → text, or a number and the like as it is written in the file: `1.10` is "1.10"."""
    name = _key(option)
    if isinstance(node, Sequence):
        raise UsageError(
            f"`{name}` must be a mapping, not a list",
            where=node.where,
            hint="write `KEY: value`, not `- KEY=value`",
        )
    found: dict[str, str] = {}
    for key, value in mapping(node, name).entries.items():
        where = mapping(node, name).keys[key]
        if not key or "=" in key or "\0" in key:
            raise UsageError(f"`{key}` is no name of a variable", where=where)
        if isinstance(value, Scalar) and value.kind == "nothing":
            raise UsageError(
                f"`{key}` has no value",
                where=where,
                hint=f'write {key}: "" for an empty one, or {key}: ${{{key}}} to pass it on',
            )
        found[key] = scalar(value, "a text").text
        if "\0" in found[key]:
            raise UsageError(f"the value of `{key}` holds a NUL", where=value.where)
    return found


def _items(node: Node, option: Option) -> tuple[Node, ...]:
    if isinstance(node, Sequence):
        return node.items
    if isinstance(node, Scalar) and node.origin != "file":
        return (node,)
    shown = f": [{node.text}]" if isinstance(node, Scalar) else ""
    raise UsageError(
        f"`{_key(option)}` must be a list, not {describe(node)}",
        where=node.where,
        hint=f"write it as a list{shown}",
    )


def _texts(node: Node, option: Option) -> tuple[str, ...]:
    return tuple(text(item) for item in _items(node, option))


def _switch(node: Node, option: Option) -> bool:
    value = scalar(node, "true or false")
    lower = value.text.lower()
    if (value.kind != "true or false" and value.origin == "file") or lower not in ("true", "false"):
        quoted = value.kind == "text" and lower in ("true", "false")
        raise UsageError(
            f"`{_key(option)}` must be true or false, not "
            + (f'the text "{value.text}"' if quoted else f"`{value.text}`"),
            where=value.where,
            hint="remove the quotes" if quoted else "",
        )
    return lower == "true"


def _whole(node: Node, option: Option, most: int) -> int:
    value = scalar(node, "a whole number")
    number = re.fullmatch(r"0|[1-9][0-9]{0,8}", value.text, re.ASCII)
    right_kind = value.kind == "whole number" or value.origin != "file"
    if not right_kind or number is None or not option.least <= int(value.text) <= most:
        top = f" to {most}" if most < 10**9 else ""
        quoted = value.kind == "text" and number is not None and value.origin == "file"
        raise UsageError(
            f"`{_key(option)}` must be a whole number from {option.least}{top}, not "
            + (f'the text "{value.text}"' if quoted else f"`{value.text}`"),
            where=value.where,
            hint="remove the quotes" if quoted else "",
        )
    return int(value.text)


def _count(node: Node, option: Option) -> int:
    return _whole(node, option, 10**9 if option.most is None else option.most)


def _releases(node: Node, option: Option) -> int | tuple[str, ...]:
    if isinstance(node, Scalar):
        return _count(node, option)
    tags = _texts(node, option)
    for tag, item in zip(tags, _items(node, option), strict=True):
        if not is_tag(tag):
            raise UsageError(
                f"`{tag[:80]}` is not a tag",
                where=item.where,
                hint="write the tags of earlier releases, without the name of the image",
            )
    return tags


def _port(node: Node, option: Option) -> int:
    return _whole(node, option, 65535)


def _quantity(node: Node, what: str, convert: Callable[[str], Any]) -> Any:
    value = scalar(node, what)
    try:
        return convert(value.text)
    except ValueError as error:
        problem, _, hint = str(error).partition(": ")
        raise UsageError(problem, where=value.where, hint=hint) from None


def _size(node: Node, _option: Option) -> int:
    return int(_quantity(node, "a size", quantities.size))


def _growth(node: Node, _option: Option) -> GrowthLimit:
    if scalar(node, "a size or a percentage").text.rstrip().endswith("%"):
        return GrowthLimit(percent=_quantity(node, "a percentage", quantities.percent))
    return GrowthLimit(bytes=_quantity(node, "a size or a percentage", quantities.size))


def _duration(node: Node, option: Option) -> float:
    seconds = float(_quantity(node, "a duration", quantities.duration))
    if option.most is not None and not 0 < seconds <= option.most:
        raise UsageError(
            f"`{_key(option)}` must be more than 0s and at most {option.most}s", where=node.where
        )
    return seconds


def _choice(node: Node, option: Option) -> str:
    word = text(node)
    if word not in option.choices:
        raise UsageError(
            f"`{word}` is not a value of `{_key(option)}`",
            where=node.where,
            hint=nearest(word, option.choices),
        )
    return word


def _choices(node: Node, option: Option) -> tuple[str, ...]:
    words = tuple(_choice(item, option) for item in _items(node, option))
    for index, word in enumerate(words):
        if word in words[:index]:
            raise UsageError(f"`{word}` is there twice", where=_items(node, option)[index].where)
    return words


def platform(node: Node) -> platforms.Platform:
    """One platform, normalised."""
    try:
        return platforms.parse(text(node))
    except UsageError as error:
        error.where = error.where or node.where
        raise


def _platforms(node: Node, option: Option) -> tuple[platforms.Platform, ...]:
    found: list[platforms.Platform] = []
    for item in _items(node, option):
        one = platform(item)
        if one in found:
            raise UsageError(f"the platform {one} is there twice", where=item.where)
        found.append(one)
    if not found:
        raise UsageError(
            "the list of platforms is empty",
            where=node.where,
            hint="remove the key for the daemon's own platform",
        )
    return tuple(found)


def _command(node: Node, option: Option) -> tuple[str, ...]:
    if isinstance(node, Sequence):
        return tuple(text(item, empty=True) for item in node.items)
    try:
        return tuple(shlex.split(text(node, empty=True)))
    except ValueError as error:
        raise UsageError(
            f"`{_key(option)}` cannot be split into words: {str(error).lower()}",
            where=node.where,
            hint="write it as a list of arguments",
        ) from None


def _globs(node: Node, option: Option) -> tuple[str, ...]:
    for item in _items(node, option):
        glob = text(item)
        if ".." in glob.split("/"):
            raise UsageError(
                f"`{glob}` goes upwards",
                where=item.where,
                hint="write the path without `..`, from the top of the image",
            )
        if not glob.startswith("/"):
            raise UsageError(
                f"`{glob}` is not an absolute path of the image",
                where=item.where,
                hint=f"start it with `/`: `/{glob.lstrip('./')}` or `/**/{glob.lstrip('./')}`",
            )
    return _texts(node, option)


def _pattern(node: Node, _option: Option) -> str:
    pattern = text(node)
    try:
        re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"`{pattern}` is no regular expression: {error}", where=node.where
        ) from None
    return pattern


def _reference(node: Node, _option: Option) -> str:
    reference = text(node)
    if re.search(r"\s", reference) or reference.startswith("-"):
        raise UsageError(f"`{reference}` is no name of an image", where=node.where)
    return reference


def _scalar(node: Node, _option: Option) -> str:
    return scalar(node, "a text").text


def _line(node: Node, option: Option) -> str | tuple[str, ...]:
    if isinstance(node, Sequence):
        return tuple(_scalar(item, option) for item in node.items)
    return text(node, empty=True)


def _headers(node: Node, option: Option) -> tuple[tuple[str, str], ...]:
    table = mapping(node, _key(option), "write `Name: value`")
    found: list[tuple[str, str]] = []
    for name, value in table.entries.items():
        for each in value.items if isinstance(value, Sequence) else (value,):
            content = scalar(each, f"a value of the header `{name}`").text
            found.append(fields.header(name, content, table.keys[name]))
    return tuple(found)


def _statuses(node: Node, _option: Option) -> tuple[int, ...]:
    return fields.statuses(plain(node), node.where)


def _patterns(node: Node, option: Option) -> Mapping[str, str]:
    table = mapping(node, _key(option))
    return {
        fields.header(name, "", table.keys[name])[0]: _pattern(value, option)
        for name, value in table.entries.items()
    }


def _json(node: Node, _option: Option) -> Any:
    return plain(node)


def _mapping(node: Node, option: Option) -> Any:
    return plain(mapping(node, _key(option)))


def _key(option: Option) -> str:
    return (option.file_key or option.name).rpartition(".")[2]


_READERS: Mapping[Type, Callable[[Node, Option], Any]] = {
    Type.TEXT: _text,
    Type.TEXTS: _texts,
    Type.SWITCH: _switch,
    Type.COUNT: _count,
    Type.RELEASES: _releases,
    Type.PORT: _port,
    Type.SIZE: _size,
    Type.GROWTH: _growth,
    Type.DURATION: _duration,
    Type.CHOICE: _choice,
    Type.CHOICES: _choices,
    Type.PLATFORMS: _platforms,
    Type.COMMAND: _command,
    Type.GLOBS: _globs,
    Type.PATTERN: _pattern,
    Type.REFERENCE: _reference,
    Type.VALUES: _values,
    Type.CONTEXTS: _values,
    Type.SECRETS: _texts,
    Type.SCALAR: _scalar,
    Type.LINE: _line,
    Type.HEADERS: _headers,
    Type.STATUSES: _statuses,
    Type.PATTERNS: _patterns,
    Type.JSON: _json,
    Type.JSON_PATHS: _mapping,
    Type.FORM: _mapping,
}
