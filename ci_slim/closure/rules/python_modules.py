"""Python: keeps what installed packages load late, for example for another kind of request.

A loaded package imports modules inside its functions, by names in its settings
("django.core.serializers.xml"), by the names of neighbouring modules, and through entry points. It
also reads templates and tables that are stored among its modules. If it imports a package that the
run did not load, that package is kept only if the distribution requires it. An optional package
that happens to be installed is not needed.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.imports import (
    DEVELOPERS,
    LIBRARY,
    SITE,
    is_own,
    loaded,
    located,
    needed_imports,
)
from ci_slim.image.files import Kind

DATA_MOST = 2_000_000
"""The most bytes of data of one package that are kept though unused. Small files come first."""

OTHERS_MOST = 1_000_000
"""The same for files whose ending does not say that they are data."""

BELOW_MOST = 500_000
"""The most bytes of modules in the packages of a folder from which a package is loaded by name."""

REQUESTED_MOST, REQUIRED_MOST = 5_000_000, 1_000_000
"""The most bytes of a distribution that nothing loaded, if pip was asked to install it, and if
another that is in use requires it."""

PROGRAM_MOST = 10_000_000
"""The most bytes of an installed package that the image starts."""

_TESTS = re.compile(
    r"/(?:tests?|testing|_?testsuite|benchmarks?|examples?|conftest)(?:/|\.py$)|/test_[^/]*$"
)
_TOOLS = re.compile(
    r"(?:pip|setuptools|wheel|pytest|tox|nox|mypy|ruff|black|isort|flake8|pylint|coverage|ipython"
    r"|jupyter|notebook|pre_commit|twine|build|hatch|poetry|pipenv|uv|virtualenv|sphinx|debugpy)\b"
    r"|pytest_",
    re.IGNORECASE,
)
"""Distributions for developers."""

_NOT_RUN = re.compile(
    r"/__pycache__/|\.(?:pyc|pyi|po|pot|pyx|pxd|c|h|cpp|hpp|a|o)$|\.dist-info/(?!METADATA|entry_points)"
)
_CODE = re.compile(r"(?:\.(?:py|so)|/py\.typed)$|\.so\.|" + _NOT_RUN.pattern)
"""Files of a package that are no data."""

DATA_ENDINGS = (
    ".html", ".htm", ".txt", ".json", ".css", ".js", ".yml", ".yaml", ".toml", ".xml", ".xsl",
    ".svg", ".png", ".gif", ".ico", ".csv", ".tmpl", ".jinja", ".jinja2", ".j2", ".mako", ".sql",
    ".ini", ".cfg", ".mo", ".dat", ".pem", ".ttf", ".woff", ".woff2", ".afm", ".mplstyle", ".xsd",
    ".dtd", ".lark", ".bnf", ".md", ".rst", ".wsdl", ".graphql", ".conf",
)  # fmt: skip
_DOTTED = re.compile(r"""["']\.?([A-Za-z_]\w*\.[\w.]+)["':]""")
_WORD = re.compile(r"""["']\.?([A-Za-z_]\w*)["']""")
_PREFIX = re.compile(r"""["']([A-Za-z_]\w*(?:\.\w+)*\.)(\w*)(?:\{|%s|["']\s*[+%]|["']\.format)""")
_NEIGHBOUR = re.compile(r"""(?:import_module|__import__)\(\s*f?["']\.?([A-Za-z_]\w+)(?:%s|\{)""")
_BESIDE = re.compile(
    r"""(?:import_module|__import__)\(\s*f?["'](?:\.|\{__(?:name|package)__\}\.)"""
)
_PROGRAM = re.compile(r"""(?:^|[\s"'])-m["',\s]+([A-Za-z_]\w*(?:\.\w+)*)""")
_LATE = re.compile(r"import_module|__import__|import_string|load_class|importlib")
_ENTRY_POINTS = re.compile(r"entry_points\(|EntryPoint|stevedore|pluggy|importlib.metadata")
_STARTED = re.compile(r"^\s*(?:from|import)\s+([A-Za-z_]\w*)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if builder.once("python modules"):
        _add_applications(builder)
    for path in builder.files(fresh):
        if not path.endswith(".py") or _TESTS.search(path):
            continue
        site = SITE.match(path)
        if site or is_own(path):
            _follow(builder, path, builder.text(path))
        elif LIBRARY.match(path) and path not in loaded(builder):
            text = builder.text(path)
            _add_imports(builder, path, text)
            if _LATE.search(text):
                _add_named(builder, path, text)
        package = _package(path, site[1]) if site else None
        if site and package and builder.once(f"python data {package}"):
            _add_data(builder, package)
        if site and builder.once(f"python requested {site[1]}"):
            _add_requested(builder, site[1])


def _follow(builder: KeepSetBuilder, path: str, text: str) -> None:
    if not is_own(path):
        _add_imports(builder, path, text)
    elif "python" in text:
        _add_programs(builder, path, text)
    _add_named(builder, path, text)
    reason = f"python modules: named in {path}"
    if _ENTRY_POINTS.search(text):
        _add_plugins(builder, path, text)
    if not _LATE.search(text):
        return
    here = posixpath.dirname(path)
    for package, start in dict.fromkeys(_PREFIX.findall(text)):
        for folder in _folders(builder, path, package.rstrip(".")):
            _add_modules(builder, _modules(builder, folder, start), reason)
            _add_below(builder, folder, start, reason)
    for start in dict.fromkeys(_NEIGHBOUR.findall(text)):
        builder.add_small(_modules(builder, here, start), DATA_MOST, reason)
    if _BESIDE.search(text):
        _add_modules(builder, _modules(builder, here, ""), reason)
    else:
        for name in dict.fromkeys(_WORD.findall(text)):
            for each in (f"{here}/{name}.py", f"{here}/{name}/__init__.py"):
                if each in builder.index:
                    builder.add(each, reason)


def _add_named(builder: KeepSetBuilder, path: str, text: str) -> None:
    for name in dict.fromkeys(_DOTTED.findall(text)):
        _add_modules(builder, _named(builder, path, name), f"python modules: named in {path}")


def _add_programs(builder: KeepSetBuilder, path: str, text: str) -> None:
    """Keep the modules that a file starts as programs, as `python3 -m NAME` does."""
    for name in dict.fromkeys(_PROGRAM.findall(text)):
        for found in located(builder, path, name, ("__main__",)):
            builder.add(found, f"python modules: started by {path}")


def _add_below(builder: KeepSetBuilder, folder: str, start: str, reason: str) -> None:
    """Keep the modules of small packages in a folder, for names such as "locale.%s.formats"."""
    below = [
        path
        for package in _modules(builder, folder, start)
        if package.endswith("/__init__.py")
        for path in _modules(builder, posixpath.dirname(package), "")
    ]
    if sum(builder.index[path].size for path in below) <= BELOW_MOST:
        _add_modules(builder, iter(below), reason)


def _add_modules(builder: KeepSetBuilder, paths: Iterator[str], reason: str) -> None:
    for path in paths:
        if path.endswith("/testing.py") or not _TESTS.search(path):
            builder.add(path, reason)


def _add_imports(builder: KeepSetBuilder, path: str, text: str) -> None:
    """Keep what a module of a package imports, and what a module of the standard library needs to
    load."""
    reason = f"python modules: imported by {path}"
    late = SITE.match(path) is None
    for module, names in needed_imports(builder, path, text, at_once=late):
        for found in located(builder, path, module, names):
            if found not in builder.reasons and _may(builder, path, found):
                builder.add(found, reason)


def _may(builder: KeepSetBuilder, path: str, found: str) -> bool:
    """Whether the import of a file is likely to be needed: it is not an optional package."""
    site = SITE.match(found)
    if site is None:
        return not _TESTS.search(found)
    other = _package(found, site[1])
    mine = SITE.match(path)
    if other is None or (mine and _package(path, mine[1]) == other):
        return not _TESTS.search(found)
    if _is_loaded(builder, site[1], other):
        return True
    return mine is not None and _requires(builder, mine[1], path, posixpath.basename(other))


def _named(builder: KeepSetBuilder, path: str, name: str) -> Iterator[str]:
    """The modules that a dotted name means: the whole name, or the name without its last word."""
    words = name.rstrip(".").split(".")
    if words[0] in DEVELOPERS or len(words) < 2:
        return
    for root in (*_roots(builder, path), *_libraries(builder)):
        if f"{root}/{words[0]}" not in builder.index:
            continue
        folder = posixpath.join(root, *words[:-1])
        for last in (f"{folder}/{words[-1]}.py", f"{folder}/{words[-1]}/__init__.py"):
            if last in builder.index:
                yield last
        if f"{folder}.py" in builder.index:
            yield f"{folder}.py"
        elif f"{folder}/__init__.py" in builder.index and len(words) > 2:
            yield f"{folder}/__init__.py"


def _folders(builder: KeepSetBuilder, path: str, package: str) -> Iterator[str]:
    for root in _roots(builder, path):
        folder = f"{root}/{package.replace('.', '/')}"
        if folder in builder.index:
            yield folder


def _roots(builder: KeepSetBuilder, path: str) -> Sequence[str]:
    """The folders in which absolute names of this file are searched: the packages, the standard
    library, and its own folder."""
    sites = builder.tables.get("python sites")
    if sites is None:
        used = [site[1] for each in builder.reasons if (site := SITE.match(each))]
        used += [found[1] for each in builder.reasons if (found := LIBRARY.match(each))]
        sites = builder.tables["python sites"] = {folder: [""] for folder in used}
    if not is_own(path):
        return tuple(sites)
    workdir = str(builder.config.get("WorkingDir") or "/")
    return tuple(dict.fromkeys((posixpath.dirname(path), workdir.rstrip("/"), *sites)))


def _libraries(builder: KeepSetBuilder) -> Sequence[str]:
    """The folders of the standard library that the run used."""
    found = builder.tables.get("python libraries")
    if found is None:
        used = {match[1]: [""] for path in loaded(builder) if (match := LIBRARY.match(path))}
        found = builder.tables["python libraries"] = used
    return tuple(found)


def _modules(builder: KeepSetBuilder, folder: str, start: str) -> Iterator[str]:
    """The modules and packages directly in a folder whose names start with `start`."""
    for path in builder.index.children(folder):
        name = posixpath.basename(path)
        if not name.startswith(start) or name == "__pycache__":
            continue
        if name.endswith((".py", ".so")):
            yield path
        elif f"{path}/__init__.py" in builder.index:
            yield f"{path}/__init__.py"


def _package(path: str, site: str) -> str | None:
    """The package in site-packages that a file belongs to, or None if it is not in a package."""
    name = path[len(site) + 1 :].partition("/")[0]
    if not name or name.endswith((".dist-info", ".egg-info", "__pycache__", ".pth")):
        return None
    return f"{site}/{name.removesuffix('.py')}"


def _is_loaded(builder: KeepSetBuilder, site: str, package: str) -> bool:
    """Whether the run loaded a module of a package."""
    packages = builder.tables.get(f"python packages {site}")
    if packages is None:
        names = {_package(path, site): [""] for path in loaded(builder) if path.startswith(site)}
        packages = {str(name): value for name, value in names.items()}
        builder.tables[f"python packages {site}"] = packages
    return package in packages


def _requires(builder: KeepSetBuilder, site: str, path: str, wanted: str) -> bool:
    """Whether the distribution that a file belongs to requires the distribution of the package
    `wanted`."""
    needs = builder.tables.get(f"python requires {site}")
    if needs is None:
        needs = builder.tables[f"python requires {site}"] = {}
        for info in builder.index.children(site):
            if info.endswith((".dist-info", ".egg-info")):
                name = posixpath.basename(info).partition("-")[0].removesuffix(".egg")
                needs[_plain(name)] = list(_required(builder, info))
    mine = _package(path, site)
    return mine is not None and _plain(wanted) in needs.get(_plain(posixpath.basename(mine)), ())


def _required(builder: KeepSetBuilder, info: str) -> Iterator[str]:
    """The names of the distributions that one requires, without those for extras."""
    for file in ("METADATA", "PKG-INFO"):
        for line in builder.text(f"{info}/{file}").partition("\n\n")[0].splitlines():
            name = _NAME.search(line, 14) if line.startswith("Requires-Dist:") else None
            if name and "extra ==" not in line:
                yield _plain(name[0])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _add_data(builder: KeepSetBuilder, package: str) -> None:
    """Keep what is stored among the modules of a package: templates, tables, pages, pictures, and
    other files that are no code."""
    known, others = [], []
    for path in builder.index.descendants(package):
        if builder.index[path].kind is Kind.FILE and not _TESTS.search(path):
            if path.endswith(DATA_ENDINGS):
                known.append(path)
            elif not _CODE.search(path):
                others.append(path)
    reason = f"python modules: data of {posixpath.basename(package)}"
    builder.add_small(known, DATA_MOST, reason, package)
    builder.add_small(others, OTHERS_MOST, reason, package)


def _add_requested(builder: KeepSetBuilder, site: str) -> None:
    """Keep distributions of which nothing is kept, although pip was asked to install them, as its
    file REQUESTED shows, or another that is in use requires them. They are loaded when they are
    first needed, by a name that stands in compiled code or is put together: openpyxl and tzdata by
    pandas. Tools of developers are left out."""
    infos = [info for info in builder.index.children(site) if info.endswith(".dist-info")]
    files = {info: tuple(_recorded(builder, site, info)) for info in infos}
    used = {info for info in infos if any(path in builder.reasons for path in files[info])}
    unused = {_distribution(info): info for info in infos if info not in used and files[info]}
    needs = {name: [*_required(builder, info)] for name, info in unused.items()}
    required = {name for info in used for name in _required(builder, info)}
    for name, info in unused.items():
        asked = f"{info}/REQUESTED" in builder.index
        if _TOOLS.match(posixpath.basename(info)) or not (asked or name in required):
            continue
        with_needs = _reached(name, needs)
        weight = sum(
            builder.index[path].size for each in with_needs for path in files[unused[each]]
        )
        if (asked and weight <= REQUESTED_MOST) or (not needs[name] and weight <= REQUIRED_MOST):
            why = "was installed by name" if asked else "is required by one in use"
            for path in files[info]:
                builder.add(path, f"python modules: {name} {why}")
        else:
            top = {path[len(site) + 1 :].partition("/")[0] for path in files[info]}
            keep = tuple(f"{site}/{each}/**" for each in sorted(top) if "." not in each)
            builder.leave_out(LeftOut("named_unused", name, weight, keep or files[info][:1]))


def _distribution(info: str) -> str:
    return _plain(posixpath.basename(info).partition("-")[0])


def _reached(name: str, needs: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """A distribution and those among `needs` that it requires, and they in turn."""
    found, todo = {name}, [name]
    while todo:
        new = {each for each in needs[todo.pop()] if each in needs} - found
        found |= new
        todo += new
    return frozenset(found)


def _recorded(builder: KeepSetBuilder, site: str, info: str) -> Iterator[str]:
    """The files below site-packages that a distribution's RECORD lists and that may be needed."""
    for line in builder.text(f"{info}/RECORD").splitlines():
        path = f"{site}/{line.partition(',')[0]}"
        entry = builder.index.get(path)
        needless = _TESTS.search(path) or _NOT_RUN.search(path)
        if entry is not None and entry.kind is Kind.FILE and not needless:
            yield path


def _add_plugins(builder: KeepSetBuilder, path: str, text: str) -> None:
    """Keep plugins: modules that distributions offer to a group that a file names."""
    for site in _roots(builder, path):
        for group, modules in _offered(builder, site).items():
            if group in ("console_scripts", "gui_scripts"):
                continue  # the programs of all packages
            if f'"{group}"' in text or f"'{group}'" in text:
                for module in modules:
                    for found in located(builder, f"{site}/x.py", module, ()):
                        builder.add(found, f"python modules: a plugin for {group}")


def _offered(builder: KeepSetBuilder, site: str) -> dict[str, list[str]]:
    """The entry points of the distributions in a folder: group -> modules."""
    offered = builder.tables.get(f"python entry points {site}")
    if offered is None:
        offered = builder.tables[f"python entry points {site}"] = {}
        for info in builder.index.children(site):
            group = ""
            for line in builder.text(f"{info}/entry_points.txt").splitlines():
                if line.startswith("["):
                    group = line.strip("[] ")
                elif "=" in line:
                    module = line.partition("=")[2].partition(":")[0].partition("[")[0].strip()
                    offered.setdefault(group, []).append(module)
    return offered


def _add_applications(builder: KeepSetBuilder) -> None:
    """Keep an application that was installed as a package: its start script imports it."""
    for script in builder.started:
        if not builder.head(script).startswith(b"#!") or b"python" not in builder.head(script):
            continue
        for name in dict.fromkeys(_STARTED.findall(builder.text(script))):
            for site in {each[1] for path in builder.reasons if (each := SITE.match(path))}:
                if f"{site}/{name}/__init__.py" in builder.index:
                    _add_application(builder, f"{site}/{name}", script)


def _add_application(builder: KeepSetBuilder, package: str, script: str) -> None:
    files = [
        path
        for path in builder.index.descendants(package)
        if builder.index[path].kind is Kind.FILE
        and not path.endswith(".pyc")
        and not _TESTS.search(path)
    ]
    reason = f"python modules: the application that {script} starts"
    for path in builder.add_small(files, PROGRAM_MOST, reason):
        if path.endswith(".py"):
            builder.tables.setdefault("own modules", {})[path] = []
