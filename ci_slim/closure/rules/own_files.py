"""The user's own files: templates, pages, handlers, static files that no probe asked for.

An application that was copied into the image is meant to be there. What is small of it is kept
before what is large, so that data and media do not take the place of code.
"""

import posixpath
from collections.abc import Iterable, Sequence

from ci_slim.closure.application import compiled_sources
from ci_slim.closure.keep_set import KeepSetBuilder, LeftOut
from ci_slim.image.files import Kind

MOST = 5_000_000
"""Bytes of own files that are kept without being seen; more where the slim image is large: a tenth
of it."""

_TOLD = 20  # folders that are named; more say nothing more


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("own files"):
        return
    own = builder.application.files
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
    _tell(builder, too_much)


def _top(path: str) -> str:
    """The first folder of a path, of two names where several applications lie in it: of what a
    later step compiled, and the run did not use, nothing is wanted."""
    words = path.split("/")
    return "/".join(words[:3] if words[1] in ("srv", "opt", "home", "usr", "var") else words[:2])


def _tell(builder: KeepSetBuilder, paths: Iterable[str]) -> None:
    """What is too much to be kept unseen, by folder, largest first."""
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
        builder.leave_out(LeftOut("dropped_nearby", folder, weights[folder], patterns))
