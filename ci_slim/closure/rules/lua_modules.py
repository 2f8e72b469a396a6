"""Lua: keeps the modules that own files and kept modules require late, from Lua's folders. Lua may
also stand in the configuration of nginx, in blocks such as `content_by_lua_block`.

`require "a.b"` means `a/b.lua`, `a/b/init.lua`, `a/b.so` or `a.so` in one of these folders.
"""

import itertools
import re
from collections.abc import Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.closure.rules.brought import weight
from ci_slim.image.files import Kind

COMPILED_MOST = 3_000_000
"""The most bytes of a compiled module, with the libraries that it needs."""

_ROOTS = 50  # the most folders of modules
_ROOT = re.compile(r"(/.*/(?:lua|luajit|lualib)(?:/5\.\d)?|/.*/lualib)")
_REQUIRED = re.compile(r"""\brequire\s*(?:\(\s*|,\s*)?["']([A-Za-z_][\w.-]*)["']""")


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        if (
            path.endswith(".lua")
            or b"lua" in builder.head(path).partition(b"\n")[0][2:80]
            or (path.startswith("/etc/") and "_by_lua" in builder.text(path))
        ):
            for name in dict.fromkeys(_REQUIRED.findall(builder.text(path))):
                if builder.once(f"lua module {name}"):
                    _add_module(builder, name, f"lua modules: required by {path}")


def _add_module(builder: KeepSetBuilder, name: str, reason: str) -> None:
    inside = name.replace(".", "/")
    endings = (
        f"{inside}.lua",
        f"{inside}/init.lua",
        f"{inside}.so",
        f"{name.partition('.')[0]}.so",
    )
    for root in _roots(builder):
        for ending in dict.fromkeys(endings):
            entry = builder.entry(f"{root}/{ending}")
            if entry is None or entry.kind is not Kind.FILE:
                continue
            total = weight(builder, [entry.path])
            if total <= COMPILED_MOST:
                builder.add(f"{root}/{ending}", reason)
            else:
                builder.left_out.add_files("literal_dropped", {entry.path: total})


def _roots(builder: KeepSetBuilder) -> tuple[str, ...]:
    """The folders of modules, without those of versions of Lua of which nothing is kept."""
    roots = builder.tables.get("lua roots")
    if roots is None:
        used = (*builder.observation.uses, *builder.observation.missed)
        versions = {found for path in used for found in re.findall(r"/lua/(5\.\d)/", path)}
        roots = builder.tables["lua roots"] = {
            path: []
            for path in builder.index
            if "lua" in path
            and _ROOT.fullmatch(path)
            and not (versions and path[-3:-1] == "5." and path[-3:] not in versions)
        }
    return tuple(itertools.islice(roots, _ROOTS))
