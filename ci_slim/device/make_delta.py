"""Makes the delta from an old image to a new one, and proves it by applying it."""

import hashlib
import io
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ci_slim.device.artifact import LayerDelta, artifact_manifest, layout_documents
from ci_slim.device.layer_delta import Format, write_layer_delta
from ci_slim.device.old_image import OldImage
from ci_slim.device.tar_diff import MEDIA_TYPE, apply
from ci_slim.errors import UsageError
from ci_slim.image.files import FileIndex, LayerContents
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer
from ci_slim.image.layout import blob_name
from ci_slim.image.sizes import ImageSizes
from ci_slim.platforms import Platform

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class OpenImage:
    """An image with the tars of its layers, uncompressed and seekable, lowest first."""

    reference: str
    image: Image
    tars: tuple[BinaryIO, ...]
    sizes: ImageSizes
    """Estimated if the image has no compressed blobs."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A delta that was made and applied. `folder` is its OCI layout.

    `delta_bytes` is what a device downloads with it: the artifact's manifest and blobs.
    `update_bytes` is what it downloads without it: the new manifest, config, and the layers that
    the old image does not have. `update_exact` is False if these were estimated.
    """

    platform: Platform
    source: str
    target: str
    folder: str
    delta_bytes: int
    update_bytes: int | None
    update_exact: bool
    layers: int
    """The layers of the new image that the old image does not have."""

    def at(self, folder: str) -> "Delta":
        """The same delta, with its layout moved to `folder`."""
        return replace(self, folder=folder)


def make_delta(old: OpenImage, new: OpenImage, folder: Path, version: Format) -> Delta:
    """Write the delta as an OCI layout into `folder`, which must not exist yet.

    Each layer's delta is applied, and its digest compared with the new image's, before the next one
    is made. Raises UsageError if an image has no manifest, and OSError if the delta cannot be
    written.
    """
    for each in (old, new):
        if not each.image.raw_manifest:
            raise UsageError(
                "the image has no manifest, so a delta cannot name it",
                where=each.reference,
                hint="save it as an OCI layout or push it to a registry, and use that name",
            )
    known = {layer.diff_id for layer in old.image.layers}
    index = FileIndex.of_tars(old.tars)
    source = OldImage(index, LayerContents(index, old.tars))
    made: dict[str, LayerDelta] = {}
    for layer, tar in zip(new.image.layers, new.tars, strict=True):
        if layer.diff_id not in known and layer.diff_id not in made:
            made[layer.diff_id] = _layer(layer, tar, source, folder, version)
    layers = tuple(made.values())
    manifest = artifact_manifest(old.image, new.image, layers)
    for name, content in layout_documents(manifest, new.image):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    documents = len(manifest) + len(new.image.raw_manifest) + len(new.image.raw_config)
    return Delta(
        new.image.platform,
        old.image.digest,
        new.image.digest,
        str(folder),
        documents + sum(layer.size for layer in layers),
        plain_update(new.image, new.sizes, known),
        new.sizes.pull_exact,
        len(layers),
    )


def plain_update(new: Image, sizes: ImageSizes, known: Collection[str]) -> int | None:
    """What a device downloads without a delta, that has the layers with the `known` diff_ids: the
    manifest, the config and the other layers. None where a size is not known."""
    blobs = {layer.digest: layer.pull_bytes for layer in sizes.layers if layer.diff_id not in known}
    if any(size is None for size in blobs.values()):
        return None
    documents = len(new.raw_manifest) + len(new.raw_config)
    return documents + sum(size or 0 for size in blobs.values())


def _layer(layer: Layer, tar: BinaryIO, old: OldImage, folder: Path, version: Format) -> LayerDelta:
    blobs = folder / blob_name("sha256:x").rpartition("/")[0]
    blobs.mkdir(parents=True, exist_ok=True)
    path = blobs / "making"
    with path.open("w+b") as out:
        write_layer_delta(tar, old, out, version)
        unpacked = tar.seek(0, io.SEEK_END)
        made = LayerDelta(
            MEDIA_TYPE, _digest(out), out.seek(0, io.SEEK_END), layer.digest, unpacked
        )
        out.seek(0)
        if not _gives(out, old, layer.diff_id) or made.size >= layer.blob_bytes:
            made = _original(layer, out, unpacked)
    path.rename(blobs / made.digest.rpartition(":")[2])
    return made


def _gives(delta: BinaryIO, old: OldImage, diff_id: str) -> bool:
    """Whether the delta makes the layer with this digest."""
    algorithm, _, wanted = diff_id.partition(":")
    found = hashlib.new(algorithm)
    for piece in apply(delta, old.read, old.size):
        found.update(piece)
    return found.hexdigest() == wanted


def _original(layer: Layer, out: BinaryIO, unpacked: int) -> LayerDelta:
    """The layer's own blob, where a delta is not smaller."""
    out.seek(0)
    out.truncate()
    blob = layer.open()
    while piece := blob.read(_CHUNK):
        out.write(piece)
    media_type = layer.descriptor.media_type
    return LayerDelta(media_type, layer.digest, layer.blob_bytes, layer.digest, unpacked)


def _digest(file: BinaryIO) -> str:
    file.flush()
    file.seek(0)
    found = hashlib.sha256()
    while piece := file.read(_CHUNK):
        found.update(piece)
    return f"sha256:{found.hexdigest()}"
