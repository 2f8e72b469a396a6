"""Keeps the other scripts and pages of an application that a package of the system brought, such as
/usr/share/mediawiki: each page loads other classes, by names that no text has as a path.

Modules in the folders in which a language searches are libraries, which other rules keep.
"""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.installed_files import OPENED_LEAST, Rest, add_rests, installed
from ci_slim.closure.rules.python_packages import TESTS
from ci_slim.image.files import Kind
from ci_slim.observe.observation import How

LEAST = 5_000_000
"""The most bytes of the scripts and pages of all such packages. In a large image it is more: a
sixth of it. Those that the opened scripts name come first, and small ones."""

_SCRIPT = re.compile(
    r"/(?:usr/(?:local/)?(?:share|lib)|opt|var/www)/[^/]+/(?:.*/)?[^/]+"
    r"\.(?:php|inc|py|rb|pl|pm|[cm]?js|lua|tcl|cgi|sh)"
)
_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_PAGE = re.compile(r".*\.(?:html?|phtml|tpl|tmpl|twig|mustache|erb|ejs|j2|jinja2?|xsl|css)")
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
    rests = (_rest(builder, package, enough[package]) for package in sorted(enough))
    add_rests(builder, rests, max(LEAST, builder.kept_bytes() // 6))


def _rest(builder: KeepSetBuilder, package: str, scripts: Sequence[str]) -> Rest:
    others = _others(builder, package)
    reason = f"installed applications: of {package}, whose scripts run"
    return Rest(reason, others, _named(builder, scripts, others))


def _is_script(path: str) -> bool:
    return _SCRIPT.fullmatch(path) is not None and _LIBRARIES.fullmatch(path) is None


def _others(builder: KeepSetBuilder, package: str) -> list[str]:
    return [
        path
        for path in builder.owners.files[package]
        if path not in builder.reasons
        and builder.index[path].kind is Kind.FILE
        and (_is_script(path) or (_PAGE.fullmatch(path) and _LIBRARIES.fullmatch(path) is None))
        and not TESTS.search(path)
    ]


def _named(
    builder: KeepSetBuilder, scripts: Sequence[str], others: Sequence[str]
) -> frozenset[str]:
    """Those of the others whose name without its ending is a word in one of the opened scripts, as
    the name of a class is."""
    builder.contents.expect(scripts)
    words = frozenset(word for path in scripts for word in _WORD.findall(builder.text(path)))
    return frozenset(path for path in others if posixpath.basename(path).partition(".")[0] in words)
