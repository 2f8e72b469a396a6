"""Keeps the other scripts and pages of an application that a package of the system brought, such as
/usr/share/mediawiki: each page loads other classes, by names that no text has as a path.

Modules in the folders in which a language searches are libraries, which other rules keep.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.installed_files import OPENED_LEAST, Rest, add_rests, installed
from ci_slim.closure.rules.python_packages import TESTS
from ci_slim.closure.rules.script import interpreters
from ci_slim.image.files import Kind, ancestors
from ci_slim.observe.observation import How

LEAST = 5_000_000
"""The most bytes of the scripts, pages and data of all such packages. In a large image it is more:
a fifth of it. Scripts near the opened ones come first, and small ones."""

_MINOR = 10
"""A language of fewer of the opened scripts is not that of the application."""

_SCRIPT = re.compile(
    r"/(?:usr/(?:local/)?(?:share|lib)|opt|var/www)/[^/]+/(?:.*/)?[^/]+"
    r"\.(?:php|inc|py|rb|pl|pm|[cm]?js|lua|tcl|cgi|sh)"
)
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
    add_rests(builder, rests, max(LEAST, builder.kept_bytes() // 5))


def _rests(builder: KeepSetBuilder, package: str, scripts: Sequence[str]) -> Iterator[Rest]:
    """The other files of a package, from the folders of the opened scripts outwards, and at each
    distance first the scripts in the languages of these."""
    reason = f"installed applications: of {package}, whose scripts run"
    number = Counter(posixpath.splitext(path)[1] for path in scripts)
    languages = {each for each, of in number.items() if of * _MINOR >= len(scripts)}
    folders = frozenset(map(posixpath.dirname, scripts))
    trees = frozenset(above for path in scripts for above in ancestors(path))
    others = _others(builder, package, folders)
    builder.contents.expect(others)
    at: dict[tuple[int, bool], list[str]] = {}
    for path in others:
        other = posixpath.splitext(path)[1] not in languages
        at.setdefault((_distance(path, folders, trees), other), []).append(path)
    for distance in sorted(at):
        yield Rest(reason, at[distance])


def _distance(path: str, folders: Collection[str], trees: Collection[str]) -> int:
    """How far a script is from the opened ones: 0 beside one, or the number of folders up to one
    that has an opened script somewhere below."""
    if posixpath.dirname(path) in folders:
        return 0
    return next((n for n, above in enumerate(ancestors(path), 1) if above in trees), 1 << 16)


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
