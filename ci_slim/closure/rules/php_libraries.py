"""PHP: the rest of a library in use, since its classes are loaded by name when they are needed."""

import re
from collections.abc import Sequence

from ci_slim.closure.keep_set import KeepSetBuilder
from ci_slim.image.files import Kind

WHOLE_MOST = 5_000_000
"""Bytes of the PHP files of one library, up to which they are kept."""

_LIBRARY = re.compile(
    r"(.*/vendor/[^/]+/[^/]+|/usr/share/php/[^/]+|/usr/share/pear/[^/]+)/.+\.php$"
)
_AUTOLOAD = re.compile(r"(.*/vendor)/autoload\.php$")
_TESTS = re.compile(r"/(?:[Tt]ests?|docs?|examples?)/")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if (library := _LIBRARY.match(path)) and builder.once(f"php library {library[1]}"):
            _whole(builder, library[1], f"php libraries: of {library[1]}, which is in use")
        if autoload := _AUTOLOAD.match(path):
            for vendor in builder.index.children(autoload[1]):
                for package in builder.index.children(vendor):
                    if builder.once(f"php library {package}"):
                        _whole(builder, package, f"php libraries: {path} loads it by name")


def _whole(builder: KeepSetBuilder, folder: str, reason: str) -> None:
    files = [
        path
        for path in builder.index.descendants(folder)
        if builder.index[path].kind is Kind.FILE
        and path.endswith((".php", ".inc", ".phtml", ".json", ".twig"))
        and not _TESTS.search(path[len(folder) :])
    ]
    if sum(builder.index[path].size for path in files) <= WHOLE_MOST:
        for path in files:
            builder.add(path, reason)
