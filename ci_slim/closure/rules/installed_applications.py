"""Keeps the other scripts and pages of an application that a package of the system brought, such as
/usr/share/mediawiki: each page loads other classes, by names that no text has as a path.

Modules in the folders in which a language searches are libraries, which other rules keep.
"""

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.installed_files import OPENED_LEAST, Rest, add_rests, installed
from ci_slim.closure.rules.python_packages import TESTS
from ci_slim.closure.rules.script import interpreters
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How

LEAST = 5_000_000
"""The most bytes of the scripts, pages and data of all such packages. In a large image it is more:
a sixth of it. What lies beside the opened scripts or is named by them comes first, then other
scripts in the same languages, and small ones."""

_NAMES_MOST = 100
"""The most names of other scripts that a script has, unless it is a list of all, such as a map of
classes."""

_SCRIPT = re.compile(
    r"/(?:usr/(?:local/)?(?:share|lib)|opt|var/www)/[^/]+/(?:.*/)?[^/]+"
    r"\.(?:php|inc|py|rb|pl|pm|[cm]?js|lua|tcl|cgi|sh)"
)
_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_PAGE = re.compile(r".*\.(?:html?|phtml|tpl|tmpl|twig|mustache|erb|ejs|j2|jinja2?|xsl|css)")
_DATA = re.compile(r".*\.(?:json|ya?ml|xml|ini|sql|tsv|csv|txt|dat)")
_LIBRARIES = re.compile(
    r".*/(?:perl5?|perl-base|python\d?[\d.]*|(?:site|dist)-packages|ruby|gems|node_modules|nodejs"
    r"|php|pear|tcltk|lua)(?:/.*)?"
)


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("installed applications"):
        return
    opened: dict[str, list[str]] = {}
    for path, package in installed(builder):
        if _is_script(path) and builder.used(path, How.OPEN):
            opened.setdefault(package, []).append(path)
    enough = {each: paths for each, paths in opened.items() if len(paths) >= OPENED_LEAST}
    rests = (rest for each in sorted(enough) for rest in _rests(builder, each, enough[each]))
    add_rests(builder, rests, max(LEAST, builder.kept_bytes() // 6))


def _rests(builder: KeepSetBuilder, package: str, scripts: Sequence[str]) -> Iterator[Rest]:
    """The other files of a package: first those beside the opened scripts, and scripts in the same
    languages that these name; then the other scripts in these languages; then other scripts and
    pages."""
    reason = f"installed applications: of {package}, whose scripts run"
    languages = frozenset(posixpath.splitext(path)[1] for path in scripts)
    folders = frozenset(map(posixpath.dirname, scripts))
    others = _others(builder, package, folders)
    builder.contents.expect(others)
    code = [path for path in others if posixpath.splitext(path)[1] in languages]
    named = _named(builder, scripts, code)
    beside = frozenset(path for path in others if posixpath.dirname(path) in folders)
    yield Rest(reason, beside | named, beside & named)
    for files in (code, others):
        yield Rest(reason, [path for path in files if path not in builder.reasons])


def _is_script(path: str) -> bool:
    return _SCRIPT.fullmatch(path) is not None and _LIBRARIES.fullmatch(path) is None


def _others(builder: KeepSetBuilder, package: str, folders: Collection[str]) -> list[str]:
    """The scripts and pages of a package that are not kept, and its data in these folders. Without
    tests and what sets up a system: scripts in a language that nothing else needs."""
    return [
        path
        for path in builder.owners.files[package]
        if path not in builder.reasons
        and builder.index[path].kind is Kind.FILE
        and not _LIBRARIES.fullmatch(path)
        and (
            _is_script(path)
            or _PAGE.fullmatch(path)
            or (_DATA.fullmatch(path) and posixpath.dirname(path) in folders)
        )
        and not TESTS.search(path)
        and not interpreters(builder, path)
    ]


def _named(
    builder: KeepSetBuilder, scripts: Sequence[str], others: Sequence[str]
) -> frozenset[str]:
    """Those of the others whose name without its ending is a word in one of the opened scripts, as
    the name of a class is. A script that names very many lists all that there is."""
    builder.contents.expect(scripts)
    by_name: dict[str, list[str]] = {}
    for path in others:
        by_name.setdefault(posixpath.basename(path).partition(".")[0], []).append(path)
    found: set[str] = set()
    for path in scripts:
        names = by_name.keys() & frozenset(_WORD.findall(builder.text(path)))
        if len(names) <= _NAMES_MOST:
            found.update(*map(by_name.__getitem__, names))
    return frozenset(found)
