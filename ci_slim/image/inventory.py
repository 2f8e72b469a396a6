"""What an image holds, as far as a report keeps it: the largest packages, folders and files, so
that the next run tells what grew without the old image. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from ci_slim.image.files import Contents, FileIndex
from ci_slim.image.sizes import by_package, inodes

FILES, GROUPS, CHANGES = 1000, 300, 30
"""Files of an image that a report keeps, and packages and folders each; changes of a kind."""
_DEPTH = 3
WRITTEN = -1
"""The layer of files that are in none of the fat image's: ci-slim wrote them."""


@dataclass(frozen=True, slots=True)
class LayerFiles:
    """Bytes of files by path, of one layer; `layer` counts the fat image's from 0."""

    layer: int
    files: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Inventory:
    """Bytes by package, by folder and by file, the largest of each; `rest` is the bytes of the
    files that are not listed. A hard link counts under its first name."""

    packages: Mapping[str, int] = field(default_factory=dict)
    folders: Mapping[str, int] = field(default_factory=dict)
    layers: tuple[LayerFiles, ...] = ()
    rest: int = 0

    @property
    def files(self) -> dict[str, int]:
        """Bytes by path."""
        return {path: size for layer in self.layers for path, size in layer.files.items()}


@dataclass(frozen=True, slots=True)
class SizeChange:
    """Bytes of a package, folder or file before and after; None where it is not there. `layer` is
    a file's, and -1 where that is not known."""

    name: str
    before: int | None
    after: int | None
    layer: int = WRITTEN

    @property
    def growth(self) -> int:
        return (self.after or 0) - (self.before or 0)


@dataclass(frozen=True, slots=True)
class Growth:
    """What differs most between two images, largest difference first."""

    packages: tuple[SizeChange, ...] = ()
    folders: tuple[SizeChange, ...] = ()
    files: tuple[SizeChange, ...] = ()


def inventory(
    index: FileIndex,
    contents: Contents,
    kept: Collection[str] | None = None,
    written: Mapping[str, int] | None = None,
) -> Inventory:
    """Of a fat image; with `kept`, of the slim image that holds only these paths of it, and the
    files `written`, path → bytes, that replace some of them."""
    written = written or {}
    paths = [
        p for p in (index if kept is None else sorted(kept)) if p in index and p not in written
    ]
    sizes: dict[str, tuple[int, int]] = {
        entry.path: (entry.size, entry.layer)
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
        tuple(LayerFiles(number, layers[number]) for number in sorted(layers)),
        sum(size for size, _ in sizes.values()) - sum(largest.values()),
    )


def folder(path: str) -> str:
    """The folder that a file counts for: its own, or that of its ancestors which is the third."""
    return "/" + "/".join(path.split("/")[1:-1][:_DEPTH])


def growth(before: Inventory, after: Inventory) -> Growth:
    """What differs from one image to the other."""
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
    """What differs, largest difference first."""
    found = (
        SizeChange(name, before.get(name), after.get(name)) for name in before.keys() | after.keys()
    )
    # An empty file that came or went differs too, by nothing: it stands last.
    differing = [change for change in found if change.before != change.after]
    return tuple(sorted(differing, key=lambda change: (-abs(change.growth), change.name)))


def _listed(
    before: Mapping[str, int], after: Mapping[str, int], most: int
) -> tuple[SizeChange, ...]:
    """The largest changes. What is missing in a list that was cut may be there all the same, with
    at most the bytes of its smallest: a difference that is no larger says nothing."""
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
