"""Read the lists of files in a `report.html`, or next to a report, which anyone may have written.
Pure.
"""

import base64
import gzip
import html
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO

from ci_slim.errors import UsageError
from ci_slim.report.page.files import FILES_MAX, FileTable

PAGE_MOST = 1 << 26
"""The most bytes of a page."""
_TABLE_MOST = 1 << 27
"""The most bytes of a list, uncompressed."""
_LISTS_MOST = 1 << 29
"""The most bytes of all lists of a page, uncompressed."""
_FOLDERS_MOST = 1 << 28
"""The most characters of all paths and their folders, which is about what the explorer stores."""
_START = re.compile(rb"\s*<!doctype html", re.IGNORECASE)
_SECTION = re.compile(
    r'<section data-map data-image="([^"<>]{0,4000})"\s+data-platform="([^"<>]{0,4000})" '
    r'data-slim="(yes|no)"'
)
"""The names have fewer characters than the numbers that Python's `html.unescape` refuses."""
_INVALID = (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, RecursionError)
_HINT = "give the report.html, or the report.json, in the output folder of `ci-slim run`"


@dataclass(frozen=True, slots=True)
class ListedPlatform:
    """A platform of an image whose files are listed, how each layer was made, and whether there is
    a slim image. `table` reads the list. It raises UsageError if the list is damaged or too large.
    """

    image: str
    platform: str
    layers: tuple[str, ...]
    slim: bool
    table: Callable[[], FileTable]


def is_page(start: bytes) -> bool:
    """Whether a file that starts with these bytes is a page."""
    return _START.match(start) is not None


def read_page(page: bytes, where: str) -> Iterator[ListedPlatform]:
    """Every platform whose files a page lists. Raises UsageError if the page is damaged or too
    large."""
    if len(page) > PAGE_MOST:
        raise UsageError(f"the page has more than {PAGE_MOST >> 20} MiB", where=where, hint=_HINT)
    text = page.decode("utf-8", "replace")
    found = list(_sections(text, where))
    for start, inner in found:
        image, platform, slim = map(html.unescape, start.groups())
        made, data = (
            _between(inner, 0, f' class="{name}">', "</script>", where) for name in ("made", "data")
        )
        table = partial(_encoded, data, where, min(_TABLE_MOST, _LISTS_MOST // len(found)))
        yield ListedPlatform(image, platform, _layers(made, where), slim == "yes", table)


def _sections(text: str, where: str) -> Iterator[tuple[re.Match[str], str]]:
    """The start of each section, and the text up to its end. They do not overlap, so that all of
    them together are no longer than the page."""
    at = 0
    while start := _SECTION.search(text, at):
        inner = _between(text, start.end(), "", "</section>", where)
        at = start.end() + len(inner)
        yield start, inner


def _encoded(data: str, where: str, most: int) -> FileTable:
    try:
        packed = base64.b64decode(data, validate=True)
    except ValueError as error:
        raise UsageError(
            f"the list of files cannot be read: {error}", where=where, hint=_HINT
        ) from None
    return read_table(BytesIO(packed), where, most)


def _between(text: str, at: int, start: str, end: str, where: str) -> str:
    """The text between the next `start` and the next `end`."""
    begin = text.find(start, at)
    stop = text.find(end, begin)
    if begin < 0 or stop < 0:
        raise UsageError(
            "the page is damaged, or only a part of it was downloaded", where=where, hint=_HINT
        )
    return text[begin + len(start) : stop]


def _layers(made: str, where: str) -> tuple[str, ...]:
    try:
        value = json.loads(made)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise UsageError("the list of layers cannot be read", where=where, hint=_HINT)
    return tuple(value)


def read_table(packed: BinaryIO, where: str, most: int = _TABLE_MOST) -> FileTable:
    """The list in a file, without the boxes of its drawing. Raises UsageError if it is damaged, or
    has more than `most` bytes uncompressed."""
    try:
        with gzip.open(packed) as file:
            raw = file.read(most + 1)
        if len(raw) > most:
            raise ValueError("it is too large")
        return _checked(json.loads(raw))
    except _INVALID as error:
        raise UsageError(
            f"the list of files cannot be read: {error}", where=where, hint=_HINT
        ) from None


def _checked(value: dict[str, Any]) -> FileTable:
    """The list. Raises ValueError, KeyError or TypeError if it is invalid."""
    paths, packages, reasons = (
        _texts(value[name]) for name in ("paths", "package_names", "reason_names")
    )
    ends = {
        "sizes": (0, 1 << 60),
        "layers": (0, 1 << 20),
        "packages": (-1, len(packages)),
        "reasons": (-1, len(reasons)),
    }
    numbers = {name: _numbers(value[name], *range_) for name, range_ in ends.items()}
    if any(len(column) != len(paths) for column in numbers.values()):
        raise ValueError("its columns differ in length")
    if len(paths) > FILES_MAX or sum(len(path) * path.count("/") for path in paths) > _FOLDERS_MOST:
        raise ValueError("it is too large")
    (left,) = _numbers([value["left"]], 0, 1 << 60)
    return FileTable(
        paths, **numbers, package_names=packages, reason_names=reasons, maps={}, left=left
    )


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("a name is not a text")
    return value


def _numbers(value: Any, least: int, end: int) -> list[int]:
    if not isinstance(value, list) or not all(type(n) is int and least <= n < end for n in value):
        raise ValueError("a number is out of range")
    return value
