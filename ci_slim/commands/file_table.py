"""Read the list of files that lies next to a report, which anyone may have written."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from ci_slim.errors import UsageError
from ci_slim.report.page.files import FileTable

_MOST = 1 << 27
"""The most bytes of a list, uncompressed."""


def read_table(path: Path) -> FileTable:
    """The list, without the boxes of its drawing. Raises UsageError if it is damaged or too
    large."""
    try:
        with gzip.open(path) as file:
            raw = file.read(_MOST + 1)
        if len(raw) > _MOST:
            raise ValueError("it is too large")
        return _checked(json.loads(raw))
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"the list of files cannot be read: {error}",
            where=str(path),
            hint="give the report in the output folder of `ci-slim run`",
        ) from None


def _checked(value: dict[str, Any]) -> FileTable:
    paths = value["paths"]
    numbers = [value[name] for name in ("sizes", "layers", "packages", "reasons")]
    packages, reasons = (list(map(str, value[f"{kind}_names"])) for kind in ("package", "reason"))
    if not all(isinstance(each, str) for each in paths):
        raise ValueError("a path is not a text")
    for column, least, end in zip(
        numbers, (0, 0, -1, -1), (1 << 60, 1 << 20, len(packages), len(reasons)), strict=True
    ):
        if len(column) != len(paths):
            raise ValueError("its columns differ in length")
        if not all(type(each) is int and least <= each < end for each in column):
            raise ValueError("a number is out of range")
    sizes, layers, owners, why = numbers
    left = int(value["left"])
    return FileTable(paths, sizes, layers, owners, why, packages, reasons, {}, left)
