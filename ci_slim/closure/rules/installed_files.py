"""The kept files of installed packages, and what else such packages have. For the rules
`installed applications` and `library folders`."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ci_slim.closure.keep_set_builder import KeepSetBuilder

OPENED_LEAST = 4
"""How many files of one kind the run must have opened."""


class Rest(NamedTuple):
    """Files that may be kept for one reason."""

    reason: str
    files: Iterable[str]


def installed(builder: KeepSetBuilder) -> Iterator[tuple[str, str]]:
    """The files that are kept so far and that a package brought, each with the package."""
    for path in builder.files(list(builder.reasons)):
        if (package := builder.owners.package_of.get(path)) is not None:
            yield path, package


def add_rests(builder: KeepSetBuilder, rests: Iterable[Rest], most: int) -> None:
    """Keep all of them, in order, with no more than `most` bytes together."""
    for reason, files in rests:
        before = builder.kept_bytes()
        builder.add_small(files, most, reason)
        most -= min(most, builder.kept_bytes() - before)
