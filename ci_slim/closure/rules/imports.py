"""Python: keeps what the application's own files import, even if no probe made them import it.

An import inside a function runs when the function is first called, for example for a route that no
probe calls. If the module is missing then, the request fails. So each file that is neither in the
standard library nor in an installed package keeps everything that it imports, and the modules
reached that way do the same. Modules that the run loaded are followed only if such a file names
them itself, because the others import nearly everything.

Lines are matched, not parsed, because the image's Python may be older or newer than the one that
runs this code.
"""

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.observe.observation import How

LIBRARY = re.compile(r"(.*/(?:lib|lib64)/python3(?:\.\d+)?)(?:/|$)")
SITE = re.compile(r"(.*/(?:site|dist)-packages)(?:/|$)")
_STATEMENT = re.compile(
    r"import\s++(?P<names>.+)"
    r"|from\s++(?P<module>\.++(?=\s+import\b)|\.*+\s*+[.\w]++)\s++import\s++(?P<of>.+)"
)
_NAME = re.compile(r"[.\w]+|\*").fullmatch
_CALLED = re.compile(
    r"""\b(?:import_module|__import__)\(\s*+["'](\.*+\w++(?:\.\w++)*+)["']\s*+[,)]"""
)
"""An import by a call: `import_module("csv")`."""
_LINE = re.compile(
    r"""^[ \t]*+(?:[^\n#"']*:[ \t]*+)?(?P<text>(?:import|from)[ \t]+[^\n]*)""", re.MULTILINE
)
"""A line that starts with an import, or has one after a colon, as in `try: import json`."""

_TOP = re.compile(r"^[A-Za-z_@]\w*", re.MULTILINE)
_AT_ONCE = ("try", "if", "elif", "else", "with")
"""What is indented below these words at the top of a module runs when the module is loaded. What is
below `except` is for other versions."""

_NEVER = re.compile(
    r"^(?P<indent>[ \t]*)if[ \t]+(?:(?:\w+\.)?TYPE_CHECKING\b|__name__\s*==)[^\n]*", re.MULTILINE
)
DEVELOPERS = frozenset(
    (
        "_pyrepl", "bdb", "cProfile", "doctest", "ensurepip", "idlelib", "lib2to3", "pdb",
        "profile", "pstats", "pydoc", "pydoc_data", "readline", "rlcompleter", "test", "timeit",
        "tkinter", "turtle", "turtledemo", "unittest", "venv",
    )
)  # fmt: skip
"""Modules that libraries import for developers. They are kept if the application names them, or if
a module that the run did not load cannot be loaded without them."""

INTERACTIVE = frozenset(("idlelib", "pydoc_data", "test", "tkinter", "turtle", "turtledemo"))
"""Those that no server needs."""

_CONTINUED_MOST = 500
"""The most lines that continue an import."""

_ZONES = "/usr/share/zoneinfo"

_Import = tuple[str, tuple[str, ...]]
"""A module as it is written, with leading dots, and the names that are imported from it."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    todo = [path for path in builder.files(fresh) if is_own(path) and is_python(builder, path)]
    while todo:
        builder.contents.expect(todo)
        found = [(path, each) for path in todo for each in _add_imports(builder, path)]
        todo = [
            each
            for path, each in dict.fromkeys(found)
            if each.endswith(".py")
            and (is_own(path) or each not in loaded(builder))
            and builder.once(f"python imports {each}")
        ]


def _add_imports(builder: KeepSetBuilder, path: str) -> Iterator[str]:
    """Keep what a file imports, if the image has it. Returns the paths to follow."""
    reason = f"python: imported by {path}"
    for module, names in needed_imports(builder, path, builder.text(path)):
        for found in located(builder, path, module, names):
            builder.add(found, reason)
            if found.endswith("/zoneinfo/__init__.py"):
                builder.add_tree(_ZONES, reason)
            yield found


def is_python(builder: KeepSetBuilder, path: str) -> bool:
    """Whether a kept file is a module of Python, or a script that may be started later. What a
    script imports that the image starts was seen."""
    if path.endswith(".py"):
        return True
    later = builder.at_least("balanced") and path not in builder.started
    return later and builder.is_script(path, b"python")


def is_own(path: str) -> bool:
    """Whether a file is neither in the standard library nor in an installed package."""
    return not (LIBRARY.match(path) or SITE.match(path))


def needed_imports(
    builder: KeepSetBuilder, path: str, text: str, *, at_once: bool = False
) -> Iterator[_Import]:
    """The imports of a file, without those of modules for developers. A file that the run did not
    load has these, too, if it cannot be loaded without them."""
    first: set[_Import] | None = None
    for each in imports(text, at_once=at_once):
        top = each[0].partition(".")[0]
        if top in DEVELOPERS and not is_own(path):
            if first is None:
                late = path not in loaded(builder)
                first = set(imports(text, at_once=True, in_blocks=False)) if late else set()
            if top in INTERACTIVE or each not in first:
                continue
        yield each


def imports(
    source: str, *, at_once: bool = False, in_blocks: bool = True, never: bool = False
) -> Iterator[_Import]:
    """The imports of a source text, without those for type checkers and those that run only if the
    file is started as a program, unless `never` asks for these, too. With `at_once`, only those
    that run when the module is loaded; without `in_blocks`, no others than those that are not
    indented, which cannot fail unnoticed."""
    passed: list[tuple[int, int]] = []
    left = 2 * len(source)
    if not never and ("TYPE_CHECKING" in source or "__name__" in source):
        passed = _blocks(source)
    tops = list(_TOP.finditer(source)) if at_once else []
    for found in _LINE.finditer(source):
        before = bisect_right(passed, found.start(), key=lambda block: block[0])
        if before and found.start() < passed[before - 1][1]:
            continue
        if at_once and found.start() != found.start("text"):
            before = bisect_left(tops, found.start(), key=lambda top: top.start())
            if not in_blocks or not before or tops[before - 1][0] not in _AT_ONCE:
                continue
        text, end = _joined(source, found, left)
        left -= end - found.end()
        for each in text.split(";"):
            yield from _statement(each.strip())
    if not at_once and ("import_module(" in source or "__import__(" in source):
        yield from ((name, ()) for name in dict.fromkeys(_CALLED.findall(source)))


def _joined(source: str, found: re.Match[str], most: int) -> tuple[str, int]:
    """A statement with the lines that continue it, and where it ends. No line is added after `most`
    characters, because a hostile text has an open bracket in each of its lines."""
    end, parts = found.end(), list[str]()
    stop = min(end + most, len(source))
    line, opened, closed = found["text"].partition("#")[0].rstrip(), False, False
    while True:
        opened, closed = opened or "(" in line, closed or ")" in line
        parts.append(line.removesuffix("\\"))
        continued = line.endswith("\\") or (opened and not closed)
        if not continued or end >= stop or len(parts) > _CONTINUED_MOST:
            return " ".join(parts), end
        start, end = end + 1, source.find("\n", end + 1)
        end = end if end >= 0 else len(source)
        line = source[start:end].partition("#")[0].rstrip()


def _blocks(source: str) -> list[tuple[int, int]]:
    """The blocks that do not run, without those inside another."""
    blocks: list[tuple[int, int]] = []
    for found in _NEVER.finditer(source):
        if not blocks or found.start() >= blocks[-1][1]:
            blocks.append(_block(source, found))
    return blocks


def _block(source: str, found: re.Match[str]) -> tuple[int, int]:
    """The start and the end of the block of an `if`. It ends before the next line that is not
    indented deeper."""
    indent = len(found["indent"].expandtabs())
    ends = re.compile(rf"^[ \t]{{0,{indent}}}[^\s#]", re.MULTILINE).search(source, found.end())
    return found.start(), ends.start() if ends else len(source)


def _statement(text: str) -> Iterator[_Import]:
    found = _STATEMENT.match(text)
    if found is None:
        return
    listed = (found["names"] or found["of"]).strip("() ").split(",")
    names = [words[0] for words in map(str.split, listed) if words and _NAME(words[0])]
    if found["module"]:
        yield "".join(found["module"].split()), tuple(names)
    else:
        yield from ((name, ()) for name in names)


def loaded(builder: KeepSetBuilder) -> dict[str, list[str]]:
    """The sources of the modules that the run loaded, so their imports were observed."""
    loaded = builder.tables.get("python loaded")
    if loaded is None:
        loaded = builder.tables["python loaded"] = {}
        for path, how in builder.observation.uses.items():
            if how & How.OPEN and path.endswith((".py", ".pyc")):
                folder, name = posixpath.split(path)
                folder = folder.removesuffix("/__pycache__")
                loaded[f"{folder}/{name.partition('.')[0]}.py"] = []
    return loaded


def located(builder: KeepSetBuilder, path: str, module: str, names: Sequence[str]) -> Iterator[str]:
    """The files of the image that an import statement in `path` may load. Which of two files with
    the same name Python loads depends on how Python was started, so both are returned."""
    relative = len(module) - len(module.lstrip("."))
    if relative:
        folder = path
        for _ in range(relative):
            folder = posixpath.dirname(folder)
        return _in(builder, (folder,), module, names)
    if is_own(path):
        return _in(builder, (*_above(builder, path), *_roots(builder)), module, names)
    known = builder.tables.setdefault("python absolute", {})
    key = f"{module} {' '.join(names)}"
    if key not in known:
        known[key] = list(_in(builder, _roots(builder), module, names))
    return iter(known[key])


def _in(
    builder: KeepSetBuilder, roots: Sequence[str], module: str, names: Sequence[str]
) -> Iterator[str]:
    parts = [part for part in module.split(".") if part]
    for root in roots:
        chain = list(_chain(builder, root, parts))
        if chain or not parts:
            yield from chain
            for name in names:
                yield from _chain(builder, posixpath.join(root, *parts), [name])


def _chain(builder: KeepSetBuilder, folder: str, parts: Sequence[str]) -> Iterator[str]:
    """The packages on the way to a module, and the module itself."""
    for part in parts:
        folder = f"{folder}/{part}"
        for file in (f"{folder}/__init__.py", f"{folder}.py"):
            if file in builder.index:
                yield file
                break
        else:
            compiled = [*extensions(builder, folder)]
            yield from compiled
            if not compiled and not builder.index.children(folder):
                return


def extensions(builder: KeepSetBuilder, module: str) -> Iterator[str]:
    """The shared objects of a module: `_csv.cpython-313-x86_64-linux-gnu.so`, `_csv.so`."""
    folder, name = posixpath.split(module)
    files = builder.tables.get(f"python extensions {folder}")
    if files is None:
        files = builder.tables[f"python extensions {folder}"] = {}
        for path in builder.index.children(folder):
            base = posixpath.basename(path)
            if base.endswith((".so", ".pyc")):
                files.setdefault(base.partition(".")[0], []).append(path)
    return iter(files.get(name, ()))


def _above(builder: KeepSetBuilder, path: str) -> Iterator[str]:
    """The folders above a file: a script finds modules next to it, a module of a package finds
    those next to the package."""
    folder = posixpath.dirname(path)
    yield folder
    while f"{folder}/__init__.py" in builder.index:
        folder = posixpath.dirname(folder)
        yield folder


def _roots(builder: KeepSetBuilder) -> Sequence[str]:
    """The folders in which the run's Python searched modules, as its look-ups show."""
    roots = builder.tables.get("python roots")
    if roots is None:
        roots = builder.tables["python roots"] = {}
        for path in builder.env.get("PYTHONPATH", "").split(":"):
            roots[path or "/"] = []
        roots[str(builder.config.get("WorkingDir") or "/")] = []
        for pattern in (LIBRARY, SITE):
            for path in sorted(builder.observation.uses):
                if (match := pattern.match(path)) and match[1] not in roots:
                    roots |= {match[1]: [], f"{match[1]}/lib-dynload": []}
        if not any(map(LIBRARY.fullmatch, roots)):  # it ran no Python
            roots |= {folder: [] for folder in _unused_roots(builder)}
    return tuple(roots)


def _unused_roots(builder: KeepSetBuilder) -> Iterator[str]:
    """The same for a Python that the run did not use: the folders that a Python has by default."""
    for folder in ("/usr/lib", "/usr/local/lib"):
        for path in builder.index.children(folder):
            if LIBRARY.fullmatch(path):
                yield from (path, f"{path}/lib-dynload")
                yield from (f"{path}/site-packages", f"{path}/dist-packages")
