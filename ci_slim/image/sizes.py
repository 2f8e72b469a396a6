"""The sizes of an image: bytes to pull, bytes on disk, bytes to fetch for an update.

Pull is the config and the compressed layer blobs. The manifest, some hundred bytes, is not counted.
Disk is the sum of the uncompressed layer tars. An unknown size is None and never 0. The daemon's
own `Size` is never used, because it has three different meanings across Docker versions.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ci_slim.image.image import Image
from ci_slim.image.layer import Layer


@dataclass(frozen=True, slots=True)
class LayerSize:
    """One layer, in bytes. None means unknown. `digest` is the blob's, as the image names it."""

    digest: str
    pull_bytes: int | None
    disk_bytes: int | None
    created_by: str
    diff_id: str = ""
    """The digest of the uncompressed tar. It identifies a layer, however it was compressed."""
    base: bool = False
    """Whether the layer belongs to the base image (see `ancestry`), or is what a slim image keeps
    of it."""


@dataclass(frozen=True, slots=True)
class ImageSizes:
    """One image, in bytes. None means unknown. Estimated sizes are not exact."""

    reference: str
    digest: str
    pull_bytes: int | None
    pull_exact: bool
    disk_bytes: int | None
    disk_exact: bool
    files: int | None
    layers: tuple[LayerSize, ...]
    config_digest: str = ""
    config_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Delivered:
    """The sizes of the fat image and of the slim image, if there is one. All paths are relative to
    the output folder: `layout` is the folder of the OCI layout, `seccomp` and `apparmor` are its
    profiles, `files` lists what happened to each file."""

    fat: ImageSizes
    slim: ImageSizes | None
    layout: str | None
    seccomp: str | None = None
    apparmor: str | None = None
    files: str | None = None
    image: Image | None = None
    """The image that is handed out, where its blobs are there."""


def heaviest_layer(of: ImageSizes | None) -> LayerSize | None:
    """The layer with the largest pull size, or with the largest disk size if pull sizes are not
    known."""
    layers = of.layers if of else ()
    return max(layers, key=lambda layer: layer.pull_bytes or layer.disk_bytes or 0, default=None)


def _unknown(_: Layer) -> int | None:
    return None


def sizes(
    image: Image,
    reference: str = "",
    *,
    files: int | None = None,
    estimated: Callable[[Layer], int | None] = _unknown,
    disk_exact: bool = True,
) -> ImageSizes:
    """The sizes of an image. `estimated` returns the compressed bytes of a layer without a
    compressed blob. `files` counts the files if the layers do not."""
    base = image.config.base_layers
    made = image.config.created_by
    layers = [
        LayerSize(
            layer.digest,
            layer.blob_bytes if _is_pulled(image, layer) else estimated(layer),
            layer.tar_bytes,
            made[number],
            layer.diff_id,
            number < base,
        )
        for number, layer in enumerate(image.layers)
    ]
    if files is None:
        files = total(layer.files for layer in image.layers)
    return image_sizes(
        reference,
        image.digest,
        len(image.raw_config),
        layers,
        files=files,
        pull_exact=image.pull_exact,
        disk_exact=disk_exact,
        config_digest=image.config_digest,
    )


def _is_pulled(image: Image, layer: Layer) -> bool:
    """Whether a device pulls exactly this blob."""
    return image.from_registry or layer.compression != "none"


def total(counted: Iterable[int | None]) -> int | None:
    """The sum, or None if one of them is unknown."""
    known = [*counted]
    return None if None in known else sum(number for number in known if number is not None)


def image_sizes(
    reference: str,
    digest: str,
    config_bytes: int,
    layers: Sequence[LayerSize],
    *,
    files: int | None,
    pull_exact: bool = True,
    disk_exact: bool = True,
    config_digest: str = "",
) -> ImageSizes:
    """Add up the layers. A blob that an image has twice is pulled once and unpacked twice."""
    blobs = total({layer.digest: layer.pull_bytes for layer in layers}.values())
    return ImageSizes(
        reference=reference,
        digest=digest,
        pull_bytes=None if blobs is None else config_bytes + blobs,
        pull_exact=pull_exact,
        disk_bytes=total(layer.disk_bytes for layer in layers),
        disk_exact=disk_exact,
        files=files,
        layers=tuple(layers),
        config_digest=config_digest,
        config_bytes=config_bytes,
    )


def update_bytes(new: Iterable[tuple[str, int | None]], baseline: Collection[str]) -> int | None:
    """The bytes that a device with the blobs `baseline` fetches: those blobs (digest, size) of the
    new image, with its config, that it does not have. None if a size is unknown."""
    return total({digest: size for digest, size in new if digest not in baseline}.values())
