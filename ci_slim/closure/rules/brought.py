"""What files bring if a rule keeps them, for the rules that keep only what is light enough."""

import re
from collections.abc import Iterable, Iterator

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.imports import INTERACTIVE, LIBRARY
from ci_slim.closure.rules.libraries import needed, size
from ci_slim.closure.rules.script import interpreters
from ci_slim.image.files import Kind

_PYTHON = re.compile(r"(.*)/bin/(python3\.\d+)")
_NOT_NEEDED = INTERACTIVE | {"ensurepip", "lib2to3", "site-packages", "dist-packages"}


def brought(builder: KeepSetBuilder, path: str) -> frozenset[str]:
    """The real paths that a file brings and that are not kept yet: itself, its libraries, its
    interpreter and the libraries of that. A script of a few lines may need an interpreter of
    megabytes that nothing else needs."""
    real = builder.index.resolve(path).path or path
    runs = {real, *interpreters(builder, real)}
    found = runs.union(*(needed(builder, each) for each in runs))
    found = found.union(*(_modules(builder, each) for each in runs))
    return frozenset(each for each in found if each not in builder.reasons)


def has_python(builder: KeepSetBuilder) -> bool:
    """Whether a Python is kept."""
    return any(_PYTHON.fullmatch(path) for path in builder.reasons)


def is_for_python(builder: KeepSetBuilder, path: str) -> bool:
    """Whether a file is of no use without Python: a module, or a script whose Python is not kept.
    Python does not start without its standard library."""
    if LIBRARY.match(path):
        return True
    entry = builder.entry(path)
    if entry is None or entry.kind is not Kind.FILE or not entry.mode & 0o111:
        return False
    return any(_PYTHON.fullmatch(each) for each in interpreters(builder, path))


def _modules(builder: KeepSetBuilder, interpreter: str) -> Iterator[str]:
    """The standard library of a Python that is not kept yet, without what only people use."""
    python = _PYTHON.fullmatch(interpreter)
    if python and interpreter not in builder.reasons:
        library = f"{python[1]}/lib/{python[2]}"
        if library in builder.index:
            for path in builder.files(builder.index.descendants(library)):
                top = path[len(library) + 1 :].partition("/")[0]
                if not path.endswith(".pyc") and top not in _NOT_NEEDED:
                    yield path


def weight(builder: KeepSetBuilder, files: Iterable[str]) -> int:
    """The bytes that files bring together."""
    return size(builder, set[str]().union(*(brought(builder, path) for path in files)))
