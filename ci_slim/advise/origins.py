"""Where each file of a built image comes from: its layer, its package, and what it needs. Pure."""

import functools
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ci_slim.image import elf
from ci_slim.image.duplicates import digest
from ci_slim.image.files import Contents, FileIndex, Kind
from ci_slim.image.space import package_of

_DPKG = "/var/lib/dpkg/info"
_SHEBANG_MOST = 256
SAME_FROM = 100_000
"""The smallest file that is looked for twice."""


@dataclass(frozen=True, slots=True)
class Same:
    """Files with the same bytes, lowest layer first. Names of one inode count once."""

    bytes: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origins:
    """`layers` is the number of layers. `files` are all files and links with the layer that holds
    them, and `packages` the Debian or Alpine package of each file that has one. `installed` are
    Debian packages with the layer that installed them."""

    layers: int
    files: Mapping[str, int]
    packages: Mapping[str, str]
    installed: Mapping[str, int]
    needs: Mapping[str, tuple[str, ...]]
    """For ELF files of no package: the packages of the libraries that they need."""
    interpreters: Mapping[str, str]
    """For scripts of no package in a folder `bin`: the interpreter in their first line."""
    machines: frozenset[str]
    """The processors of the ELF files of no package, as elf.h names them."""
    same: tuple[Same, ...]
    """Files of 100 kB and more with the same content."""
    real: Callable[[str], str | None]
    """Where a path leads, through links; None if the image has no such file."""

    def package(self, path: str) -> str:
        """The package to install for a program: the one of its name, or else its owner; "" if there
        is none."""
        name = posixpath.basename(path)
        return name if name in self.installed else self.packages.get(self.real(path) or "", "")


def origins(index: FileIndex, contents: Contents) -> Origins:
    """Read the package database, and the files that belong to no package."""
    packages = package_of(index, contents)
    files = {each.path: each.layer for each in index.entries() if each.kind is not Kind.DIR}
    libraries = {posixpath.basename(path): path for path in files if ".so" in path}
    needs: dict[str, tuple[str, ...]] = {}
    interpreters: dict[str, str] = {}
    machines = set[str]()
    for path in files:
        entry = index[path]
        if path in packages or entry.kind is not Kind.FILE:
            continue
        if entry.mode & 0o111 or ".so" in path:
            found = elf.read(functools.partial(contents.read, path))
            if found is not None:
                machines.add(found.machine)
                paths = (index.resolve(libraries.get(name, "")).path for name in found.needed)
                owners = (packages.get(each or "") for each in paths)
                needs[path] = tuple(sorted({name for name in owners if name}))
            elif "/bin/" in path and (name := _interpreter(contents, path)):
                interpreters[path] = name
    return Origins(
        len(index.layers),
        files,
        packages,
        dict(_installed(index)),
        needs,
        interpreters,
        frozenset(machines),
        tuple(_same(index, contents)),
        lambda path: index.resolve(path).path,
    )


def _installed(index: FileIndex) -> Iterator[tuple[str, int]]:
    """The lowest layer that had each package: an upgrade writes its list anew."""
    earlier: dict[str, int] = {}
    for entry, _ in index.overwritten:
        earlier[entry.path] = min(entry.layer, earlier.get(entry.path, entry.layer))
    for path in index.children(_DPKG):
        if path.endswith(".list"):
            name = posixpath.basename(path).removesuffix(".list").partition(":")[0]
            yield name, earlier.get(path, index[path].layer)


def _same(index: FileIndex, contents: Contents) -> Iterator[Same]:
    by_size: dict[int, list[str]] = {}
    for path, size in index.sizes():
        if size >= SAME_FROM:
            by_size.setdefault(size, []).append(path)
    for size, paths in by_size.items():
        found: dict[bytes, list[str]] = {}
        for path in paths if len(paths) > 1 else ():
            found.setdefault(digest(path, size, contents), []).append(path)
        for same in found.values():
            if len(same) > 1:
                yield Same(size, tuple(sorted(same, key=lambda path: (index[path].layer, path))))


def _interpreter(contents: Contents, path: str) -> str:
    """The program in `#!/usr/bin/python3`, or the one that `env` starts; "" if there is none."""
    line = contents.read(path, 0, _SHEBANG_MOST).partition(b"\n")[0].decode("utf-8", "replace")
    words = line.removeprefix("#!").split() if line.startswith("#!") else []
    if words and posixpath.basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return words[0] if words else ""
