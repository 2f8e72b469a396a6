"""What the images that one device runs share: layers, and files that are equal in layers that are
not. Pure.

Its JSON is `ci-slim/fleet/v1`, described in `report/fleet-v1.schema.json`. Sizes are bytes; None
means unknown, and is never zero.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ci_slim.image.sizes import ImageSizes, total, update_bytes
from ci_slim.measure.fleet_bases import OnBase, on_bases
from ci_slim.measure.measured import Measured, SharedSizes, chain_ids, together
from ci_slim.platforms import Platform


class StoredFile(NamedTuple):
    """The content of a file of an image. `place` names where a device stores it: equal layers on
    equal layers are stored once. `name` is all that tar says about it except its content."""

    place: tuple[str, int]
    content: bytes
    size: int
    name: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class FleetImage:
    """One image of a device, with its files."""

    measured: Measured
    files: tuple[StoredFile, ...]


@dataclass(frozen=True, slots=True)
class Alone:
    """One image: its sizes, and the bytes of the layers that no other image of the device has."""

    sizes: ImageSizes
    pull_alone: int | None
    disk_alone: int | None


@dataclass(frozen=True, slots=True)
class Copies:
    """Files that images store more often than one image needs: the bytes of the copies, and how
    many copies."""

    bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class FleetUpdate:
    """What a device with the images `before` downloads to get all new images. `apart` is the sum of
    what each image needs, `together` counts each blob once."""

    before: tuple[str, ...]
    apart: int | None
    together: int | None
    exact: bool


@dataclass(frozen=True, slots=True)
class Fleet:
    """The images of one platform. `shared` is None if a size is not known, or for one image.
    `equal` are files with the same content in layers that are not shared, `same` those of them with
    the same path, owner, mode and time as well."""

    platform: Platform
    images: tuple[Alone, ...]
    shared: SharedSizes | None
    pull_apart: int | None
    pull_together: int | None
    equal: Copies
    same: Copies
    update: FleetUpdate | None
    bases: tuple[OnBase, ...]
    """The images on each base that was given, the smallest union first."""


def fleets(
    images: Sequence[FleetImage], before: Sequence[Measured], bases: Sequence[Measured] = ()
) -> tuple[Fleet, ...]:
    """The fleet of each platform. `before` are the images that a device has now, `bases` the base
    images that its images may stand on."""
    platforms = dict.fromkeys(image.measured.platform for image in images)
    return tuple(
        _fleet(
            platform,
            [image for image in images if image.measured.platform == platform],
            [image for image in before if image.platform == platform],
            [image for image in bases if image.platform == platform],
        )
        for platform in platforms
    )


def _fleet(
    platform: Platform,
    images: Sequence[FleetImage],
    before: Sequence[Measured],
    bases: Sequence[Measured],
) -> Fleet:
    measured = [image.measured for image in images]
    pull = [_blobs(image) for image in measured]
    shared = together(measured)
    return Fleet(
        platform,
        tuple(_alone(image, measured) for image in measured),
        shared[0] if shared else None,
        total(update_bytes(blobs, ()) for blobs in pull),
        update_bytes([blob for blobs in pull for blob in blobs], ()),
        _copies(images, named=False),
        _copies(images, named=True),
        _update(measured, before) if before else None,
        on_bases(measured, bases),
    )


def _alone(image: Measured, images: Sequence[Measured]) -> Alone:
    others = [other for other in images if other is not image]
    blobs = {name for other in others for name, _ in _blobs(other)}
    chains = {chain for other in others for chain in chain_ids(other.sizes.layers)}
    own = [
        layer.disk_bytes
        for layer, chain in zip(image.sizes.layers, chain_ids(image.sizes.layers), strict=True)
        if chain not in chains
    ]
    return Alone(image.sizes, update_bytes(_blobs(image), blobs), total(own))


def _blobs(image: Measured) -> list[tuple[str, int | None]]:
    """The blobs that a device pulls. A layer is named by its content, since a layer that was never
    in a registry has no other name."""
    layers = [(layer.diff_id, layer.pull_bytes) for layer in image.sizes.layers]
    return [(image.sizes.config_digest, image.sizes.config_bytes), *layers]


def _update(images: Sequence[Measured], before: Sequence[Measured]) -> FleetUpdate:
    held = {name for image in before for name, _ in _blobs(image)}
    needed = [_blobs(image) for image in images]
    return FleetUpdate(
        tuple(image.reference for image in before),
        total(update_bytes(blobs, held) for blobs in needed),
        update_bytes([blob for blobs in needed for blob in blobs], held),
        all(image.sizes.pull_exact for image in images),
    )


def _copies(images: Sequence[FleetImage], *, named: bool) -> Copies:
    """The copies that could be saved. An image that has a file twice needs it twice."""
    places: dict[object, list[set[tuple[str, int]]]] = defaultdict(list)
    sizes: dict[object, int] = {}
    for image in images:
        own: dict[object, set[tuple[str, int]]] = defaultdict(set)
        for file in image.files:
            key = (file.content, file.name if named else ())
            own[key].add(file.place)
            sizes[key] = file.size
        for content, found in own.items():
            places[content].append(found)
    copies = total = 0
    for content, each in places.items():
        extra = len(set().union(*each)) - max(map(len, each))
        copies += extra
        total += extra * sizes[content]
    return Copies(total, copies)
