"""Keeps the user's own files that no probe used: templates, pages, handlers, static files.

An application that was copied into the image is meant to be there. Small files are kept first, so
that data and media do not displace code.
"""

import posixpath
from collections.abc import Iterable, Sequence

from ci_slim.closure.application import compiled_sources
from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.python_applications import unused_scripts
from ci_slim.image.files import Kind

MOST = 5_000_000
"""The most bytes of own files that are kept though the run did not use them. For a large slim image
it is more: a tenth of it."""

_TOLD = 20  # the most folders that the report names


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("own files"):
        return
    own = builder.application.files | builder.application.named
    own -= unused_scripts(builder)
    used = [path for path in own if path in builder.reasons]
    unseen = own.difference(used)
    sources = compiled_sources(unseen, used)
    built = {_top(path) for path in sources} - {_top(path) for path in used}
    unseen = frozenset(path for path in unseen - sources if _top(path) not in built)
    left = max(MOST, builder.kept_bytes() // 10)
    too_much: list[str] = []
    for path in sorted(unseen, key=lambda path: (builder.index[path].size, path)):
        entry = builder.index[path]
        if entry.size > left:
            too_much.append(path)
            continue
        left -= entry.size if entry.kind is Kind.FILE else 0
        builder.add(path, "own files: of the application")
    _report_left_out(builder, too_much)


def _top(path: str) -> str:
    """The first folder of a path, or the first two where several applications share the first.
    Compiled sources that the run did not use are not needed."""
    words = path.split("/")
    return "/".join(words[:3] if words[1] in ("srv", "opt", "home", "usr", "var") else words[:2])


def _report_left_out(builder: KeepSetBuilder, paths: Iterable[str]) -> None:
    """Report by folder what is too much to keep, largest first."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(posixpath.dirname(path), []).append(path)
    weights = {
        folder: sum(builder.index[path].size for path in inside)
        for folder, inside in folders.items()
    }
    for folder in sorted(weights, key=lambda folder: (-weights[folder], folder))[:_TOLD]:
        inside = folders[folder]
        patterns = tuple(sorted(inside)) if len(inside) <= 3 else (f"{folder}/**",)
        builder.left_out.add(LeftOut("dropped_nearby", folder, weights[folder], patterns))
