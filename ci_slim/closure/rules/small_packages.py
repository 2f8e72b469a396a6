"""Keeps the other modules of small Python packages of which the run loaded one.

A package may load them in ways that no rule knows, and people import them in a running container:
the client in `websockets.sync` where the server uses `websockets.asyncio`.
"""

import posixpath
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.imports import SITE, loaded
from ci_slim.closure.rules.python_packages import TESTS, package_of
from ci_slim.image.files import Kind

PACKAGE_MOST, LEAST = 500_000, 500_000
"""The most bytes of the other modules of a package, and of all of them. In a large image these are
more: a fortieth of it. Packages that lack little come first."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("small packages"):
        return
    used = {
        package
        for path in loaded(builder)
        if (site := SITE.match(path)) and (package := package_of(path, site[1]))
    }
    lacks = [(sum(builder.index[path].size for path in rest), package, rest)
             for package in used if (rest := _rest(builder, package))]  # fmt: skip
    left = max(LEAST, builder.kept_bytes() // 40)
    for weight, package, rest in sorted(lacks):
        if weight <= min(left, PACKAGE_MOST):
            left -= weight
            for path in rest:
                builder.add(path, f"small packages: of {posixpath.basename(package)}")


def _rest(builder: KeepSetBuilder, package: str) -> list[str]:
    return [
        path
        for path in builder.index.descendants(package)
        if path.endswith(".py")
        and builder.index[path].kind is Kind.FILE
        and path not in builder.reasons
        and not TESTS.search(path)
    ]
