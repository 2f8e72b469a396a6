"""A list of every file of a fat image, with what became of it, for the page.

It has its own file, so that `report.json` stays small: compressed JSON, one column for each fact.
"""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

from ci_slim.image.files import Contents, FileIndex
from ci_slim.image.space import inodes, package_of
from ci_slim.report.foreign import visible
from ci_slim.report.page.boxes import Box, File, boxes

FILES_MAX = 60_000
"""The most files of an image that are listed, the largest first. The others are counted."""
GONE = -1
_PATH, _WHY = 400, 160


@dataclass(frozen=True, slots=True)
class FileTable:
    """The files of a fat image, in columns of the same length. `layers` counts from 0. `packages`
    and `reasons` are numbers in the lists of names; -1 means no package, or not kept. `maps` are
    the boxes of the drawing, for each kind of group. `left` is how many files are not listed."""

    paths: Sequence[str]
    sizes: Sequence[int]
    layers: Sequence[int]
    packages: Sequence[int]
    reasons: Sequence[int]
    package_names: Sequence[str]
    reason_names: Sequence[str]
    maps: Mapping[str, Sequence[Box]]
    left: int = 0

    def to_bytes(self, hide: Callable[[str], str] = str) -> bytes:
        """The table as bytes, which are the same for the same files. `hide` masks secrets."""
        value = {each.name: getattr(self, each.name) for each in fields(self)}
        text = hide(json.dumps(value, separators=(",", ":")))
        return gzip.compress(text.encode(), 9, mtime=0)


def file_table(
    index: FileIndex,
    contents: Contents,
    kept: Mapping[str, tuple[str, ...]] | None,
) -> FileTable:
    """The files of an index. `kept` has the reasons by path; None: everything is kept."""
    found = sorted(inodes(index, index.entries()), key=lambda entry: (-entry.size, entry.path))
    listed = sorted(found[:FILES_MAX], key=lambda entry: entry.path)
    owners = package_of(index, contents)
    packages, reasons = _Names(), _Names()
    files = []
    for entry in listed:
        why = ("not slimmed",) if kept is None else _why(index, entry.path, kept)
        package = owners.get(entry.path)
        files.append(
            File(
                visible(entry.path, _PATH),
                entry.size,
                entry.layer,
                GONE if package is None else packages.number(package),
                GONE if why is None else reasons.number("; ".join(why)),
            )
        )
    maps = {
        "folder": boxes(files, lambda _: ""),
        "layer": boxes(files, lambda file: f"layer {file.layer}"),
        "package": boxes(
            files, lambda file: packages.all[file.package] if file.package >= 0 else "no package"
        ),
    }
    return FileTable(
        [file.path for file in files],
        [file.size for file in files],
        [file.layer for file in files],
        [file.package for file in files],
        [file.reason for file in files],
        packages.all,
        reasons.all,
        maps,
        len(found) - len(listed),
    )


def _why(
    index: FileIndex, path: str, kept: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...] | None:
    """The reasons for a file; if only another name of it is kept, the reasons for that name."""
    if path in kept:
        return kept[path]
    return next((kept[name] for name in index.names(path) if name in kept), None)


class _Names:
    """A list of different names, which are used by their number."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self.all)
            self.all.append(visible(name, _WHY))
        return self._numbers[name]
