"""PHP: keeps the rest of a used library, because its classes are loaded by name when needed."""

import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Kind

WHOLE_MOST = 5_000_000
"""The most bytes of PHP files of a library that is kept."""

FOLDER_MOST = 1_000_000
"""The most bytes of scripts in folders that have the name of a kept script, such as
geshi/python.php beside geshi.php. For a large image it is more: a fortieth of it. Small ones come
first."""

_LIBRARY = re.compile(
    r"(.*/vendor/[^/]+/[^/]+|/usr/share/php/[^/]+|/usr/share/pear/[^/]+)/.+\.php$"
)
_AUTOLOAD = re.compile(r"(.*/vendor)/autoload\.php$")
_LOADED = re.compile(r"(?:require|include)(?:_once)?\s*+\(?\s*+['\"](/[^'\"\n]{1,300}\.php)['\"]")
_SCRIPTS = (".php", ".inc", ".phtml")
_CLASS = re.compile(
    r"(?:\b(?:new|extends|use)\s{1,9}+\\?([A-Z]\w*+(?:\\\w++)*+))|\b([A-Z][A-Za-z0-9]*+(?:_\w++)++)::"
)
"""Names of classes that a script makes, extends, uses or calls."""

_ROOTS = ("/usr/share/php", "/usr/share/pear")
"""Where PHP searches what a package of the system brought: Net_Sieve is in Net/Sieve.php."""

_TESTS = re.compile(r"/(?:[Tt]ests?|docs?|examples?)/")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if (library := _LIBRARY.match(path)) and builder.once(f"php library {library[1]}"):
            _add_whole(builder, library[1], f"php libraries: of {library[1]}, which is in use")
        if path.endswith(_SCRIPTS):
            _add_classes(builder, path)
            _add_folder(builder, path)
        if path.endswith("/autoload.php"):
            for other in _LOADED.findall(builder.text(path)):
                builder.add(other, f"php libraries: loaded by {path}")
        if autoload := _AUTOLOAD.match(path):
            for vendor in builder.index.children(autoload[1]):
                for package in builder.index.children(vendor):
                    if builder.once(f"php library {package}"):
                        _add_whole(builder, package, f"php libraries: {path} loads it by name")


def _add_classes(builder: KeepSetBuilder, path: str) -> None:
    """Keep the classes that a script names and PHP's search path has under this name."""
    roots = [root for root in _ROOTS if root in builder.index]
    for first, second in dict.fromkeys(_CLASS.findall(builder.text(path)) if roots else ()):
        file = re.sub(r"[_\\]", "/", first or second)
        if "/" in file:
            for found in (f"{root}/{file}.php" for root in roots):
                if found in builder.index:
                    builder.add(found, f"php libraries: a class that {path} names")


def _add_folder(builder: KeepSetBuilder, path: str) -> None:
    """Keep small scripts of the folder that has the name of a script of a package: the script puts
    their names together."""
    folder = path.rpartition(".")[0]
    if folder in builder.index and path in builder.owners.package_of:
        files = [each for each in _scripts(builder, folder) if each not in builder.reasons]
        most = max(FOLDER_MOST, builder.kept_bytes() // 40)
        too_much = dict[str, int]()
        for each in sorted(files, key=lambda each: (builder.index[each].size, each)):
            if builder.spend("php folders", builder.index[each].size, most):
                builder.add(each, f"php libraries: in the folder of {path}")
            else:
                too_much[each] = builder.index[each].size
        builder.left_out.add_files("dropped_nearby", too_much)


def _add_whole(builder: KeepSetBuilder, folder: str, reason: str) -> None:
    builder.add_whole(folder, list(_scripts(builder, folder)), WHOLE_MOST, reason)


def _scripts(builder: KeepSetBuilder, folder: str) -> Iterator[str]:
    for path in builder.index.descendants(folder):
        if (
            builder.index[path].kind is Kind.FILE
            and path.endswith((".php", ".inc", ".phtml", ".json", ".twig"))
            and not _TESTS.search(path[len(folder) :])
        ):
            yield path
