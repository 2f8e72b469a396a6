"""Keeps the other files of a folder of which the run opened several of one kind: the library of a
language that no other rule knows (Prolog, Erlang, Scheme, PostScript), dictionaries, tables.

A program that opens some files of a folder by name opens others when it is asked for something
else, and no text has the whole name. What is in machine code in the same package is loaded late,
too (Erlang's NIFs). Only folders of installed packages are meant: the user's own
files, plugins in machine code and languages with rules of their own are kept by other rules.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.brought import weight
from ci_slim.closure.rules.installed_files import OPENED_LEAST, Rest, add_rests, installed
from ci_slim.observe.observation import How

NATIVE_MOST = 500_000
"""The most bytes of the machine code of one package, with the libraries that it needs."""

LEAST, MOST = 1_000_000, 6_000_000
"""The most bytes of all such files: a tenth of the image, but no less and no more than this. Small
ones come first."""

_FOLDER = re.compile(r"/(?:usr(?:/local)?|opt)/(?:.*/)?(?:lib(?:exec|64|32)?|share)/.+/")
_LOADER = re.compile(r"(?:/usr)?/lib(?:x?32|64)?(?:/[^/]+-linux-[^/]+)?/[^/]+")
"""Where the loader looks for libraries."""

_KNOWN = re.compile(
    r".*(?:\.(?:py[co]?|[cm]?js|ts|rb|p[mh]|php|inc|jar|class|lua|tcl|tm|so|a|la|o|h|mo|po|conf)"
    r"|\.so\.[\d.]+)"
)
"""Endings of languages and files that have rules of their own, or that only a compiler reads."""

_OTHER_RULES = re.compile(
    r".*/(?:perl5?|perl-base|python\d?[\d.]*|ruby|node_modules|gems|php|tcltk|lua|zoneinfo|locale"
    r"|terminfo|i18n|doc|man|info|ca-certificates|X11|gconv)/.*"
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("library folders"):
        return
    opened: dict[tuple[str, str], list[str]] = {}
    packages: dict[str, str] = {}
    for path, package in installed(builder):
        if (kind := _kind(path)) is None:
            continue
        packages.setdefault(package, path)
        if builder.used(path, How.OPEN):
            opened.setdefault(kind, []).append(path)
    for package, path in packages.items():
        _add_native(builder, package, path)
    kinds = sorted(kind for kind, paths in opened.items() if len(paths) >= OPENED_LEAST)
    rests = (
        Rest(f"library folders: of {kind[0]}, in use", _others(builder, kind)) for kind in kinds
    )
    add_rests(builder, rests, min(MOST, max(LEAST, builder.kept_bytes() // 10)))


def _add_native(builder: KeepSetBuilder, package: str, used: str) -> None:
    parts = [
        path
        for path in builder.owners.files[package]
        if path.endswith(".so") and path not in builder.reasons and not _LOADER.fullmatch(path)
    ]
    if parts and weight(builder, parts) <= NATIVE_MOST:
        for path in parts:
            builder.add(path, f"library folders: machine code of {package}, of which is {used}")


def _kind(path: str) -> tuple[str, str] | None:
    """The folder and the ending of a file that may be one of many, or None."""
    folder, name = posixpath.split(path)
    ending = posixpath.splitext(name)[1]
    known = _KNOWN.fullmatch(path) or _OTHER_RULES.fullmatch(path)
    return (folder, ending) if ending and not known and _FOLDER.fullmatch(f"{folder}/") else None


def _others(builder: KeepSetBuilder, kind: tuple[str, str]) -> Iterator[str]:
    for path in builder.index.children(kind[0]):
        if _kind(path) == kind and path not in builder.reasons:
            yield path
