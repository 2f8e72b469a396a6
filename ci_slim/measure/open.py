"""Open and read images for `ci-slim measure` and `ci-slim diff`, wherever they are stored."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ci_slim.cleanup import Cleanup
from ci_slim.engine import transports
from ci_slim.engine.background import BackgroundTask
from ci_slim.engine.opener import ImageOpener
from ci_slim.engine.transports import Reference
from ci_slim.errors import UsageError
from ci_slim.image import estimate
from ci_slim.image.digests import unpack, verify
from ci_slim.image.duplicates import duplicates
from ci_slim.image.files import FileIndex, LayerContents
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer
from ci_slim.image.sizes import sizes
from ci_slim.image.space import by_directory, by_package, waste
from ci_slim.image.unpacking import LIMITS, Limits
from ci_slim.measure.diff import Diff, diff, pairs
from ci_slim.measure.measured import LayerDetails, Measured
from ci_slim.measure.spool import SpooledSizes
from ci_slim.platforms import parse


def measure(
    images: Sequence[str],
    platform: str | None,
    environment: Mapping[str, str],
    scratch: Path,
    held: Cleanup,
    *,
    read: bool = False,
    limits: Limits = LIMITS,
) -> tuple[Measured, ...]:
    """Measure the images, in their order.

    With `platform`, only this platform of each image is measured, else all. For `docker://` images
    only manifests and configs are fetched. With `read`, their layers are fetched and read too.
    `scratch` is for temporary files; `held` closes the client of the daemon.
    """
    references = [transports.parse(text) for text in images]
    wanted = parse(platform) if platform else None
    with ExitStack() as stack:
        opener = ImageOpener(environment, scratch, wanted, stack, held, read, limits)
        return tuple(one for each in references for one in _measured(opener, each))


def compare(
    before: str,
    after: str,
    platform: str | None,
    environment: Mapping[str, str],
    scratch: Path,
    held: Cleanup,
    *,
    read: bool = False,
    limits: Limits = LIMITS,
) -> tuple[Diff, ...]:
    """Compare two images on each platform that both have. The arguments are those of `measure`.
    Raises UsageError if they have no platform in common."""
    references = [transports.parse(text) for text in (before, after)]
    wanted = parse(platform) if platform else None
    with ExitStack() as stack:
        opener = ImageOpener(environment, scratch, wanted, stack, held, read, limits)
        old, new = (tuple(_measured(opener, each, paths=True)) for each in references)
    found = pairs(old, new)
    if not found:
        there = ", ".join(dict.fromkeys(str(one.platform) for one in old))
        raise UsageError(
            f"the images have no platform in common: {before} is for {there}",
            where=after,
            hint=f"it is for {', '.join(dict.fromkeys(str(one.platform) for one in new))}",
        )
    return tuple(diff(*pair) for pair in found)


def _measured(
    opener: ImageOpener, reference: Reference, *, paths: bool = False
) -> Iterator[Measured]:
    """Measure every wanted image of the reference."""
    for name, image in opener.images(reference):
        if reference.transport == "docker" and not opener.blobs:
            yield Measured(image.platform, sizes(image, name), None, image.config.slimmed)
        else:
            yield measured(name, image, opener.scratch, paths=paths, limits=opener.limits)


def measured(
    reference: str,
    image: Image,
    scratch: Path,
    *,
    paths: bool = False,
    limits: Limits = LIMITS,
) -> Measured:
    """Read an image completely, see `read`. With `paths`, the size of every file is kept, and
    duplicates are not searched."""
    index, contents = read(reference, image, scratch, limits)
    return measured_files(reference, image, index, contents, scratch, paths=paths)


def read(
    reference: str, image: Image, scratch: Path, limits: Limits = LIMITS
) -> tuple[FileIndex, LayerContents]:
    """The files of an image. Compressed layers are unpacked into files in `scratch`; meanwhile the
    digests of the others are checked."""
    checking = BackgroundTask(lambda: _verify(image, reference), "verify")
    tars = [uncompressed(layer, scratch, reference, limits) for layer in image.layers]
    index = FileIndex.of_tars(tars)
    checking.result()
    return index, LayerContents(index, tars)


def measured_files(
    reference: str,
    image: Image,
    index: FileIndex,
    contents: LayerContents,
    scratch: Path,
    *,
    paths: bool = False,
) -> Measured:
    """An image whose files were read. See `measured`."""
    inside = zip(image.layers, index.layers, strict=True)
    layers = tuple(replace(layer, tar_bytes=files.size) for layer, files in inside)
    whole = replace(image, layers=layers)
    return Measured(
        image.platform,
        sizes(whole, reference, files=len(index), estimated=estimate.layer),
        LayerDetails(
            files=len(index),
            waste_bytes=waste(index),
            folders=by_directory(index),
            packages=by_package(index, contents),
            duplicates=() if paths else duplicates(index, contents),
            paths=SpooledSizes(scratch, index.sizes()) if paths else (),
        ),
        image.config.slimmed,
    )


def uncompressed(layer: Layer, scratch: Path, reference: str, limits: Limits = LIMITS) -> BinaryIO:
    """The layer, uncompressed and seekable. A compressed layer is unpacked into a file, which
    disappears when it is closed. Raises UsageError if the result does not match its digest, or
    exceeds the limits."""
    if layer.compression == "none":
        return layer.open()
    path = scratch / f"{layer.diff_id.replace(':', '-')}.tar"
    tar = path.open("w+b")
    path.unlink()
    unpack(layer, tar, reference, limits)
    tar.seek(0)
    return tar


def _verify(image: Image, reference: str) -> None:
    for layer in image.layers:
        if layer.compression == "none":
            verify(layer, reference)
