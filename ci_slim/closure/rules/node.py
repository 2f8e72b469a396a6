"""Node.js: keeps the package.json that says how a module's files are read, and late imports.

If one of the application's own files names a file by a relative path, that file is kept, whether or
not a probe reached the `import()`. A package that no probe loaded is not kept by this rule.
"""

import posixpath
import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Kind

_MODULES = (".js", ".mjs", ".cjs", ".node", ".json", ".wasm")
_SOURCES = (".js", ".mjs", ".cjs")
_PACKAGES = re.compile(r".*/(?:node_modules|nodejs)/")
_NAMED = re.compile(
    r"""(?:\brequire\s*+\(|\bimport\s*+\(?|\bfrom)\s*+(["'`])(\.{1,2}/[^"'`$\n]+)\1"""
)
_ENDINGS = ("", ".js", ".json", ".node", ".mjs", ".cjs", "/index.js", "/index.json")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if path.endswith(_MODULES):
            _add_manifest(builder, path)
        if path.endswith(_SOURCES) and not _PACKAGES.match(path):
            for _, name in _NAMED.findall(builder.text(path)):
                _add_module(builder, path, name)


def _add_manifest(builder: KeepSetBuilder, path: str) -> None:
    folder = posixpath.dirname(path)
    while folder != "/" and builder.once(f"node {folder}"):
        manifest = f"{folder}/package.json"
        if manifest in builder.index:
            builder.add(manifest, f"node: describes the package in {folder}")
            break
        folder = posixpath.dirname(folder)


def _add_module(builder: KeepSetBuilder, path: str, name: str) -> None:
    """Keep the file that a relative name means: as written, with an extension, or the index of a
    folder."""
    named = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    for ending in _ENDINGS:
        real = builder.index.resolve(named + ending).path
        if real is not None and builder.index[real].kind is Kind.FILE:
            builder.add(named + ending, f"node: imported by {path}")
            return
