"""What files bring if a rule keeps them, for the rules that keep only what is light enough."""

from collections.abc import Iterable

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.libraries import needed, size
from ci_slim.closure.rules.script import interpreters


def brought(builder: KeepSetBuilder, path: str) -> frozenset[str]:
    """The real paths that a file brings and that are not kept yet: itself, its libraries, its
    interpreter and the libraries of that. A script of a few lines may need an interpreter of
    megabytes that nothing else needs."""
    real = builder.index.resolve(path).path or path
    runs = {real, *interpreters(builder, real)}
    found = runs.union(*(needed(builder, each) for each in runs))
    return frozenset(each for each in found if each not in builder.reasons)


def weight(builder: KeepSetBuilder, files: Iterable[str]) -> int:
    """The bytes that files bring together."""
    return size(builder, set[str]().union(*(brought(builder, path) for path in files)))
