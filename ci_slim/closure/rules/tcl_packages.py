"""Tcl: keeps the packages that own files require late, and what Tcl loads by itself when a command,
an encoding or the format of a date is first used.

`package require NAME` finds the folder whose `pkgIndex.tcl` has `package ifneeded NAME`, or a
module `NAME-1.0.tm`.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.brought import weight
from ci_slim.image.files import Kind

MOST = 3_000_000
"""The most bytes of a package that is kept, with the libraries that it needs."""

_ENCODING_MOST = 20_000  # tables for one byte a character
_SOURCE = re.compile(r".*\.(?:tcl|tm|exp|tk)$")
_REQUIRED = re.compile(r"\bpackage\s+require\s+(?:-exact\s+)?\{?([A-Za-z_][\w:.-]*)")
_OFFERED = re.compile(r"\bpackage\s+ifneeded\s+\{?([A-Za-z_][\w:.-]*)")
_LIBRARY = re.compile(r"(.*)/init\.tcl$")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if not _SOURCE.fullmatch(path) and b"tclsh" not in builder.head(path).partition(b"\n")[0]:
            continue
        if found := _LIBRARY.match(path):
            _add_library(builder, found[1])
        for name in dict.fromkeys(_REQUIRED.findall(builder.text(path))):
            if builder.once(f"tcl package {name}"):
                for files in _packages(builder).get(name, ()):
                    _add_package(builder, files, f"tcl packages: required by {path}")


def _add_library(builder: KeepSetBuilder, folder: str) -> None:
    """Keep the commands that `tclIndex` loads by name, languages of dates, and encodings."""
    if f"{folder}/tclIndex" not in builder.index:
        return
    for path in builder.index.children(folder):
        if path.endswith((".tcl", "/tclIndex")):
            builder.add(path, "tcl packages: commands are loaded by name")
    for path in builder.index.children(f"{folder}/msgs"):
        builder.add(path, "tcl packages: languages are looked up by name")
    for path in builder.index.children(f"{folder}/encoding"):
        size = builder.index[path].size
        if size <= _ENCODING_MOST:
            builder.add(path, "tcl packages: encodings are looked up by name")
        else:
            builder.left_out.add_files("dropped_nearby", {path: size})


def _add_package(builder: KeepSetBuilder, start: str, reason: str) -> None:
    files = [start] if start.endswith(".tm") else list(_whole(builder, posixpath.dirname(start)))
    total = weight(builder, files)
    if total > MOST:
        builder.left_out.add(LeftOut("literal_dropped", start, total, tuple(files)))
        return
    for path in files:
        builder.add(path, reason)
    folder = posixpath.dirname(start)
    while folder.count("/") > 2:  # the index above may be the one that names this folder
        folder = posixpath.dirname(folder)
        if f"{folder}/pkgIndex.tcl" in builder.index:
            builder.add(f"{folder}/pkgIndex.tcl", reason)


def _whole(builder: KeepSetBuilder, folder: str) -> Iterator[str]:
    """The files of a package, without other packages in folders below."""
    todo = [*builder.index.children(folder)][::-1]
    while todo:
        path = todo.pop()
        kind = builder.index[path].kind
        if kind is Kind.FILE:
            yield path
        elif kind is Kind.DIR and f"{path}/pkgIndex.tcl" not in builder.index:
            todo += builder.index.children(path)[::-1]


def _packages(builder: KeepSetBuilder) -> dict[str, list[str]]:
    """For each package of the image its index files and modules."""
    found = builder.tables.get("tcl packages")
    if found is None:
        found = builder.tables["tcl packages"] = {}
        indexes = [path for path in builder.index if path.endswith("/pkgIndex.tcl")]
        builder.contents.expect(indexes)
        for path in indexes:
            for name in dict.fromkeys(_OFFERED.findall(builder.text(path))):
                found.setdefault(name, []).append(path)
        for path in builder.index:
            if path.endswith(".tm") and (at := path.rfind("/tcl8/")) >= 0:
                words = path[at + 6 :].removesuffix(".tm").split("/")
                name = "::".join(words[words[0][:1].isdigit() :]).rpartition("-")[0]
                found.setdefault(name, []).append(path)
    return found
