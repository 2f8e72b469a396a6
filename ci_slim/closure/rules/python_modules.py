"""Python: keeps what installed packages load late, for example for another kind of request.

A loaded package imports modules inside its functions, by names in its settings
("django.core.serializers.xml"), by the names of neighbouring modules, and through entry points. It
also reads templates and tables that are stored among its modules. If it imports a package that the
run did not load, that package is kept only if the distribution requires it. An optional package
that happens to be installed is not needed.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.imports import (
    DEVELOPERS,
    LIBRARY,
    SITE,
    imports,
    is_own,
    is_python,
    loaded,
    located,
    needed_imports,
)
from ci_slim.closure.rules.python_applications import add_applications
from ci_slim.closure.rules.python_compiled import add_needed
from ci_slim.closure.rules.python_packages import (
    DATA_MOST,
    TESTS,
    add_data,
    add_data_named_in,
    add_requested,
    package_of,
    requires,
)

SETTINGS_MOST = 1 << 18
"""The most characters of settings or bytes of a stored object of a package in which names are
searched."""

BELOW_MOST = 500_000
"""The most bytes of modules in the packages of a folder from which a package is loaded by name."""

OFFERED_MOST = 3_000_000
"""The most bytes of modules that a package offers to import later."""

LISTED_MOST = 3_000_000
"""The most bytes of modules in a folder that a package lists; in a large image a tenth of it."""

_DOTTED = re.compile(r"""["']\.?([A-Za-z_]\w*\.[\w.]+)["':]""")
_SETTINGS = (".conf", ".cfg", ".ini", ".toml")
_UNQUOTED = re.compile(r"(?<![\w./-])([A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)++)(?![\w./-])")
"""A name of a module or a class in settings of a package: `style = theme.support.Style`."""

_PICKLES = (".dat", ".pkl", ".pickle")
_PICKLED = re.compile(rb"(?:c|\x8c.)([a-z_]\w*+(?:\.\w++)++)(?=\n|\x94|\x8c)", re.S)
"""The name of a module in a stored object, before protocol 4 and from it on."""

_LAZY = re.compile(r"__getattr__|[Ll]azy")
"""The exports of a package that are loaded when somebody asks for them stand in a block for type
checkers, which the package may even read."""

_WORD = re.compile(r"""["']\.?([A-Za-z_]\w*)["']""")
_PREFIX = re.compile(
    r"""["']([A-Za-z_]\w*(?:\.\w+)*\.)(\w*)(?:\{|%\d*[a-z]|["']\s*[+%]|["']\.format)"""
)
_NEIGHBOUR = re.compile(
    r"""(?:import_module|__import__)\(\s*f?["']\.?([A-Za-z_]\w+)(?:%\d*[a-z]|\{)"""
)
_GETATTR = re.compile(r"^def __getattr__\(", re.MULTILINE)
"""What a module calls for a name that it has not loaded yet (PEP 562)."""

_STUB = "attach_stub"
"""The call by which scikit-image and others read their imports from the stub beside the file."""

_BESIDE = re.compile(
    r"""(?:import_module|__import__)\(\s*f?["'](?:\.|\{(?:__name__|\w*(?:package|parent)\w*)\}\.)"""
)
_PROGRAM = re.compile(r"""(?:^|[\s"'])-m["',\s]+([A-Za-z_]\w*(?:\.\w+)*)""")
_IN_TEXT = re.compile(r"""["'](?:from[ ]+([\w.]+)[ ]+import\b|import[ ]+([\w.]+))""")
"""An import in a text, which the module gives to `exec`."""

_LISTS = re.compile(r"\b(?:listdir|scandir|iter_modules|i?glob)\(")
_HERE = re.compile(r"\b__(?:file|path)__\b")
_LATE = ("import_module", "__import__", "import_string", "load_class", "importlib")
_GROUP = re.compile(r"""["']([^"'\n]{1,200})(?=["'])""")
_ENTRY_POINTS = ("entry_points(", "EntryPoint", "stevedore", "pluggy", "importlib.metadata")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if builder.once("python modules"):
        add_applications(builder)
    for path in builder.files(fresh):
        site = SITE.match(path)
        if site and path.endswith(".so"):
            add_needed(builder, path)
        if site and path.endswith(_SETTINGS):
            _add_named(builder, path, _UNQUOTED.findall(builder.text(path, SETTINGS_MOST)))
        if site and path.endswith(_PICKLES) and builder.head(path)[:1] == b"\x80":
            _add_named_by_pickle(builder, path)
        if not is_python(builder, path) or TESTS.search(path):
            continue
        if site or is_own(path):
            _follow(builder, path, builder.text(path))
        elif LIBRARY.match(path) and path not in loaded(builder):
            text = builder.text(path)
            _add_imports(builder, path, text)
            if _has(text, _LATE) and _is_for_own(builder, path):
                _add_named(builder, path, _DOTTED.findall(text))
        elif LIBRARY.match(path):
            _add_beside(builder, path, builder.text(path))
        package = package_of(path, site[1]) if site else None
        if package and builder.once(f"python data {package}"):
            add_data(builder, package)
        elif package:
            add_data_named_in(builder, package, builder.text(path))
        if site and builder.once(f"python requested {site[1]}"):
            add_requested(builder, site[1])


def _has(text: str, words: Iterable[str]) -> bool:
    """Whether a text has one of the words. It is ten times faster than a regular expression."""
    return any(word in text for word in words)


def _follow(builder: KeepSetBuilder, path: str, text: str) -> None:
    if not is_own(path):
        _add_imports(builder, path, text)
    elif "python" in text:
        _add_programs(builder, path, text)
    if _STUB in text and f"{path}i" in builder.index:
        builder.add(f"{path}i", f"python modules: lists the late imports of {path}")
        _add_imports(builder, path, builder.text(f"{path}i"))
    _add_named(builder, path, _DOTTED.findall(text))
    reason = f"python modules: named in {path}"
    if path.endswith("/__init__.py") and "TYPE_CHECKING" in text and _LAZY.search(text):
        _add_lazy(builder, path, text)
    if _has(text, _ENTRY_POINTS):
        _add_plugins(builder, path, text)
    if not _has(text, _LATE):
        return
    here = posixpath.dirname(path)
    if not is_own(path) and _LISTS.search(text) and builder.once(f"python lists {here}"):
        _add_listed(builder, here)
    for package, start in dict.fromkeys(_PREFIX.findall(text)):
        for folder in _folders(builder, path, package.rstrip(".")):
            if builder.once(f"python modules in {folder}/{start}"):
                _add_modules(builder, _modules(builder, folder, start), reason)
                _add_below(builder, folder, start, reason)
    for start in dict.fromkeys(_NEIGHBOUR.findall(text)):
        if builder.once(f"python modules beside {here}/{start}"):
            builder.add_small(_modules(builder, here, start), DATA_MOST, reason)
    if _BESIDE.search(text):
        if builder.once(f"python modules of {here}"):
            _add_modules(builder, _modules(builder, here, ""), reason)
    else:
        for name in dict.fromkeys(_WORD.findall(text)):
            for each in (f"{here}/{name}.py", f"{here}/{name}/__init__.py"):
                if each in builder.index:
                    builder.add(each, reason)


def _add_listed(builder: KeepSetBuilder, here: str) -> None:
    """Keep the modules in folders that a package lists to import what is there, as plugins. The
    modules directly in the package name such a folder beside them."""
    words = dict[str, None]()
    for path in builder.files(builder.index.children(here)):
        text = builder.text(path) if path.endswith(".py") else ""
        if _HERE.search(text):
            words |= dict.fromkeys(_WORD.findall(text))
    for folder in (f"{here}/{word}" for word in words):
        if f"{folder}/__init__.py" in builder.index and not TESTS.search(f"{folder}/"):
            most = max(LISTED_MOST, builder.kept_bytes() // 10)
            reason = f"python modules: in a folder that {here} lists"
            builder.add_small(_modules(builder, folder, ""), most, reason)
            _add_below(builder, folder, "", reason)


def _add_lazy(builder: KeepSetBuilder, path: str, text: str) -> None:
    """Keep the modules below a package that it imports for type checkers only."""
    found = (
        module
        for each in imports(text, never=True)
        if each[0].startswith(".")
        for module in located(builder, path, *each)
        if module not in builder.reasons and not TESTS.search(module)
    )
    builder.add_small(dict.fromkeys(found), OFFERED_MOST, f"python modules: offered by {path}")


def _is_for_own(builder: KeepSetBuilder, path: str) -> bool:
    """Whether the user's own files import a module, or one that imports it. What only packages may
    need, such as the kinds of `dbm`, brings libraries of megabytes."""
    return any(reason.startswith("python: imported") for reason in builder.reasons[path])


def _add_named(builder: KeepSetBuilder, path: str, names: Iterable[str]) -> None:
    for name in dict.fromkeys(names):
        _add_modules(builder, _named(builder, path, name), f"python modules: named in {path}")


def _add_named_by_pickle(builder: KeepSetBuilder, path: str) -> None:
    """Keep the modules whose classes a stored object has, as a locale of Babel has patterns of
    `babel.numbers`."""
    content = builder.contents.read(path, 0, SETTINGS_MOST)
    for found in dict.fromkeys(_PICKLED.findall(content)):
        modules = _named(builder, path, f"{found.decode()}.Class")
        _add_modules(builder, modules, f"python modules: a class of it is stored in {path}")


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
        if path.endswith("/testing.py") or not TESTS.search(path):
            builder.add(path, reason)


def _add_imports(builder: KeepSetBuilder, path: str, text: str) -> None:
    """Keep what a module of a package imports, and what a module of the standard library needs to
    load."""
    reason = f"python modules: imported by {path}"
    late = SITE.match(path) is None
    first: frozenset[tuple[str, tuple[str, ...]]] | None = None
    in_texts = _IN_TEXT.findall(text) if "exec" in text else ()
    executed = [("".join(found), ()) for found in in_texts]
    for each in (*needed_imports(builder, path, text, at_once=late), *executed):
        for found in located(builder, path, *each):
            if found in builder.reasons:
                continue
            may = _may(builder, path, found)
            if not may and _is_beside(path, found):  # `from .tests import TESTS` in jinja2
                if first is None:
                    first = frozenset(imports(text, at_once=True, in_blocks=False))
                may = each in first
            if may:
                builder.add(found, reason)


def _add_beside(builder: KeepSetBuilder, path: str, text: str) -> None:
    """Keep the modules of the standard library in the folder of one that it imports late: in a
    function, as multiprocessing does, or when somebody asks for a name of theirs, as
    ThreadPoolExecutor of concurrent.futures."""
    asked = _GETATTR.search(text) is not None
    for each in needed_imports(builder, path, text):
        for found in located(builder, path, *each) if asked or each[0].startswith(".") else ():
            beside = posixpath.dirname(found) == posixpath.dirname(path)
            if beside and not TESTS.search(found):
                builder.add(found, f"python modules: imported by {path}")


def _is_beside(path: str, found: str) -> bool:
    """Whether two modules are in the same package of a distribution."""
    mine, other = SITE.match(path), SITE.match(found)
    return bool(mine and other) and posixpath.dirname(path) == posixpath.dirname(found)


def _may(builder: KeepSetBuilder, path: str, found: str) -> bool:
    """Whether the import of a file is likely to be needed: it is not an optional package."""
    site = SITE.match(found)
    if site is None:
        return not TESTS.search(found)
    other = package_of(found, site[1])
    mine = SITE.match(path)
    if other is None or (mine and package_of(path, mine[1]) == other):
        return not TESTS.search(found)
    if _is_loaded(builder, site[1], other):
        return True
    if path in builder.tables.get("own modules", ()):
        return not TESTS.search(found)
    return mine is not None and requires(builder, mine[1], path, other)


def _named(builder: KeepSetBuilder, path: str, name: str) -> Iterator[str]:
    """The modules that a dotted name means: the whole name, or the name without its last word."""
    words = name.rstrip(".").split(".")
    if words[0] in DEVELOPERS or len(words) < 2 or (words[0] == "dbm" and SITE.match(path)):
        return  # copies of `six` name the kinds of dbm, which bring a database of 2 MB
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
    """The folders in which absolute names of this file are searched: the packages, and for an own
    file its folder."""
    sites = builder.tables.get("python sites")
    if sites is None:
        used = {site[1]: [""] for each in builder.reasons if (site := SITE.match(each))}
        sites = builder.tables["python sites"] = used
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
    for path in builder.starting(f"{folder.rstrip('/')}/{start}"):
        name = posixpath.basename(path)
        if name == "__pycache__":
            continue
        if name.endswith((".py", ".so")):
            yield path
        elif f"{path}/__init__.py" in builder.index:
            yield f"{path}/__init__.py"


def _is_loaded(builder: KeepSetBuilder, site: str, package: str) -> bool:
    """Whether the run loaded a module of a package."""
    packages = builder.tables.get(f"python packages {site}")
    if packages is None:
        names = {package_of(path, site): [""] for path in loaded(builder) if path.startswith(site)}
        packages = {str(name): value for name, value in names.items()}
        builder.tables[f"python packages {site}"] = packages
    return package in packages


def _add_plugins(builder: KeepSetBuilder, path: str, text: str) -> None:
    """Keep plugins: modules that distributions offer to a group that a file names."""
    quoted = frozenset(_GROUP.findall(text))
    for site in _roots(builder, path):
        for group, modules in _offered(builder, site).items():
            if group in ("console_scripts", "gui_scripts"):
                continue  # the programs of all packages
            if group in quoted:
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
