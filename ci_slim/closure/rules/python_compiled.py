"""Python: keeps the modules that a compiled one imports. For the rule `python modules`."""

import os
import posixpath
import re
from collections.abc import Iterator

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.imports import SITE, extensions
from ci_slim.closure.rules.python_packages import TESTS
from ci_slim.observe.observation import How

NEEDED_MOST = 3_000_000
"""The most bytes of modules that a compiled one names, because it cannot be loaded without them."""

PRIVATE_MOST = 1_000_000
"""The most bytes of compiled modules beside one that does not show which it needs."""

COMPILED_MOST = 1 << 24
"""The most bytes of a compiled module that are searched for names."""

_C_STRING = re.compile(rb"\0([\w.\x80-\xff]{1,255})(?=\0)")
_PRIVATE = re.compile(r"/_[a-z][^/]*\.so$")
"""A compiled module for others in its folder: `_elementpath.so` of lxml."""


def add_needed(builder: KeepSetBuilder, path: str) -> None:
    """Keep the modules that a compiled one imports late: their names stand in it as strings of C,
    alone if they are beside it, as `_elementpath` of lxml, or with their package, as
    `scipy.linalg.cython_blas`."""
    here, site = posixpath.dirname(path), SITE.match(path)
    own = f"{path[len(site[1]) + 1 :].partition('/')[0]}." if site else ""
    words = dict.fromkeys(_C_STRING.findall(builder.contents.read(path, 0, COMPILED_MOST)))
    beside = {os.fsencode(posixpath.basename(each)).partition(b".")[0]
              for each in builder.index.children(here)}  # fmt: skip
    package = os.fsencode(own)
    modules = [
        f"{site[1]}/{name.replace('.', '/')}" if site and name.startswith(own) else f"{here}/{name}"
        for word in words
        if word in beside or (own and word.startswith(package))
        for name in (os.fsdecode(word),)
    ]
    named = [
        each
        for module in modules
        for each in _beside(builder, module)
        if each in builder.index and each not in builder.reasons and not TESTS.search(each)
    ]
    builder.add_small(named, NEEDED_MOST, f"python modules: named in {path}")
    # Cython 3.2 and newer compress such strings.
    if builder.used(path, How.OPEN) or any(word in beside for word in words if word[:1] == b"_"):
        return
    if builder.once(f"python private {here}"):
        private = [each for each in builder.index.children(here) if _PRIVATE.search(each)]
        builder.add_small(private, PRIVATE_MOST, f"python modules: beside {path}")


def _beside(builder: KeepSetBuilder, module: str) -> Iterator[str]:
    """The files that a module may have: `a.py`, `a/__init__.py`, `a.cpython-313-arm.so`."""
    yield from (f"{module}.py", f"{module}/__init__.py")
    yield from (path for path in extensions(builder, module) if path.endswith(".so"))
