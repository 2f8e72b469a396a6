"""Keeps the other scripts and pages of an application that a package of the system brought, such as
/usr/share/mediawiki: each page loads other classes, by names that no text has as a path.

Modules in the folders in which a language searches are libraries, which other rules keep. Only
those of a package whose own program ran belong to the application, such as the formats of exiftool.
"""

import itertools
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.brought import weight
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
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[_-](?:[A-Za-z]{2,4}|\d{3}))?\.\w+")
"""A file with the name of a language: de_DE.inc, es_419.inc, pt-BR.js."""

_TRANSLATIONS_LEAST = 8

INTERPRETER_PART = 10
"""An interpreter that the run did not use has at most this part of the image."""

_INTERPRETERS = {".php": "php", ".py": "python", ".rb": "ruby", ".pl": "perl", ".tcl": "tclsh"}
"""The program that runs a script, by the ending of scripts in its language."""

_LIBRARIES = re.compile(
    r".*/(?:perl5?|perl-base|python\d?[\d.]*|(?:site|dist)-packages|ruby|gems|node_modules|nodejs"
    r"|php|pear|tcltk|lua)(?:/.*)?"
)


_NAMED_LEAST = 500_000
"""The most bytes of the files that kept scripts name. In a large image it is more: a
hundredth of it."""

_PACKAGES = "packages of applications"

_NAMED = re.compile(r"""["'](?:\$\w++)?/?([\w-][\w.-]*(?:/[\w.-]+)*\.[A-Za-z]\w{1,9})["']""")
"""A file as a script names it: `__DIR__ . '/limit.sh'`, `"$root/composer.lock"`."""

_ABOVE_MOST = 8
"""The most folders above a script."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if builder.once("installed applications"):
        _add_applications(builder)
        fresh = list(builder.reasons)
    packages = builder.tables.get(_PACKAGES, {})
    scripts = [
        path
        for path in builder.files(fresh)
        if builder.owners.package_of.get(path) in packages and _SCRIPT.fullmatch(path)
    ]
    builder.contents.expect(scripts)
    most = max(_NAMED_LEAST, builder.kept_bytes() // 100)
    for script in scripts:
        for path in _named(builder, script):
            if builder.spend("named in applications", builder.index[path].size, most):
                builder.add(path, f"installed applications: named in {script}")
            else:
                size = builder.index[path].size
                builder.left_out.add_files("dropped_nearby", {path: size})


def _named(builder: KeepSetBuilder, script: str) -> Iterator[str]:
    """The files of its package that a script names, from its own folder or one above."""
    package = builder.owners.package_of[script]
    above = list(itertools.islice(ancestors(script), _ABOVE_MOST))
    for name in dict.fromkeys(_NAMED.findall(builder.text(script))):
        for path in (f"{folder}/{name}" for folder in above):
            wanted = path not in builder.reasons and not TESTS.search(path)
            mine = wanted and builder.owners.package_of.get(path) == package
            if mine and builder.index[path].kind is Kind.FILE:
                yield path


def _add_applications(builder: KeepSetBuilder) -> None:
    opened: dict[str, list[str]] = {}
    started = {builder.owners.package_of.get(path) for path in builder.started}
    for path, package in installed(builder):
        ran = package in started
        if _SCRIPT.fullmatch(path) and _is_part(path, ran) and builder.used(path, How.OPEN):
            opened.setdefault(package, []).append(path)
    enough = {each: paths for each, paths in opened.items() if len(paths) >= OPENED_LEAST}
    rests = (
        rest
        for each in sorted(enough)
        for rest in _rests(builder, each, enough[each], each in started)
    )
    builder.tables[_PACKAGES] = {package: [] for package in enough}
    add_rests(builder, rests, max(LEAST, builder.kept_bytes() // 5))


def _rests(
    builder: KeepSetBuilder, package: str, scripts: Sequence[str], modules: bool
) -> Iterator[Rest]:
    """The other files of a package, from the folders of the opened scripts outwards, and at each
    distance first the scripts in the languages of these. Translations come last."""
    reason = f"installed applications: of {package}, whose scripts run"
    number = Counter(posixpath.splitext(path)[1] for path in scripts)
    languages = {each for each, of in number.items() if of * _MINOR >= len(scripts)}
    folders = frozenset(map(posixpath.dirname, scripts))
    outside: dict[str, int] = dict.fromkeys(_with_folders_above(folders), 0)
    found = _others(builder, package, folders, modules)
    builder.contents.expect(found)
    wanted = {path: interpreters(builder, path) for path in found}
    programs = set[str]().union(*wanted.values())
    may_come = {each for each in programs if _may_come(builder, each, languages)}
    others = [path for path in found if wanted[path] <= may_come]
    translations = _translations(others)
    at: dict[tuple[bool, int, bool], list[str]] = {}
    for path in others:
        other = posixpath.splitext(path)[1] not in languages
        folder = posixpath.dirname(path)
        distance = 0 if folder in folders else 1 + _distance(folder, outside)
        at.setdefault((path in translations, distance, other), []).append(path)
    for place in sorted(at):
        yield Rest(reason, at[place])


def _may_come(builder: KeepSetBuilder, program: str, languages: Collection[str]) -> bool:
    """Whether an interpreter that is not kept may come along with scripts of an application: it is
    of its language, and small beside the image. php-fpm ran, and the scripts that keep the
    application in order want php. Scripts for others set up a system."""
    mine = tuple(name for each, name in _INTERPRETERS.items() if each in languages)
    return (
        posixpath.basename(program).startswith(("env", *mine))
        and weight(builder, [program]) <= builder.kept_bytes() // INTERPRETER_PART
    )


def _translations(paths: Iterable[str]) -> frozenset[str]:
    """The files in folders of translations: many files, most of which have names of languages."""
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(posixpath.dirname(path), []).append(path)
    return frozenset(
        path
        for inside in folders.values()
        if len(inside) >= _TRANSLATIONS_LEAST
        and 2 * sum(_LANGUAGE.fullmatch(posixpath.basename(each)) is not None for each in inside)
        > len(inside)
        for path in inside
    )


def _with_folders_above(folders: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        while folder not in found:
            found.add(folder)
            folder = posixpath.dirname(folder)
    return found


def _distance(folder: str, known: dict[str, int]) -> int:
    """How many folders it is up to one that is known to have an opened script somewhere below.
    Records those on the way, too."""
    way: list[str] = []
    while folder not in known:
        way.append(folder)
        folder = posixpath.dirname(folder)
    for number, each in enumerate(reversed(way), known[folder] + 1):
        known[each] = number
    return known[way[0]] if way else known[folder]


def _is_part(path: str, modules: bool) -> bool:
    """Whether a file may belong to an application: `modules` in the folders of libraries, too."""
    return modules or _LIBRARIES.fullmatch(path) is None


def _others(
    builder: KeepSetBuilder, package: str, folders: Collection[str], modules: bool
) -> list[str]:
    """The scripts and pages of a package that are not kept, and its data in these folders, without
    tests. The `modules` in the folders of libraries, too."""
    return [
        path
        for path in builder.owners.files[package]
        if path not in builder.reasons
        and builder.index[path].kind is Kind.FILE
        and _is_part(path, modules)
        and (
            _SCRIPT.fullmatch(path)
            or _PAGE.fullmatch(path)
            or (_DATA.fullmatch(path) and posixpath.dirname(path) in folders)
        )
        and not TESTS.search(path)
    ]
