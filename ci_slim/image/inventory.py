"""The content of an image as far as a report stores it: the largest packages, folders and files.
With it, the next run finds what grew without the old image. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from ci_slim.image.files import Contents, FileIndex
from ci_slim.image.space import by_package, inodes

FILES, GROUPS, CHANGES = 1000, 300, 30
"""The most files, packages and folders of an image that a report stores, and the most changes of a
kind."""
_DEPTH = 3
WRITTEN = -1
"""The layer number of files that are in no layer of the fat image, because ci-slim wrote them."""


@dataclass(frozen=True, slots=True)
class LayerFileSizes:
    """The bytes of files by path, in one layer. `layer` counts the fat image's layers from 0."""

    layer: int
    files: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Inventory:
    """The bytes of the largest packages, folders and files. `rest` is the bytes of the files that
    are not listed. A hard link counts under its first name."""

    packages: Mapping[str, int] = field(default_factory=dict)
    folders: Mapping[str, int] = field(default_factory=dict)
    layers: tuple[LayerFileSizes, ...] = ()
    rest: int = 0

    @property
    def files(self) -> dict[str, int]:
        """The bytes of each file, by path."""
        return {path: size for layer in self.layers for path, size in layer.files.items()}


@dataclass(frozen=True, slots=True)
class SizeChange:
    """The bytes of a package, folder or file before and after. None if it does not exist. `layer`
    is the layer of a file, or -1 if it is not known."""

    name: str
    before: int | None
    after: int | None
    layer: int = WRITTEN

    @property
    def growth(self) -> int:
        return (self.after or 0) - (self.before or 0)


@dataclass(frozen=True, slots=True)
class Growth:
    """The largest differences between two images, largest first."""

    packages: tuple[SizeChange, ...] = ()
    folders: tuple[SizeChange, ...] = ()
    files: tuple[SizeChange, ...] = ()


def inventory(
    index: FileIndex,
    contents: Contents,
    kept: Collection[str] | None = None,
    written: Mapping[str, int] | None = None,
    resized: Mapping[str, int] | None = None,
) -> Inventory:
    """The inventory of a fat image. With `kept`, of the slim image that has only these paths, and
    the files `written` (path → bytes), which replace some of them. Files that are `resized` have
    these bytes; packages are counted as in the fat image."""
    written, resized = written or {}, resized or {}
    paths = [
        p for p in (index if kept is None else sorted(kept)) if p in index and p not in written
    ]
    sizes: dict[str, tuple[int, int]] = {
        entry.path: (resized.get(entry.path, entry.size), entry.layer)
        for entry in inodes(index, (index[path] for path in paths))
    }
    sizes |= {path: (size, WRITTEN) for path, size in written.items()}
    packages = {
        share.name: share.bytes
        for share in by_package(index, contents, None if kept is None else sizes.keys())
    }
    folders: dict[str, int] = {}
    for path, (size, _) in sizes.items():
        name = folder(path)
        folders[name] = folders.get(name, 0) + size
    largest = dict(islice(_largest((path, size) for path, (size, _) in sizes.items()), FILES))
    layers: dict[int, dict[str, int]] = {}
    for path, size in largest.items():
        layers.setdefault(sizes[path][1], {})[path] = size
    return Inventory(
        dict(islice(_largest(packages.items()), GROUPS)),
        dict(islice(_largest(folders.items()), GROUPS)),
        tuple(LayerFileSizes(number, layers[number]) for number in sorted(layers)),
        sum(size for size, _ in sizes.values()) - sum(largest.values()),
    )


def folder(path: str) -> str:
    """The folder for which a file counts: its own, or the ancestor at the third level."""
    return "/" + "/".join(path.split("/")[1:-1][:_DEPTH])


def growth(before: Inventory, after: Inventory) -> Growth:
    """The differences between two images."""
    new = after.files
    layer = {path: each.layer for each in after.layers for path in each.files}
    files = (
        SizeChange(each.name, each.before, each.after, layer.get(each.name, WRITTEN))
        for each in _listed(before.files, new, FILES)
    )
    return Growth(
        _listed(before.packages, after.packages, GROUPS),
        _listed(before.folders, after.folders, GROUPS),
        tuple(files),
    )


def changes(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[SizeChange, ...]:
    """The differences, largest first."""
    found = (
        SizeChange(name, before.get(name), after.get(name)) for name in before.keys() | after.keys()
    )
    # An empty file that was added or removed is a difference of 0 bytes. It comes last.
    differing = [change for change in found if change.before != change.after]
    return tuple(sorted(differing, key=lambda change: (-abs(change.growth), change.name)))


def _listed(
    before: Mapping[str, int], after: Mapping[str, int], most: int
) -> tuple[SizeChange, ...]:
    """The largest changes. A list may be cut, so an item that is missing in it may exist with at
    most the bytes of the smallest item. A difference that is not larger than this is left out."""
    unsure = max((_smallest(sizes) for sizes in (before, after) if len(sizes) >= most), default=-1)
    found = (
        each
        for each in changes(before, after)
        if None not in (each.before, each.after) or abs(each.growth) > unsure
    )
    return tuple(islice(found, CHANGES))


def _smallest(sizes: Mapping[str, int]) -> int:
    return min(sizes.values(), default=0)


def _largest(sizes: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    return iter(sorted(sizes, key=lambda item: (-item[1], item[0])))
