"""Python: keeps the source of compiled code, the metadata of distributions, and error paths.

For a module that the run did not load, the source is enough: Python compiles it when it is
imported.

Printing a traceback imports modules that no successful run imports, and a codec is looked up by
name when the first unusual byte arrives. Both are kept.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder

_LIBRARY = re.compile(r"(.*/python3(?:\.\d+)?)/(?:__pycache__/)?(?:os|codecs|site)\.[^/]*$")
_SYSCONFIG = re.compile(r"(.*)/sysconfig(?:/__init__)?\.py$")
_SITE = re.compile(r"(.*/(?:site|dist)-packages)/([^/]+)(?:/.*)?$")
_INFO = (".dist-info", ".egg-info")
_APART = (*_INFO, "__pycache__")
_ERROR_PATH = (
    "_colorize", "_weakrefset", "abc", "ast", "bisect", "code", "codecs", "codeop", "contextlib",
    "copyreg", "dis", "enum", "functools", "heapq", "importlib", "inspect", "io", "keyword",
    "linecache", "locale", "opcode", "_opcode_metadata", "operator", "re", "reprlib", "stringprep",
    "string", "textwrap", "token", "tokenize", "traceback", "types", "warnings", "_py_warnings",
    "weakref", "collections", "sre_compile", "sre_constants", "sre_parse", "__future__", "signal",
    "threading", "_strptime", "calendar", "datetime",
)  # fmt: skip

_EXTENSIONS = ("_opcode.", "unicodedata.", "_bisect.", "_datetime.", "_codecs_", "_multibytecodec.")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in fresh:
        if path.endswith(".pyc"):
            _add_source(builder, path)
        if (found := _LIBRARY.match(path)) and builder.once(f"python {found[1]}"):
            _add_error_path(builder, found[1])
        if found := _SYSCONFIG.match(path):
            _add_build_settings(builder, found[1])
        site = _SITE.match(path)
        if site and not site[2].endswith(_APART) and builder.once(f"python {site[1]}/{site[2]}"):
            _add_metadata(builder, site[1], site[2])


def _add_source(builder: KeepSetBuilder, path: str) -> None:
    folder, name = posixpath.split(path)
    if posixpath.basename(folder) == "__pycache__":
        folder, name = posixpath.dirname(folder), name.partition(".")[0] + ".pyc"
    source = f"{folder}/{name[:-1]}"
    if source in builder.index:
        builder.add(source, f"python: source of {path}")


def _add_error_path(builder: KeepSetBuilder, library: str) -> None:
    reason = "python: imported when something goes wrong"
    builder.add_tree(f"{library}/encodings", "python: codecs are looked up by name")
    for module in _ERROR_PATH:
        builder.add(f"{library}/{module}.py", reason)
        if builder.exists(f"{library}/{module}/__init__.py"):
            builder.add_tree(f"{library}/{module}", reason)
    for extension in builder.index.children(f"{library}/lib-dynload"):
        if posixpath.basename(extension).startswith(_EXTENSIONS):
            builder.add(extension, reason)


def _add_build_settings(builder: KeepSetBuilder, library: str) -> None:
    """Keep the module with Python's build settings. Its name contains the platform's name."""
    for path in builder.index.children(library):
        if posixpath.basename(path).startswith("_sysconfigdata_") and path.endswith(".py"):
            builder.add(path, "python: read by sysconfig")


def _add_metadata(builder: KeepSetBuilder, site: str, top: str) -> None:
    """Keep the metadata of the distribution that a module in site-packages belongs to."""
    for info in distributions(builder, site).get(top, ()):
        builder.add_tree(info, f"python: metadata of the distribution of {top}")


def distributions(builder: KeepSetBuilder, site: str) -> dict[str, list[str]]:
    """The metadata folders of a site-packages folder, by the names that they installed there:
    `yaml` -> PyYAML-6.0.2.dist-info."""
    names = builder.tables.get(site)
    if names is None:
        names = builder.tables[site] = {}
        for info in builder.index.children(site):
            if info.endswith(_INFO):
                for name in dict.fromkeys(_provides(builder, info)):
                    names.setdefault(name, []).append(info)
    return names


def _provides(builder: KeepSetBuilder, info: str) -> Iterator[str]:
    """The names in site-packages that a distribution installed."""
    record = builder.text(f"{info}/RECORD")
    for line in record.splitlines():
        name = line.partition(",")[0].strip('"').partition("/")[0]
        if name not in ("", "..", "__pycache__"):
            yield name
    for name in builder.text(f"{info}/top_level.txt").split():
        yield from (name, f"{name}.py")
    guess = posixpath.basename(info).partition("-")[0].removesuffix(".egg")
    for name in (guess, guess.lower(), guess.lower().replace("-", "_")):
        yield from (name, f"{name}.py")
