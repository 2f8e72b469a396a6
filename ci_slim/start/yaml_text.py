"""Values → YAML 1.2 as a person would write it: blocks, short lists on one line. Pure.

A text has no quotes only if YAML cannot read it as anything else. Every other text is quoted, so
foreign text cannot change the structure. `${` becomes `$${`, so that it fills in no variable.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_WIDTH = 96
_PLAIN = re.compile(
    r"(?:[A-Za-z]|\.(?=/|$)|/)[A-Za-z0-9_./*+@-]*(?: [A-Za-z0-9_./*+@-]+)*", re.ASCII
)
_SIZE = re.compile(r"[0-9]+(?:\.[0-9]+)? (?:B|kB|MB|GB)|[0-9]+(?:\.[0-9]+)?%|[0-9]+s|[1-5]xx")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"})
_KEY = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Variable:
    """A text whose `${NAME}` is a variable that the settings file fills in."""

    text: str


@dataclass(frozen=True, slots=True)
class Remarked:
    """An item of a list with a comment above it, which may be foreign text."""

    value: object
    remark: str


def block(value: Mapping[str, object], indent: int = 0) -> Iterator[str]:
    """The lines of a mapping. A value of None is a key without a value."""
    pad = " " * indent
    for key, each in value.items():
        flow = f"{pad}{_key(key)}: {one_line(each)}".rstrip()
        if (indent > 0 or not isinstance(each, Mapping)) and _reads_well(each):
            nested = isinstance(each, Mapping | list | tuple) and len(each) > 0
            if len(flow) <= _WIDTH or not nested:
                yield flow
                continue
        yield f"{pad}{_key(key)}:"
        if isinstance(each, Mapping):
            yield from block(each, indent + 2)
        elif isinstance(each, Sequence):
            for item in each:
                yield from _item(item, indent + 2)


def _item(value: object, indent: int) -> Iterator[str]:
    pad = " " * indent
    if isinstance(value, Remarked):
        yield from (pad + line for line in remark(value.remark, _WIDTH - indent))
        value = value.value
    if isinstance(value, Mapping) and value:
        first, *rest = block(value, indent + 2)
        yield f"{pad}- {first[indent + 2 :]}"
        yield from rest
    else:
        yield f"{pad}- {one_line(value)}"


def one_line(value: object) -> str:
    """A value on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Variable):
        return _double_quoted(value.text)
    if isinstance(value, Remarked):
        return one_line(value.value)
    if isinstance(value, str):
        return value if is_plain(value) else quoted(value)
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{_key(key)}: {one_line(each)}" for key, each in value.items()) + "}"
        )
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(one_line, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no form in YAML")


def _reads_well(value: object) -> bool:
    """Whether a value is better on one line than as a block."""
    if isinstance(value, Mapping):
        return len(value) <= 4 and all(map(_reads_well, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return not any(isinstance(each, Mapping | Remarked) for each in value)
    return True


def quoted(text: str) -> str:
    """A text in quotes, without variables. Characters with a meaning for YAML or a terminal are
    escaped."""
    text = text.replace("${", "$${")
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return _double_quoted(text)


def _double_quoted(text: str) -> str:
    return '"' + "".join(map(_character, text)) + '"'


def _character(sign: str) -> str:
    if sign in '"\\':
        return "\\" + sign
    if sign == "\n":
        return "\\n"
    if sign in "\t\r":
        return "\\t" if sign == "\t" else "\\r"
    if sign.isprintable():
        return sign
    code = ord(sign)
    if 0xD800 <= code <= 0xDFFF:
        return "?"  # half of a surrogate pair, which is not valid in YAML
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def remark(text: str, width: int = _WIDTH) -> Iterator[str]:
    """The lines of a comment. Whatever is not printable becomes `?`."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))
    line = "#"
    for word in plain[:1000].split(" "):
        if len(line) + 1 + len(word) > width and line != "#":
            yield line
            line = "#"
        line += " " + word
    yield line.rstrip()


def _key(text: str) -> str:
    return text if _fits_plain(text, _KEY) else quoted(text)


def is_plain(text: str) -> bool:
    """Whether a text needs no quotes."""
    return _SIZE.fullmatch(text) is not None or _fits_plain(text, _PLAIN)


def _fits_plain(text: str, pattern: re.Pattern[str]) -> bool:
    return pattern.fullmatch(text) is not None and text.lower() not in _WORDS
