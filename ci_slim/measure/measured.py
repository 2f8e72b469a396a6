"""The result of `ci-slim measure`: images, what they share on a device, and what updates fetch.

Its JSON is `ci-slim/measure/v1`, described in `report/measure-v1.schema.json`. Sizes are bytes;
None means unknown, and is never zero.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ci_slim import __version__
from ci_slim.image.sharing import SharedLayer, shared
from ci_slim.image.sizes import ImageSizes, LayerSize, update_bytes
from ci_slim.image.space import Share
from ci_slim.platforms import Platform

SCHEMA = "ci-slim/measure/v1"

_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class LayerDetails:
    """What is known only about layers that were read: files, bytes hidden by later layers, folders,
    packages and duplicate files, largest first."""

    files: int
    waste_bytes: int
    folders: tuple[Share, ...]
    packages: tuple[Share, ...]
    paths: Iterable[tuple[str, int]] = field(default=(), repr=False)
    """Each file with its bytes, sorted by path. A file with several names has its first one. Only
    `diff` needs this."""
    duplicates: tuple[Share, ...] = ()
    """For duplicate files: the first name, the bytes of all copies except one, and their number."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One platform of one image."""

    platform: Platform
    sizes: ImageSizes
    inside: LayerDetails | None
    slimmed: bool = False
    """Whether ci-slim made the image: it has only a part of its base image's layers."""

    @property
    def reference(self) -> str:
        return self.sizes.reference


@dataclass(frozen=True, slots=True)
class SharedSizes:
    """Bytes of several images on one device: without sharing, and with common layers counted once.
    They are `disk` bytes if all layers were read, else bytes to `pull`."""

    platform: Platform
    measure: Literal["disk", "pull"]
    references: tuple[str, ...]
    apart_bytes: int
    together_bytes: int
    layers: tuple[SharedLayer, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """Bytes that a device with the image `before` fetches to get `after`."""

    before: str
    after: str
    platform: Platform
    bytes: int | None
    exact: bool


def together(images: Sequence[Measured]) -> tuple[SharedSizes, ...]:
    """What images share on a device, for each platform that two or more of them have.

    On disk, a layer is shared only if all layers below it are the same, because overlay2 and
    containerd's snapshotters identify layers by chain id. A download is always shared.
    """
    return tuple(
        found
        for platform in dict.fromkeys(image.platform for image in images)
        if (found := _together(platform, [i for i in images if i.platform == platform]))
    )


def _together(platform: Platform, images: Sequence[Measured]) -> SharedSizes | None:
    if len(images) < 2:
        return None
    measure: Literal["disk", "pull"] = "disk"
    if any(image.sizes.disk_bytes is None for image in images):
        measure = "pull"
    stored, diff_ids = [], {}
    for image in images:
        layers = []
        for layer, chain in zip(image.sizes.layers, chain_ids(image.sizes.layers), strict=True):
            key = chain if measure == "disk" else layer.diff_id
            size = layer.disk_bytes if measure == "disk" else layer.pull_bytes
            if size is None:
                return None
            diff_ids[key] = layer.diff_id
            layers.append((key, size))
        stored.append((image.reference, layers))
    found = shared(stored)
    return SharedSizes(
        platform,
        measure,
        tuple(image.reference for image in images),
        found.apart,
        found.together,
        tuple(replace(layer, name=diff_ids[layer.name]) for layer in found.layers),
    )


def chain_ids(layers: Iterable[LayerSize]) -> Iterator[str]:
    """What names each layer on a device's disk, with all layers below it: OCI image specification,
    config.md, "Layer ChainID"."""
    chain = ""
    for layer in layers:
        text = f"{chain} {layer.diff_id}".encode()
        chain = f"sha256:{hashlib.sha256(text).hexdigest()}" if chain else layer.diff_id
        yield chain


def updates(images: Sequence[Measured], first: str) -> tuple[Update, ...]:
    """Updates from the image called `first` to each other image of the same platform."""
    before = {image.platform: image for image in images if image.reference == first}
    return tuple(
        update(before[after.platform], after)
        for after in images
        if after.reference != first and after.platform in before
    )


def update(before: Measured, after: Measured) -> Update:
    """What a device with the image `before` fetches to get `after`."""
    old, new = before.sizes, after.sizes
    exact = old.pull_exact and new.pull_exact
    if exact:
        held = {layer.digest for layer in old.layers}
        blobs = [(layer.digest, layer.pull_bytes) for layer in new.layers]
    else:  # a blob that was never in a registry has no digest
        held = {layer.diff_id for layer in old.layers}
        blobs = [(layer.diff_id, layer.pull_bytes) for layer in new.layers]
    config = (new.config_digest, new.config_bytes)
    size = update_bytes([config, *blobs], held | {old.config_digest})
    return Update(before.reference, after.reference, after.platform, size, exact)


def to_json(images: Sequence[Measured], first: str) -> str:
    """Indented ASCII text in the order of the schema, with a newline at the end."""
    value = {
        "schema": SCHEMA,
        "tool": {"name": "ci-slim", "version": __version__},
        "images": [_image(image) for image in images],
        "together": [
            {
                "platform": str(found.platform),
                "measure": found.measure,
                "references": [json_text(name) for name in found.references],
                "apart_bytes": found.apart_bytes,
                "together_bytes": found.together_bytes,
                "layers": [
                    {
                        "diff_id": layer.name,
                        "bytes": layer.bytes,
                        "references": [json_text(name) for name in layer.references],
                    }
                    for layer in found.layers
                ],
            }
            for found in together(images)
        ],
        "updates": [
            {
                "from": json_text(found.before),
                "to": json_text(found.after),
                "platform": str(found.platform),
                "update_bytes": found.bytes,
                "update_exact": found.exact,
            }
            for found in updates(images, first)
        ],
    }
    return json.dumps(value, indent=2) + "\n"


def _image(image: Measured) -> dict[str, object]:
    inside, sizes = image.inside, image.sizes
    return {
        "reference": json_text(image.reference),
        "platform": str(image.platform),
        "digest": sizes.digest,
        "pull_bytes": sizes.pull_bytes,
        "pull_exact": sizes.pull_exact,
        "disk_bytes": sizes.disk_bytes,
        "files": inside.files if inside else None,
        "waste_bytes": inside.waste_bytes if inside else None,
        "layers": [
            {
                "digest": layer.digest,
                "diff_id": layer.diff_id,
                "pull_bytes": layer.pull_bytes,
                "disk_bytes": layer.disk_bytes,
                "created_by": json_text(layer.created_by),
            }
            for layer in sizes.layers
        ],
        "folders": _shares(inside.folders) if inside else None,
        "packages": _shares(inside.packages) if inside else None,
        "duplicates": _shares(inside.duplicates) if inside else None,
    }


def _shares(found: Sequence[Share]) -> list[dict[str, object]]:
    return [{"name": json_text(one.name), "bytes": one.bytes, "files": one.files} for one in found]


def json_text(text: str) -> str:
    """Write bytes of a path that are not UTF-8 (surrogateescape) as `\\xff`, so that every JSON
    reader accepts it."""
    return _HALVES.sub(lambda half: f"\\x{ord(half[0]) & 0xFF:02x}", text)
