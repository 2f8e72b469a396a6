"""Keeps the data of used libraries of Ruby, Perl, PHP and Node.js: pages for errors, templates,
translations and tables that are read when they are first needed.

For Python, `python modules` does the same.
"""

import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.python_packages import DATA_ENDINGS
from ci_slim.image.files import Kind

MOST = 2_000_000
"""The most bytes of data of one library. Small files come first."""

_LIBRARY = re.compile(
    r"(?P<root>/.*/gems/[^/]+-\d[^/]*)/.+"
    r"|(?P<file>/.*/ruby/vendor_ruby/[a-z][\w-]*?)(?:\.rb|/.+)"
    r"|(?P<perl>/.*/perl5?(?:/5[\d.]*)?/[A-Z]\w*)(?:\.pm|/.+\.pm)"
    r"|(?P<php>/.*/vendor/(?!composer/)[^/]+/[^/]+|/usr/share/php/[A-Z][^/]*(?:/[A-Z][^/]*)?)/.+\.php"
    r"|(?P<node>/.*/node_modules/(?:@[^/]+/)?[^/@.][^/]*)/.+"
)
_ENDINGS = (
    *DATA_ENDINGS, ".erb", ".ejs", ".ep", ".tt", ".haml", ".slim", ".pug", ".hbs", ".mustache",
    ".twig", ".phtml", ".xlf", ".po", ".proto", ".node", ".wasm", ".liquid", ".rng", ".data",
    ".marshal", ".otf", ".db", ".gz", ".z",
)  # fmt: skip
_LEFT_OUT = re.compile(
    r"/(?:tests?|t|specs?|__tests__|examples?|docs?|man|benchmarks?|node_modules|vendor|ext|sig"
    r"|coverage|\.[^/]*|skel|skeletons?|generators?)/"
    r"|/(?:CHANGE[^/]*|CHANGES?|HISTORY|README|UPGRAD[^/]*|CONTRIBUTING|SECURITY|CODE_OF[^/]*|Gemfile"
    r"|composer\.json|package-lock\.json|tsconfig[^/]*|phpunit[^/]*|psalm[^/]*|phpstan[^/]*)"
    r"(?:\.\w+)?$|\.min\.js$|\.map$",
    re.IGNORECASE,
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        found = _LIBRARY.fullmatch(path)
        folder = next((text for text in found.groups() if text), "") if found else ""
        if folder and builder.once(f"data of {folder}"):
            reason = f"package data: of {folder}, which is in use"
            builder.add_small(_data(builder, folder), MOST, reason)
        package = builder.owners.package_of.get(path) if found else None
        if package and builder.once(f"data of the package {package}"):
            reason = f"package data: of {package}, which is in use"
            builder.add_small(_installed(builder, package), MOST, reason)


def _installed(builder: KeepSetBuilder, package: str) -> Iterator[str]:
    """The data that a package of the system has in folders called `data` or in the folder of its
    own name, which are not among its modules: /usr/lib/ruby/data, /usr/share/ruby-width."""
    own = f"/usr/share/{package}/"
    for path in builder.owners.files.get(package, ()):
        data = "/data/" in path and path.startswith(("/usr/lib/", "/usr/share/"))
        if (
            (data or path.startswith(own))
            and path not in builder.reasons
            and not _LEFT_OUT.search(path)
        ):
            yield path


def _data(builder: KeepSetBuilder, folder: str) -> Iterator[str]:
    todo = [folder]
    while todo:
        for path in builder.index.children(todo.pop()):
            kind = builder.index[path].kind
            inside = path[len(folder) :]
            if kind is Kind.DIR and not _LEFT_OUT.search(f"{inside}/"):
                todo.append(path)
            elif kind is Kind.FILE and path.endswith(_ENDINGS) and not _LEFT_OUT.search(inside):
                yield path
