"""Keeps other names of kept folders: a link beside a folder that points to it, as `5.40 -> 5.40.1`.

A program that looks for its modules below such a name finds none without the link, though the
modules themselves are kept.
"""

import posixpath
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Kind


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    links = _links(builder)
    if not links:
        return
    for path in fresh:
        folder = path
        while folder != "/" and builder.once(f"other names {folder}"):
            for link in links.get(folder, ()):
                builder.add(link, f"other names: of {folder}")
            folder = posixpath.dirname(folder)


def _links(builder: KeepSetBuilder) -> dict[str, list[str]]:
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
