"""Makes the delta from an earlier release in a registry to an image on this machine."""

import io
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ci_slim.device.make_delta import Delta, OpenImage, make_delta
from ci_slim.device.releases import Release, Releases
from ci_slim.engine.remote import download
from ci_slim.errors import CiSlimError, Interrupted
from ci_slim.image import estimate
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer
from ci_slim.image.sizes import sizes
from ci_slim.image.unpacking import LIMITS, Limits
from ci_slim.measure.open import uncompressed
from ci_slim.units import size


@dataclass(frozen=True, slots=True)
class FromRelease:
    """The result for one release: the delta, or `why` there is none.

    The sizes are bytes on disk, or None if the release could not be read: of the layers that the
    new image does not share with it, of the release, and of its layers that are not shared.
    """

    delta: Delta | None
    why: str = ""
    new_disk: int | None = None
    old_disk: int | None = None
    old_only_disk: int | None = None


def delta_from(
    releases: Releases, release: Release, new: Image, folder: Path, limits: Limits = LIMITS
) -> FromRelease:
    """Make and verify the delta as an OCI layout at `folder`/layout. `folder` must not exist yet.
    If the release cannot be read, or the delta is larger than a pull, the result has the reason."""
    folder.mkdir()
    try:
        with ExitStack() as stack:
            old = download(releases.registry, releases.name, release.image, folder)
            before = open_image(old, release.name, folder, stack, limits)
            after = open_image(new, str(releases.name), folder, stack, limits)
            made = make_delta(before, after, folder / "layout", 2)
            disk = _disk(before, after)
    except Interrupted:
        raise
    except CiSlimError as error:
        return FromRelease(None, str(error))
    if made.update_bytes is not None and made.delta_bytes >= made.update_bytes:
        why = f"a plain pull is not larger ({size(made.update_bytes)})"
        return FromRelease(None, why, *disk)
    return FromRelease(made, "", *disk)


def open_image(
    image: Image, name: str, scratch: Path, stack: ExitStack, limits: Limits = LIMITS
) -> OpenImage:
    """An image that has its blobs, with its layers uncompressed into files that are removed when
    the stack is closed."""
    tars = tuple(
        stack.enter_context(uncompressed(layer, scratch, name, limits)) for layer in image.layers
    )
    return OpenImage(name, image, tars, sizes(image, name, estimated=_estimated))


def _estimated(layer: Layer) -> int:
    return estimate.compressed(layer.open(), layer.blob_bytes)


def _disk(old: OpenImage, new: OpenImage) -> tuple[int, int, int]:
    before, after = _tars(old), _tars(new)
    return (
        sum(length for key, length in after.items() if key not in before),
        sum(before.values()),
        sum(length for key, length in before.items() if key not in after),
    )


def _tars(image: OpenImage) -> dict[str, int]:
    """The bytes of each layer's tar, by diff_id. A layer that an image has twice is stored once."""
    return {
        layer.diff_id: tar.seek(0, io.SEEK_END)
        for layer, tar in zip(image.image.layers, image.tars, strict=True)
    }
