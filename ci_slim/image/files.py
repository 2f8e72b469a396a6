"""The files of an image: its layers applied in order, each path with the layer that owns it.

The rules are those of the OCI image specification, layer.md. A whiteout hides only what is in lower
layers. An opaque folder hides all its lower content. A folder over a folder keeps the children and
gets the new attributes. Anything else replaces what was there, with everything below it.
"""

import functools
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from ci_slim.errors import UsageError
from ci_slim.image.entries import LayerFiles, read_layer
from ci_slim.image.entry import Entry, Kind
from ci_slim.image.overlay import Overlay, View
from ci_slim.image.readable import Slice

__all__ = [
    "TEXT_MOST",
    "Contents",
    "Entry",
    "FileIndex",
    "Kind",
    "LayerContents",
    "LayerFiles",
    "Resolved",
    "Slice",
    "read_layer",
]

_PLACES = 4096
"""The places of so many files are kept. A file is often read in several pieces."""
_LINK_LIMIT = 40  # as the kernel's MAXSYMLINKS


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a path leads: the real path, or None with the reason ("missing", "loop" or "not a
    directory"). `links` are the symbolic links on the way, in order. `left` are the folders that a
    `..` left again: they must exist too, though they are not part of the path."""

    path: str | None
    links: tuple[str, ...] = ()
    reason: str = ""
    left: tuple[str, ...] = ()


TEXT_MOST = 1 << 25
"""The most bytes read of a text of the image, such as a package database. Real ones have some
megabytes."""


class Contents(Protocol):
    """The bytes of an image's files."""

    def expect(self, paths: Iterable[str]) -> None:
        """Announce that these paths of the index will be read soon, so that they can be fetched at
        once."""

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        """Up to `size` bytes (-1: all) of a FILE of the index. The name of a hard link is
        accepted."""


class FileIndex:
    """The files of an image as a container sees them. `FileIndex.of` makes it. It never changes."""

    def __init__(self, layers: tuple[LayerFiles, ...], view: View) -> None:
        self.layers = layers
        self.overwritten = tuple(view.overwritten)
        self._view = view
        self._made: dict[str, Entry] = {}
        """Entries that were requested by path."""

    @functools.cached_property
    def _paths(self) -> list[str]:
        return sorted(self._view.numbers)

    @functools.cached_property
    def linked(self) -> frozenset[tuple[int, int]]:
        """The inodes, by layer and data, that have several names in their layer."""
        return frozenset().union(*(table.linked for table in self._view.tables))

    @functools.cached_property
    def _names(self) -> dict[tuple[int, int], tuple[str, ...]]:
        """The names of each inode that has several."""
        names: dict[tuple[int, int], list[str]] = {inode: [] for inode in self.linked}
        if names:
            for entry in self.entries():
                if (entry.layer, entry.data) in names and entry.kind is not Kind.DIR:
                    names[entry.layer, entry.data].append(entry.path)
        return {inode: tuple(paths) for inode, paths in names.items()}

    @classmethod
    def of_tars(cls, tars: Iterable[BinaryIO]) -> "FileIndex":
        """The files of an image whose uncompressed layers these are, lowest first."""
        return cls.of([read_layer(tar, number) for number, tar in enumerate(tars)])

    @classmethod
    def of(cls, layers: Sequence[LayerFiles]) -> "FileIndex":
        """Apply the layers, lowest first.

        A folder without its own entry, and the root, get an implied entry: mode 0755, owned by 0:0,
        `start == end == 0`.
        """
        overlay = Overlay()
        for layer in layers:
            overlay.apply(layer)
        return cls(tuple(layers), overlay)

    def under(self, layer: LayerFiles) -> "FileIndex":
        """The files with one more layer on top."""
        overlay = Overlay.copied(self._view)
        overlay.apply(layer)
        return FileIndex((*self.layers, layer), overlay)

    def __contains__(self, path: object) -> bool:
        return path in self._view.numbers

    def __getitem__(self, path: str) -> Entry:
        entry = self._made.get(path)
        if entry is None:
            entry = self._made[path] = self._view.entry(path)
        return entry

    def get(self, path: str) -> Entry | None:
        return self[path] if path in self._view.numbers else None

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def entries(self) -> Iterator[Entry]:
        """All entries, sorted by path. They are not stored."""
        return map(self._view.entry, self._paths)

    def entry(self, path: str) -> Entry:
        """Like `index[path]`, for entries that are used once. It is not stored."""
        return self._view.entry(path)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Each file with its bytes, sorted by path. A file with several names has its first one."""
        return self._view.sizes(self._paths, self.linked)

    def __len__(self) -> int:
        return len(self._paths)

    def children(self, path: str) -> tuple[str, ...]:
        """The paths directly in a folder, sorted. None for anything else."""
        return tuple(sorted(self._view.in_folder(path)))

    def descendants(self, path: str) -> Iterator[str]:
        """All paths below `path`. Each folder comes before its content."""
        todo = [*self.children(path)][::-1]
        while todo:
            child = todo.pop()
            yield child
            todo += self.children(child)[::-1]

    def names(self, path: str) -> tuple[str, ...]:
        """All names of the inode of `path`, including `path`, sorted."""
        entry = self[path]
        return self._names.get((entry.layer, entry.data), (path,))

    def resolve(self, path: str, *, follow_last: bool = True) -> Resolved:
        """Follow symbolic links as the kernel does, starting at the image's root."""
        view = self._view
        if path in view.numbers and not view.is_link(path):
            return Resolved(path)
        if path not in view.numbers and self._is_in_real_folder(path):
            return Resolved(None, (), "missing")
        todo = path.split("/")[::-1]
        here = "/"
        links: list[str] = []
        left: dict[str, None] = {}
        while todo:
            name = todo.pop()
            if here not in view.children:
                return Resolved(None, tuple(links), "not a directory")
            if name in ("", "."):
                continue
            if name == "..":
                if here != "/":
                    left[here] = None
                here = here.rpartition("/")[0] or "/"
                continue
            step = f"/{name}" if here == "/" else f"{here}/{name}"
            if step not in view.numbers:
                return Resolved(None, tuple(links), "missing")
            if (todo or follow_last) and view.is_link(step):
                entry = self[step]
                links.append(step)
                if len(links) > _LINK_LIMIT:
                    return Resolved(None, tuple(links), "loop")
                todo += entry.target.split("/")[::-1]
                here = "/" if entry.target.startswith("/") else here
            else:
                here = step
        return Resolved(here, tuple(links), left=tuple(left))

    def _is_in_real_folder(self, path: str) -> bool:
        """Whether a path is directly in a folder of the index, which no link is on the way to."""
        folder, _, name = path.rpartition("/")
        folder = folder or "/" * path.startswith("/")
        view = self._view
        real = folder in view.numbers and folder in view.children and not view.is_link(folder)
        return real and name not in ("", ".", "..")

    def real(self, path: str) -> str:
        """Where a path leads, also one that the image does not have, and through links that lead
        to nothing in the image: `/var/log/x` → `/dev/stdout`."""
        rest, followed = "", 0
        while (found := self.resolve(path).path) is None:
            link = self.get(self.resolve(path, follow_last=False).path or "")
            if link is not None and link.kind is Kind.SYMLINK and followed < _LINK_LIMIT:
                path = posixpath.join(posixpath.dirname(link.path), link.target)
                followed += 1
                continue
            path, name = posixpath.split(path)
            rest = f"{name}/{rest}" if rest else name
        return posixpath.normpath(posixpath.join(found, rest)) if rest else found


def ancestors(path: str) -> Iterator[str]:
    """The folders on the way to a path, up to the root."""
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        yield path


class LayerContents:
    """Reads contents from the layer tars from which the index was made."""

    def __init__(self, index: FileIndex, layers: Sequence[BinaryIO]) -> None:
        self._index = index
        self._layers = layers
        self._place = functools.lru_cache(_PLACES)(self._find)

    def expect(self, paths: Iterable[str]) -> None:
        """Nothing to prepare: the tars are on this machine."""

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        layer, start, length = self._place(path)
        left = max(0, length - offset)
        tar = self._layers[layer]
        tar.seek(start + offset)
        return tar.read(left if size < 0 else min(size, left))

    def _find(self, path: str) -> tuple[int, int, int]:
        """The layer of a file, where its bytes begin there, and how many there are."""
        entry = self._index.entry(path) if path in self._index else None
        if entry is None or entry.kind is not Kind.FILE:
            raise UsageError(f"{path} is not a file of the image")
        return entry.layer, entry.data, entry.size
