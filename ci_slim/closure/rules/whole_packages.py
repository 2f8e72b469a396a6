"""Keeps each language package whole if one of its files is kept.

This is for users who accept some megabytes more to be safe.
"""

import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Kind

_PACKAGE = re.compile(
    r"(.*/(?:site|dist)-packages/[^/]+(?<!\.dist-info)(?<!\.egg-info)(?<!\.py)(?<!__pycache__)"
    r"|.*/node_modules/(?:@[^/]+/)?[^/@.][^/]*|.*/gems/[^/]+-\d[^/]*|/usr/share/nodejs/[^/]+"
    r"|.*/vendor/bundle/[^/]+)/.+"
)
_LEFT_OUT = re.compile(
    r"/(?:tests?|__tests__|specs?|docs?|examples?|benchmarks?|__pycache__|node_modules|\.git)(?:/|$)"
    r"|\.(?:pyc|pyx|pxd|pyi|map|c|cc|cpp|h|hpp|o|a|md|ts)$"
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        package = _PACKAGE.fullmatch(path)
        if package and builder.once(f"whole {package[1]}"):
            for each in builder.index.descendants(package[1]):
                kind = builder.index[each].kind
                if kind is not Kind.DIR and not _LEFT_OUT.search(each[len(package[1]) :]):
                    builder.add(each, f"whole packages: {package[1]} is in use")
