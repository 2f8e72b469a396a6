"""Images in a registry: their manifests and configs, which need no pull, and their layers."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

from ci_slim.engine.registry import Registry
from ci_slim.errors import UsageError
from ci_slim.image.archive import StoredFile, stored_layer
from ci_slim.image.config import parse_config
from ci_slim.image.documents import refuse
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer
from ci_slim.image.manifest import Descriptor, Manifest, parse_document
from ci_slim.image.reference import ImageName
from ci_slim.image.unpacking import Compression
from ci_slim.platforms import Platform, same

_MOST = 200
"""The most manifests below one index. buildx makes two for each platform."""


def remote_images(
    registry: Registry, name: ImageName, platform: Platform | None = None
) -> tuple[Image, ...]:
    """The images behind a name, of one platform or of all, in the order of the index. Attestations
    (unknown/unknown) are left out.

    Raises UsageError with the existing platforms if the requested one does not exist.
    """
    there: list[Platform] = []
    found: list[Image] = []
    for manifest, stamped in _manifests(registry, name, platform, there):
        where = name.at(manifest.digest)
        raw = registry.document(name, manifest.config)
        config = parse_config(raw, f"{where}, config")
        if len(config.diff_ids) != len(manifest.layers):
            refuse(
                f"{len(manifest.layers)} layers, but the config has {len(config.diff_ids)}", where
            )
        layers = tuple(map(partial(_layer, name), manifest.layers, config.diff_ids))
        own, names = stamped or config.platform, (str(name),)
        image = Image(own, config, raw, manifest.raw, layers, names, from_registry=True)
        there.append(image.platform)
        if platform is None or same(image.platform, platform):
            found.append(image)
    if not found:
        present = ", ".join(dict.fromkeys(map(str, there)))
        raise UsageError(
            f"there is no image for {platform}" if platform else "there is no image in it",
            where=str(name),
            hint=f"there is {present}" if present else "push an image under this name",
        )
    return tuple(found)


def _manifests(
    registry: Registry, name: ImageName, platform: Platform | None, there: list[Platform]
) -> Iterator[tuple[Manifest, Platform | None]]:
    """Every manifest below a name that may be of the platform. The other platforms are added to
    `there`."""
    root = parse_document(registry.manifest(name), str(name))
    if isinstance(root, Manifest):
        yield root, None
        return
    todo = [*root.manifests][::-1]
    seen: set[str] = set()
    while todo:
        descriptor = todo.pop()
        if descriptor.is_attestation or descriptor.digest in seen:
            continue
        seen.add(descriptor.digest)
        if len(seen) > _MOST:
            refuse(f"more than {_MOST} manifests", str(name))
        stamped = descriptor.platform
        if platform and stamped and not same(platform, stamped):
            there.append(stamped)
            continue
        child = ImageName(name.host, name.repository, digest=descriptor.digest)
        document = parse_document(registry.manifest(child), str(child))
        if isinstance(document, Manifest):
            yield document, stamped
        else:
            todo += document.manifests[::-1]


def _layer(name: ImageName, descriptor: Descriptor, diff_id: str) -> Layer:
    """A layer whose blob was not fetched."""

    def missing() -> NoReturn:
        raise AssertionError(f"{descriptor.digest} of {name} was not downloaded")

    plain, zstd = descriptor.digest == diff_id, "zstd" in descriptor.media_type
    compression: Compression = "none" if plain else "zstd" if zstd else "gzip"
    return Layer(descriptor, diff_id, compression, missing, descriptor.size if plain else None)


def download(registry: Registry, name: ImageName, image: Image, folder: Path) -> Image:
    """The image with its blobs, which are written into `folder`."""
    layers = tuple(_downloaded(registry, name, layer, folder) for layer in image.layers)
    return replace(image, layers=layers)


def _downloaded(registry: Registry, name: ImageName, layer: Layer, folder: Path) -> Layer:
    path = folder / layer.digest.replace(":", "-")
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("wb") as out:
            for piece in registry.blob(name, layer.descriptor):
                out.write(piece)
        part.rename(path)
    blob = StoredFile(path.open("rb"), 0, layer.blob_bytes)
    return stored_layer(layer.descriptor, layer.diff_id, blob)
