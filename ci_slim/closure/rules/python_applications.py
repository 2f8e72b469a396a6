"""Applications among the installed packages of Python, and the start scripts of packages. For the
rules `python modules` and `own files`."""

import posixpath
import re
from collections.abc import Iterable, Iterator

from ci_slim.closure.application import copied_layers
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.imports import SITE, loaded
from ci_slim.closure.rules.python import distributions
from ci_slim.closure.rules.python_packages import TESTS, recorded
from ci_slim.image.files import Kind

MOST = 10_000_000
"""The most bytes of an installed package that the image starts, or that the user put there."""

_STARTED = re.compile(r"^[^\S\n]*+(?:from|import)\s++([A-Za-z_]\w*)", re.MULTILINE)
_NO_MODULE = (".egg-info", ".egg-link", ".pth", "__pycache__")


def add_applications(builder: KeepSetBuilder) -> None:
    """Keep applications among the packages: those that a start script imports, and those that the
    user put there."""
    sites = _sites(builder, builder.reasons)
    for script in builder.started:
        if not builder.head(script).startswith(b"#!") or b"python" not in builder.head(script):
            continue
        for name in dict.fromkeys(_STARTED.findall(builder.text(script))):
            for site in sites:
                files = _application(builder, site, name)
                _add_own(builder, files, f"python modules: the application that {script} starts")
    for site in sites:
        _add_own(builder, _put_there(builder, site), "python modules: the user put it there")


def _application(builder: KeepSetBuilder, site: str, name: str) -> Iterator[str]:
    """The files of a package, and what its distribution installed beside it: other packages, data,
    plugins that it finds by a computed name."""
    if f"{site}/{name}/__init__.py" in builder.index:
        yield from _files(builder, f"{site}/{name}")
    installed = distributions(builder, site)
    infos = {info for each in (name, f"{name}.py") for info in installed.get(each, ())}
    if len(infos) == 1:  # more share a namespace
        yield from recorded(builder, site, infos.pop())


def _put_there(builder: KeepSetBuilder, site: str) -> Iterator[str]:
    """The files in site-packages that the user put there: with COPY, so that no distribution has
    them, or with `pip install .`, of which the distribution says that it comes from a folder."""
    installed = distributions(builder, site)
    copied = copied_layers(builder.index, builder.steps)
    for path in builder.index.children(site):
        name = posixpath.basename(path)
        if name.endswith(".dist-info"):
            if '"dir_info"' in builder.text(f"{path}/direct_url.json"):
                yield from recorded(builder, site, path)
        elif not (name in installed or name.endswith(_NO_MODULE)):
            for each in _files(builder, path):
                owned = each in builder.owners.package_of
                if not owned and builder.index[each].layer in copied:
                    yield each


def _files(builder: KeepSetBuilder, path: str) -> Iterator[str]:
    """A file, or the files of a folder, without tests and compiled code."""
    for each in (path, *builder.index.descendants(path)):
        is_file = builder.index[each].kind is Kind.FILE
        if is_file and not each.endswith(".pyc") and not TESTS.search(each):
            yield each


def _add_own(builder: KeepSetBuilder, files: Iterable[str], reason: str) -> None:
    for path in builder.add_small(dict.fromkeys(files), MOST, reason):
        if path.endswith(".py"):
            builder.tables.setdefault("own modules", {})[path] = []


def unused_scripts(builder: KeepSetBuilder) -> frozenset[str]:
    """The start scripts, such as `/venv/bin/f2py`, of distributions of which the run loaded no
    module. The installer made them; they are not the user's own."""
    found = set[str]()
    for site in _sites(builder, loaded(builder)):
        used = {path[len(site) + 1 :].partition("/")[0] for path in loaded(builder)
                if path.startswith(f"{site}/")}  # fmt: skip
        in_use = {info for name in used for info in distributions(builder, site).get(name, ())}
        for info in builder.index.children(site):
            if info.endswith(".dist-info") and info not in in_use:
                files = recorded(builder, site, info)
                found.update(path for path in files if not path.startswith(f"{site}/"))
    return frozenset(found)


def _sites(builder: KeepSetBuilder, paths: Iterable[str]) -> tuple[str, ...]:
    """The folders with packages in which some of these files are."""
    return tuple(dict.fromkeys(site[1] for path in paths if (site := SITE.match(path))))
