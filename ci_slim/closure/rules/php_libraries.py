"""PHP: keeps the rest of a used library, because its classes are loaded by name when needed."""

import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Kind

WHOLE_MOST = 5_000_000
"""The most bytes of PHP files of a library that is kept."""

_LIBRARY = re.compile(
    r"(.*/vendor/[^/]+/[^/]+|/usr/share/php/[^/]+|/usr/share/pear/[^/]+)/.+\.php$"
)
_AUTOLOAD = re.compile(r"(.*/vendor)/autoload\.php$")
_LOADED = re.compile(r"(?:require|include)(?:_once)?\s*+\(?\s*+['\"](/[^'\"\n]{1,300}\.php)['\"]")
_TESTS = re.compile(r"/(?:[Tt]ests?|docs?|examples?)/")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if (library := _LIBRARY.match(path)) and builder.once(f"php library {library[1]}"):
            _add_whole(builder, library[1], f"php libraries: of {library[1]}, which is in use")
        if path.endswith("/autoload.php"):
            for other in _LOADED.findall(builder.text(path)):
                builder.add(other, f"php libraries: loaded by {path}")
        if autoload := _AUTOLOAD.match(path):
            for vendor in builder.index.children(autoload[1]):
                for package in builder.index.children(vendor):
                    if builder.once(f"php library {package}"):
                        _add_whole(builder, package, f"php libraries: {path} loads it by name")


def _add_whole(builder: KeepSetBuilder, folder: str, reason: str) -> None:
    files = [
        path
        for path in builder.index.descendants(folder)
        if builder.index[path].kind is Kind.FILE
        and path.endswith((".php", ".inc", ".phtml", ".json", ".twig"))
        and not _TESTS.search(path[len(folder) :])
    ]
    builder.add_whole(folder, files, WHOLE_MOST, reason)
