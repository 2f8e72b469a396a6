"""Keeps data that a package in use depends on and that is a package of its own: the lenses of
Augeas, the keyboards of xkb, the dictionaries of a spell checker.

A package depends on what it does not work without. A program or library opens such data late, by
names that no text has in full. Modules of a language are kept by the rules of the language.
"""

import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.installed_files import Rest, add_rests, installed
from ci_slim.closure.rules.libraries import needed as libraries_of
from ci_slim.closure.rules.named_packages import NOT_USED
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How

LEAST, MOST = 1_000_000, 4_000_000
"""The most bytes of all such data: a sixteenth of the image, but no less and no more than this.
Small packages come first, and of the last one small files."""

OF_DATA_MOST = 500_000
"""The most bytes of a package that only data depends on, such as the colours of Ghostscript's start
files. Fonts are larger."""

_DATA = re.compile(r"/(?:usr/(?:local/)?(?:share|lib)|etc|var/lib|opt)/(?:[^/]+/)+[^/]+")
_CALLED = "children: called by "
_OTHER_RULES = re.compile(
    r".*/(?:perl5?|perl-base|python\d?[\d.]*|ruby|gems|node_modules|nodejs|php|pear|tcltk|lua"
    r"|zoneinfo|locale|terminfo|i18n|ca-certificates|gconv|java|javascript)/.*"
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if builder.once("data packages"):
        most = min(MOST, max(LEAST, builder.kept_bytes() // 16))
        needed = sorted(_needed(builder), key=lambda rest: _weight(builder, rest))
        add_rests(builder, needed, most)


def _weight(builder: KeepSetBuilder, rest: Rest) -> int:
    return sum(builder.index[path].size for path in rest.files)


def _needed(builder: KeepSetBuilder) -> Iterator[Rest]:
    """The packages of data on which those with a program or library depend that ran or that an own
    file calls."""
    owners = builder.owners
    ran = dict.fromkeys(
        package
        for path, package in installed(builder)
        if builder.used(path, How.OPEN | How.EXEC) and builder.elf(path)
    )
    called = (path for path in builder.reasons if builder.reasons[path][0].startswith(_CALLED))
    for program in builder.files(list(called)):
        for path in (program, *libraries_of(builder, program)) if builder.elf(program) else ():
            if (of := owners.package_of.get(path)) is not None:
                ran.setdefault(of)
    of_data = dict[str, Rest]()
    for package in ran:
        of_data |= _data_of(builder, package)
    yield from of_data.values()
    for package in of_data:
        for name, rest in _data_of(builder, package).items():
            if name not in of_data and _weight(builder, rest) <= OF_DATA_MOST:
                yield rest


def _data_of(builder: KeepSetBuilder, package: str) -> dict[str, Rest]:
    """The packages of data on which a package depends."""
    owners = builder.owners
    return {
        name: Rest(f"data packages: {package} depends on {name}", files)
        for name in owners.depends.get(package, ())
        if name not in owners.required and (files := _data(builder, name))
    }


def _data(builder: KeepSetBuilder, name: str) -> list[str]:
    """The files of a package that are not kept, or none if it has something else than data."""
    files = [path for path in builder.owners.files.get(name, ()) if not NOT_USED.match(path)]
    if not all(_DATA.fullmatch(path) and not _OTHER_RULES.fullmatch(path) for path in files):
        return []
    dropped = [
        path
        for path in files
        if path not in builder.reasons and builder.index[path].kind in (Kind.FILE, Kind.SYMLINK)
    ]
    files = [path for path in dropped if builder.index[path].kind is Kind.FILE]
    builder.contents.expect(files)
    return [] if any(map(builder.elf, files)) else dropped
