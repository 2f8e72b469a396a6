"""What the images of one device would need together if all stood on the same base image. Pure.

Nothing is built: the layers of the other base take the place of those of the own one, and the
layers above stay as they are. So it holds as far as the other base has what the image needs of its
own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ci_slim.image.sizes import LayerSize, total
from ci_slim.measure.measured import Measured, chain_ids


@dataclass(frozen=True, slots=True)
class OnBase:
    """All images on one base. Sizes are None if one is not known. `moved` are images that stand on
    another given base now; `apart` stand on none of them, and are counted as they are."""

    base: str
    pull: int | None
    disk: int | None
    moved: tuple[str, ...]
    apart: tuple[str, ...]


def on_bases(images: Sequence[Measured], bases: Sequence[Measured]) -> tuple[OnBase, ...]:
    """The images on each of the bases, the smallest union on disk first."""
    found = [_on(base, images, bases) for base in bases]
    return tuple(sorted(found, key=lambda each: (each.disk is None, each.disk or 0, each.base)))


def _on(base: Measured, images: Sequence[Measured], bases: Sequence[Measured]) -> OnBase:
    moved, apart = [], []
    stacks: list[tuple[LayerSize, ...]] = []
    for image in images:
        own = _base_of(image, bases)
        if own is None:
            apart.append(image.reference)
            stacks.append(image.sizes.layers)
            continue
        if own.sizes.digest != base.sizes.digest:
            moved.append(image.reference)
        above = image.sizes.layers[len(own.sizes.layers) :]
        stacks.append((*base.sizes.layers, *above))
    disk = {
        chain: layer.disk_bytes
        for stack in stacks
        for chain, layer in zip(chain_ids(stack), stack, strict=True)
    }
    pull = {layer.diff_id: layer.pull_bytes for stack in stacks for layer in stack}
    configs = [image.sizes.config_bytes for image in images]
    return OnBase(
        base.reference,
        total([*pull.values(), *configs]),
        total(disk.values()),
        tuple(moved),
        tuple(apart),
    )


def _base_of(image: Measured, bases: Sequence[Measured]) -> Measured | None:
    """The base whose layers are the lowest ones of the image; of several, that with most layers."""
    own = [layer.diff_id for layer in image.sizes.layers]
    fitting = [base for base in bases if _ids(base) == own[: len(_ids(base))] and _ids(base)]
    return max(fitting, key=lambda base: len(_ids(base)), default=None)


def _ids(image: Measured) -> list[str]:
    return [layer.diff_id for layer in image.sizes.layers]
