"""The difference between two images: by layer, package, folder and file, and what an update
fetches. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ci_slim.image.inventory import SizeChange, changes
from ci_slim.image.sizes import LayerSize
from ci_slim.image.space import Share
from ci_slim.measure.measured import Measured, Update, update
from ci_slim.platforms import same


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer in both images. `changed` means that the same instruction made it again."""

    how: Literal["same", "changed", "added", "removed"]
    before: LayerSize | None
    after: LayerSize | None

    @property
    def layer(self) -> LayerSize:
        """The layer in the newer image, or in the older one if only that has it."""
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Diff:
    """The difference between two images of one platform. Packages, folders and files are those
    whose bytes differ, largest difference first; None if layers were not read."""

    before: Measured
    after: Measured
    update: Update
    layers: tuple[LayerChange, ...]
    packages: tuple[SizeChange, ...] | None
    folders: tuple[SizeChange, ...] | None
    files: tuple[SizeChange, ...] | None

    @property
    def base_changed(self) -> bool:
        """Whether the base image is another one. False if that is unknown: without a history, or
        for a slim image, whose layers may only have other files of the same base image."""
        if self.before.slimmed or self.after.slimmed:
            return False
        old, new = (
            [layer.diff_id for layer in image.sizes.layers if layer.base]
            for image in (self.before, self.after)
        )
        return bool(old and new) and old != new


def pairs(
    before: Sequence[Measured], after: Sequence[Measured]
) -> tuple[tuple[Measured, Measured], ...]:
    """The images of the same platform, in the order of `after`."""
    found = (
        (next((old for old in before if same(old.platform, new.platform)), None), new)
        for new in after
    )
    return tuple((old, new) for old, new in found if old is not None)


def diff(before: Measured, after: Measured) -> Diff:
    """Compare two images of one platform."""
    old, new = before.inside, after.inside
    packages = folders = files = None
    if old is not None and new is not None:
        packages = changes(_bytes(old.packages), _bytes(new.packages))
        folders = changes(_bytes(old.folders), _bytes(new.folders))
        files = _changed_files(old.paths, new.paths)
    layers = tuple(_layers(before.sizes.layers, after.sizes.layers))
    return Diff(before, after, update(before, after), layers, packages, folders, files)


def _layers(before: Sequence[LayerSize], after: Sequence[LayerSize]) -> Iterator[LayerChange]:
    """The layers in the order of the newer image; removed layers are last. Layers are matched by
    content, and the others by the instruction that made them."""
    left = list(before)
    equal: dict[int, LayerSize] = {}
    for number, layer in enumerate(after):
        found = _take(left, (old for old in left if old.diff_id == layer.diff_id))
        if found is not None:
            equal[number] = found
    for number, layer in enumerate(after):
        if number in equal:
            yield LayerChange("same", equal[number], layer)
            continue
        made = layer.created_by
        found = _take(left, (old for old in left if made and old.created_by == made))
        yield LayerChange("added" if found is None else "changed", found, layer)
    for old in left:
        yield LayerChange("removed", old, None)


def _take(left: list[LayerSize], found: Iterator[LayerSize]) -> LayerSize | None:
    first = next(found, None)
    if first is not None:
        left.remove(first)
    return first


def _bytes(shares: Iterable[Share]) -> dict[str, int]:
    return {share.name: share.bytes for share in shares}


def _changed_files(
    before: Iterable[tuple[str, int]], after: Iterable[tuple[str, int]]
) -> tuple[SizeChange, ...]:
    """Like `changes`, for files that are sorted by path and too many to keep in memory."""
    differing = [change for change in _merged(before, after) if change.before != change.after]
    return tuple(sorted(differing, key=lambda change: (-abs(change.growth), change.name)))


def _merged(
    before: Iterable[tuple[str, int]], after: Iterable[tuple[str, int]]
) -> Iterator[SizeChange]:
    """The items that are on one or both sides. Both sides are sorted by name."""
    left, right = iter(before), iter(after)
    old, new = next(left, None), next(right, None)
    while old or new:
        if new is None or (old is not None and old[0] < new[0]):
            assert old is not None
            yield SizeChange(old[0], old[1], None)
            old = next(left, None)
        elif old is None or new[0] < old[0]:
            yield SizeChange(new[0], None, new[1])
            new = next(right, None)
        else:
            yield SizeChange(old[0], old[1], new[1])
            old, new = next(left, None), next(right, None)
