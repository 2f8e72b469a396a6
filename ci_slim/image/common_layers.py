"""Gives several images common layers for the files that they have in common.

A file is common to images that have it with the same path, content, owner, mode, time, extended
attributes and names. A layer is common to a set of images. Docker stores a layer once only if all
layers below it are the same, so the sets contain each other or have nothing in common, and the
layers of larger sets are lower.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ci_slim.image.ancestry import CREATED_BY
from ci_slim.image.blob import LayerBlob
from ci_slim.image.duplicates import digest
from ci_slim.image.entry import Entry, Kind
from ci_slim.image.files import FileIndex, LayerContents, ancestors
from ci_slim.image.image import Image, image_of
from ci_slim.image.layer import Layer
from ci_slim.image.regroup import VOLATILE, Part, carriers, write
from ci_slim.image.tar import SYMLINK, member_at, padded

LEAST = 100_000
"""A common layer must save at least this many bytes."""
Numbers = frozenset[int]
Identity = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """One image: its tars, its files, and what identifies each path that has a member."""

    image: Image
    tars: tuple[BinaryIO, ...]
    index: FileIndex
    identities: Mapping[str, Identity]

    @classmethod
    def of(cls, image: Image) -> "_Read":
        tars = tuple(layer.open() for layer in image.layers)
        index = FileIndex.of_tars(tars)
        entries = [entry for entry in index.entries() if entry.end]
        first = carriers(index, entries)
        hashes: dict[tuple[int, int], bytes] = {}
        found = {entry.path: _identity(index, entry, first, tars, hashes) for entry in entries}
        return cls(image, tars, index, found)


def with_common_layers(
    images: Sequence[Image], names: Sequence[str], sink: Callable[[], BinaryIO]
) -> tuple[Image, ...]:
    """The images with common layers. Their layers must be uncompressed. `names` are for the
    history. The other files stay in layers as before. Each new layer is written to a file that
    `sink` returns."""
    read = [_Read.of(image) for image in images]
    holders: dict[tuple[str, Identity], set[int]] = defaultdict(set)
    for number, each in enumerate(read):
        for path, identity in each.identities.items():
            holders[path, identity].add(number)
    chosen = _chosen(read, holders)
    written: dict[Numbers, Layer] = {}
    return tuple(
        _divided(number, each, holders, chosen, names, written, sink)
        for number, each in enumerate(read)
    )


def _identity(
    index: FileIndex,
    entry: Entry,
    first: Mapping[tuple[int, int], Entry],
    tars: Sequence[BinaryIO],
    hashes: dict[tuple[int, int], bytes],
) -> Identity:
    """Everything that is written about a path, and its content as a digest."""
    inode = (entry.layer, entry.data)
    member = member_at(tars[entry.layer], first.get(inode, entry).start)
    if entry.kind is Kind.FILE and inode not in hashes:
        hashes[inode] = digest(entry.path, entry.size, LayerContents(index, tars))
    left = {key: value for key, value in member.records.items() if key not in _NAMES | VOLATILE}
    link = member.link if member.type == SYMLINK else b""
    names = index.names(entry.path) if entry.kind is not Kind.DIR else ()
    numbers, owners = member.header[100:148], member.header[257:345]
    return (entry.kind, numbers, owners, frozenset(left.items()), link, hashes.get(inode), names)


_NAMES = frozenset({b"path", b"linkpath"})


def _chosen(
    read: Sequence[_Read], holders: Mapping[tuple[str, Identity], set[int]]
) -> list[Numbers]:
    """The sets of images that get a common layer, largest first."""
    sizes: dict[Numbers, int] = defaultdict(int)
    for (path, _), found in holders.items():
        if len(found) > 1:
            entry = read[min(found)].index[path]
            sizes[frozenset(found)] += 512 + (0 if entry.hardlink else padded(entry.size))

    def saved(numbers: Numbers) -> int:
        return (len(numbers) - 1) * sum(n for held, n in sizes.items() if numbers <= held)

    chosen: list[Numbers] = []
    for numbers in sorted(sizes, key=lambda each: (-saved(each), sorted(each))):
        fits = all(numbers <= each or each <= numbers or not numbers & each for each in chosen)
        own = sum(n for held, n in sizes.items() if _layer_of(held, [*chosen, numbers]) == numbers)
        if fits and (len(numbers) - 1) * own >= LEAST:
            chosen.append(numbers)
    return sorted(chosen, key=lambda each: (-len(each), sorted(each)))


def _layer_of(
    held: Numbers, chosen: Sequence[Numbers], number: int | None = None
) -> Numbers | None:
    """The largest chosen set, with this image in it, of which all images have a file."""
    fits = [each for each in chosen if each <= held and (number is None or number in each)]
    return max(fits, key=len, default=None)


def _divided(
    number: int,
    read: _Read,
    holders: Mapping[tuple[str, Identity], set[int]],
    chosen: Sequence[Numbers],
    names: Sequence[str],
    written: dict[Numbers, Layer],
    sink: Callable[[], BinaryIO],
) -> Image:
    """One image with its common layers below its own."""
    sets = [each for each in chosen if number in each]
    ranks: dict[str, int] = {}
    for path, identity in read.identities.items():
        common = _layer_of(frozenset(holders[path, identity]), sets, number)
        own = len(sets) + read.index[path].layer
        ranks[path] = own if common is None else sets.index(common)
    layers: list[tuple[Layer, int | None]] = []
    for rank in sorted(set(ranks.values())):
        if rank >= len(sets):
            layers.append((_written(read, ranks, rank, "", sink), rank - len(sets)))
            continue
        common = sets[rank]
        if common not in written:
            label = f"shared by {', '.join(names[each] for each in sorted(common))}"
            written[common] = _written(read, ranks, rank, label, sink)
        layers.append((written[common], None))
    return _image(read.image, layers)


def _written(
    read: _Read, ranks: Mapping[str, int], rank: int, label: str, sink: Callable[[], BinaryIO]
) -> Layer:
    blob = LayerBlob(None, sink, label)
    write(read.index, Part(_entries(read.index, ranks, rank)), read.tars, blob)
    return blob.close()


def _entries(index: FileIndex, ranks: Mapping[str, int], rank: int) -> dict[str, Entry | None]:
    own = [path for path, each in ranks.items() if each == rank]
    ways = {up for path in own for up in ancestors(path)} & ranks.keys()
    # A folder that a higher layer brings may be another one in each image.
    return {path: index[path] if ranks[path] <= rank else None for path in (*ways, *own)}


def _image(image: Image, layers: Sequence[tuple[Layer, int | None]]) -> Image:
    """The image with these layers. The history has the entries of the common layers first; an entry
    whose layer has no file left is empty."""
    left = {own for _, own in layers if own is not None}
    history: list[dict[str, object]] = [
        {"created_by": f"{CREATED_BY}: {layer.label}"} for layer, own in layers if own is None
    ]
    number = -1
    for entry in image.config.history:
        number += not entry.get("empty_layer")
        gone = not entry.get("empty_layer") and number not in left
        history.append({**entry, "empty_layer": True} if gone else dict(entry))
    new = [layer for layer, _ in layers]
    config = image.config.with_layers([layer.diff_id for layer in new], history)
    return image_of(config.to_bytes(), new, image.platform, image.tags)
