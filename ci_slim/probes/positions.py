"""Finds the place of each value in a JSON text."""

import json
import re
from bisect import bisect_right
from collections.abc import Sequence

from ci_slim.errors import UsageError

Path = tuple[str | int, ...]
_BLANK = re.compile(r"[ \t\r\n]*")
_DEPTH = 100
_DECODER = json.JSONDecoder()


def parse(text: str, name: str) -> tuple[object, dict[Path, str]]:
    """The value of a JSON text, and the place "name:line:column" of each key path in it.

    The place of a member of a mapping is the place of its key. The place of an element of a list is
    the place of its first character. The json module does not report places, and YAML readers
    refuse the tabs that are common in JSON files. Raises UsageError if the text is not JSON or has
    a key twice.
    """
    text = text.removeprefix("\ufeff")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno}:{error.colno}"
        raise UsageError(f"this is not JSON: {error.msg}", where=where) from error
    except RecursionError as error:
        raise UsageError("this JSON is nested too deeply", where=name) from error
    except ValueError as error:  # a number with more digits than Python reads
        raise UsageError(f"this is not JSON: {error}", where=name) from error
    offsets: dict[Path, int] = {}
    _walk(text, 0, (), offsets, name)
    lines = [0, *(newline.end() for newline in re.finditer("\n", text))]
    return value, {path: _place(lines, offset, name) for path, offset in offsets.items()}


def place(text: str, offset: int, name: str) -> str:
    """The offset in `text` as "name:line:column". Both count from 1."""
    return _place([0, *(newline.end() for newline in re.finditer("\n", text))], offset, name)


def _place(lines: Sequence[int], offset: int, name: str) -> str:
    """The place of an offset, from the offsets at which lines begin."""
    line = bisect_right(lines, offset)
    return f"{name}:{line}:{offset - lines[line - 1] + 1}"


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _walk(text: str, at: int, path: Path, found: dict[Path, int], name: str) -> int:
    """Record the members of the value that begins at or after `at`. Returns the offset after it.

    `text` must be valid JSON.
    """
    at = _skip(text, at)
    found.setdefault(path, at)
    if len(path) > _DEPTH:
        raise UsageError("this JSON is nested too deeply", where=place(text, at, name))
    if text[at] not in "{[":
        return _DECODER.raw_decode(text, at)[1]
    end = "}" if text[at] == "{" else "]"
    at = _skip(text, at + 1)
    index = 0
    while text[at] != end:
        key: str | int = index
        start = at
        if end == "}":
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, at) + 1
        if (*path, key) in found:
            raise UsageError(f'the key "{key}" is given twice', where=place(text, start, name))
        found[(*path, key)] = start
        at = _skip(text, _walk(text, at, (*path, key), found, name))
        if text[at] == ",":
            at = _skip(text, at + 1)
        index += 1
    return at + 1
