"""Keeps other names of what is kept: a link beside a folder that points to it, as `5.40 -> 5.40.1`,
and links in the folders of PATH that lead to a program, as npm makes them for each command of a
package.

A program that looks for its modules below such a name finds none without the link, though the
modules themselves are kept.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Kind

_NAMES = 20
"""The most other names of a program. busybox has 300, of which the rule `console` knows some."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    links = _links(builder)
    for path in fresh if links else ():
        folder = path
        while folder != "/" and builder.once(f"other names {folder}"):
            for link in links.get(folder, ()):
                builder.add(link, f"other names: of {folder}")
            folder = posixpath.dirname(folder)
    commands = _commands(builder)
    for path in fresh if commands else ():
        for link in commands.get(path, ()):
            builder.add(link, f"other names: of {path}")


def _links(builder: KeepSetBuilder) -> Mapping[str, Sequence[str]]:
    """The links that point to a folder beside them, by that folder."""
    links = builder.tables.get("other names")
    if links is None:
        links = builder.tables["other names"] = {}
        for path in builder.index:
            entry = builder.index[path]
            if entry.kind is not Kind.SYMLINK or "/" in entry.target:
                continue
            folder = posixpath.join(posixpath.dirname(path), entry.target)
            found = builder.index.get(folder)
            if found is not None and found.kind is Kind.DIR:
                links.setdefault(folder, []).append(path)
    return links


def _commands(builder: KeepSetBuilder) -> Mapping[str, Sequence[str]]:
    """The links in the folders of PATH that lead to a program, by its real path."""
    commands = builder.tables.get("other names of programs")
    if commands is None:
        every: dict[str, list[str]] = {}
        for path in _in_path(builder):
            found = builder.index.resolve(path)
            real = builder.index.get(found.path) if found.path else None
            if found.links and real and real.kind is Kind.FILE and real.mode & 0o111:
                every.setdefault(real.path, []).append(path)
        commands = {path: links for path, links in every.items() if len(links) <= _NAMES}
        builder.tables["other names of programs"] = commands
    return commands


def _in_path(builder: KeepSetBuilder) -> Iterator[str]:
    # /bin may be /usr/bin
    folders = (builder.index.resolve(each).path for each in builder.path_folders)
    for folder in dict.fromkeys(each for each in folders if each is not None):
        for path in builder.children(folder):
            if builder.index[path].kind is Kind.SYMLINK:
                yield path
