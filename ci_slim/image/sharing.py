"""The layers that several images on one device share."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SharedLayer:
    """A layer that several images have."""

    name: str
    bytes: int
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sharing:
    """What several images take on one device: `apart` if nothing were shared, `together` with each
    layer stored once. `layers` are those that more than one image has, largest first."""

    apart: int
    together: int
    layers: tuple[SharedLayer, ...]


def shared(images: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> Sharing:
    """What images share on one device. Takes the reference of each image, and its layers by name
    and bytes."""
    sizes: dict[str, int] = {}
    users: dict[str, list[str]] = defaultdict(list)
    for reference, layers in images:
        for name, size in dict(layers).items():
            sizes[name] = size
            users[name].append(reference)
    common = [
        SharedLayer(name, sizes[name], tuple(references))
        for name, references in users.items()
        if len(references) > 1
    ]
    common.sort(key=lambda layer: (-layer.bytes, layer.name))
    apart = sum(size for _, layers in images for _, size in layers)
    return Sharing(apart, sum(sizes.values()), tuple(common))
