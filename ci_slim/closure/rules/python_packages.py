"""What belongs to installed packages of Python besides their modules: data, requirements.
For the rule `python modules`."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from ci_slim.closure.keep_set import LeftOut
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.python import distributions
from ci_slim.image.files import Kind

DATA_MOST = 2_000_000
"""The most bytes of data of one package that are kept though unused. In a large image these are
more: a twenty-fifth of it, and a sixth of it with files that kept modules name. Small files come
first."""

OTHERS_MOST = 1_000_000
"""The same for files whose ending does not say that they are data."""

REQUESTED_MOST, REQUIRED_MOST = 5_000_000, 1_000_000
"""The most bytes of a distribution that nothing loaded, if pip was asked to install it, and if
another that is in use requires it. In a large image one that pip was asked for may have a tenth
of it."""

ALL_REQUESTED_MOST = 10_000_000
"""The most bytes of all such distributions; in a large image a fifth of it."""

_TOGETHER = 100
"""The most distributions that are kept because one of them was requested."""

TESTS = re.compile(
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
    r"/__pycache__/|\.(?:pyc|pyi|po|pot|pyx|pxd|c|h|cpp|hpp|a|o|js\.map|css\.map)$|\.dist-info/(?!METADATA|entry_points)"
)
_CODE = re.compile(r"(?:\.(?:py|so)|/py\.typed)$|\.so\.|" + _NOT_RUN.pattern)
"""Files of a package that are no data."""

DATA_ENDINGS = (
    ".html", ".htm", ".txt", ".json", ".css", ".js", ".yml", ".yaml", ".toml", ".xml", ".xsl",
    ".svg", ".png", ".gif", ".ico", ".csv", ".tmpl", ".jinja", ".jinja2", ".j2", ".mako", ".sql",
    ".ini", ".cfg", ".mo", ".dat", ".pem", ".ttf", ".woff", ".woff2", ".afm", ".mplstyle", ".xsd",
    ".dtd", ".lark", ".bnf", ".md", ".rst", ".wsdl", ".graphql", ".conf",
)  # fmt: skip
_QUOTED = re.compile(r"""["']([A-Za-z_][\w.-]{1,60})["']""")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def package_of(path: str, site: str) -> str | None:
    """The package in site-packages that a file belongs to, or None if it is not in a package."""
    name = path[len(site) + 1 :].partition("/")[0]
    if not name or name.endswith((".dist-info", ".egg-info", "__pycache__", ".pth")):
        return None
    return f"{site}/{name.removesuffix('.py')}"


def requirements(builder: KeepSetBuilder, info: str) -> Iterator[str]:
    """The names of the distributions that one requires, without those for extras."""
    for file in ("METADATA", "PKG-INFO"):
        for line in builder.text(f"{info}/{file}").partition("\n\n")[0].splitlines():
            name = _NAME.search(line, 14) if line.startswith("Requires-Dist:") else None
            if name and "extra ==" not in line:
                yield plain(name[0])


def requires(builder: KeepSetBuilder, site: str, path: str, wanted: str) -> bool:
    """Whether the distribution that a file belongs to installed the package `wanted`, or requires
    one that did. `wanted` is the path of a folder or of a module without its ending."""
    needs = builder.tables.setdefault("python requires", {})
    top = posixpath.basename(wanted)
    installed = distributions(builder, site)
    infos = [info for name in (top, f"{top}.py") for info in installed.get(name, ())]
    offered = {plain(top), *map(_distribution, infos)}
    for info in installed.get(path[len(site) + 1 :].partition("/")[0], ()):
        if info in infos:
            return True
        if info not in needs:
            needs[info] = list(requirements(builder, info))
        if not offered.isdisjoint(needs[info]):
            return True
    return False


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def add_data(builder: KeepSetBuilder, package: str) -> None:
    """Keep what is stored among the modules of a package: templates, tables, pages, pictures, and
    other files that are no code. Those that its kept modules name come first."""
    known, others, named = [], [], _named_data(builder, package)
    for path in builder.index.descendants(package):
        if builder.index[path].kind is Kind.FILE and not TESTS.search(path):
            if path.endswith(DATA_ENDINGS):
                known.append(path)
            elif not _CODE.search(path):
                others.append(path)
    first = named.union(path for path in known if posixpath.dirname(path) == package)
    reason, before = _data_reason(package), builder.kept_bytes()
    _add_named(builder, package, [path for path in known if path in named])
    most = _data_most(builder, 25)
    left = max(most - (builder.kept_bytes() - before), most // 2)
    builder.add_small([path for path in known if path not in named], left, reason, first)
    builder.add_small(others, OTHERS_MOST, reason, first)


def add_data_named_in(builder: KeepSetBuilder, package: str, text: str) -> None:
    """Keep the data of a package that one of its modules names, which is kept later than others."""
    files = builder.tables.get(f"python data {package}")
    if files is None:
        files = builder.tables[f"python data {package}"] = {}
        for path in builder.index.descendants(package):
            if path.endswith(DATA_ENDINGS) and not TESTS.search(path):
                files.setdefault(posixpath.basename(path), []).append(path)
    words = dict.fromkeys(_QUOTED.findall(text)) if files else ()
    found = (path for word in words for path in files.get(word, ()))
    _add_named(builder, package, [path for path in found if path not in builder.reasons])


def _add_named(builder: KeepSetBuilder, package: str, files: Sequence[str]) -> None:
    reason, too_much = _data_reason(package), dict[str, int]()
    for path in sorted(files, key=lambda path: (builder.index[path].size, path)):
        size = builder.index[path].size
        if builder.spend(reason, size, _data_most(builder, 6)):
            builder.add(path, reason)
        else:
            too_much[path] = size
    builder.left_out.add_files("dropped_nearby", too_much)


def _data_reason(package: str) -> str:
    return f"python modules: data of {posixpath.basename(package)}"


def _data_most(builder: KeepSetBuilder, part: int) -> int:
    return max(DATA_MOST, builder.kept_bytes() // part)


def _named_data(builder: KeepSetBuilder, package: str) -> frozenset[str]:
    """The files of a package that its kept modules name: by their whole name, or without the ending
    in a module that names their folder, too."""
    below = list(builder.index.descendants(package))
    modules = (path for path in below if path.endswith(".py") and path in builder.reasons)
    words = [frozenset(_QUOTED.findall(builder.text(path))) for path in modules]
    every = frozenset[str]().union(*words)
    found = set[str]()
    for path in below:
        folder, name = posixpath.split(path)
        stem, folder = name.partition(".")[0], posixpath.basename(folder)
        near = stem in every and folder in every
        if name in every or (near and any(stem in each and folder in each for each in words)):
            found.add(path)
    return frozenset(found)


def add_requested(builder: KeepSetBuilder, site: str) -> None:
    """Keep distributions of which nothing is kept, although pip was asked to install them, as its
    file REQUESTED or a requirement of the application shows, or another that is in use requires
    them. They are loaded when they are first needed, by a name that stands in compiled code or is
    put together: openpyxl and tzdata by pandas. What looks for plugins reads the descriptions of
    all distributions; that is no use of them. Tools of developers are left out."""
    infos = [info for info in builder.index.children(site) if info.endswith(".dist-info")]
    files = {info: tuple(recorded(builder, site, info)) for info in infos}
    modules = {info: [path for path in files[info] if not path.startswith(info)] for info in infos}
    used = {info for info in infos if any(path in builder.reasons for path in modules[info])}
    unused = {_distribution(info): info for info in infos if info not in used and files[info]}
    needs = {name: [*requirements(builder, info)] for name, info in unused.items()}
    required = {name for info in used for name in requirements(builder, info)}
    own = builder.tables.get("own modules", {})
    wanted = {
        name
        for info in used
        if any(path in own for path in files[info])
        for name in requirements(builder, info)
    }
    left = max(ALL_REQUESTED_MOST, builder.kept_bytes() // 5)
    most = max(REQUESTED_MOST, builder.kept_bytes() // 10)
    for name, info in unused.items():
        asked = f"{info}/REQUESTED" in builder.index or name in wanted
        if _TOOLS.match(posixpath.basename(info)) or not (asked or name in required):
            continue
        with_needs = _reached(name, needs)
        weight = sum(
            builder.index[path].size for each in with_needs for path in files[unused[each]]
        )
        small = asked and len(with_needs) <= _TOGETHER and weight <= most
        small = small or (not needs[name] and weight <= REQUIRED_MOST)
        if small and weight <= left:
            left -= weight
            why = "was installed by name" if name not in required else "is required by one in use"
            for path in files[info]:
                builder.add(path, f"python modules: {name} {why}")
        else:
            described = () if len(modules[info]) == len(files[info]) else (f"{info}/**",)
            # one that holds no modules stands for those that it requires
            said = [info] if modules[info] else [unused[each] for each in with_needs]
            code = builder.left_out.tops(path for each in said for path in modules[each])
            keep = (*code, *described)
            builder.left_out.add(LeftOut("named_unused", name, weight, keep))


def _distribution(info: str) -> str:
    return plain(posixpath.basename(info).partition("-")[0])


def _reached(name: str, needs: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """A distribution and those among `needs` that it requires, and they in turn."""
    found, todo = {name}, [name]
    while todo and len(found) <= _TOGETHER:
        new = {each for each in needs[todo.pop()] if each in needs} - found
        found |= new
        todo += new
    return frozenset(found)


def recorded(builder: KeepSetBuilder, site: str, info: str) -> Iterator[str]:
    """The files that a distribution's RECORD lists and that may be needed: those below
    site-packages, and start scripts."""
    for line in builder.text(f"{info}/RECORD").splitlines():
        path = posixpath.normpath(f"{site}/{line.partition(',')[0]}")
        entry = builder.index.get(path)
        needless = TESTS.search(path) or _NOT_RUN.search(path)
        if entry is not None and entry.kind is Kind.FILE and not needless:
            yield path
