"""Images in a registry: their manifests and configs, which need no pull, and their layers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci_slim.engine.registry import Registry
from ci_slim.errors import UsageError
from ci_slim.image.archive import ArchiveMember, SavedImage, SavedLayer
from ci_slim.image.documents import refuse
from ci_slim.image.manifest import Descriptor, Manifest, parse_document
from ci_slim.image.oci import ImageConfig, parse_config
from ci_slim.image.reference import ImageName
from ci_slim.image.unpacking import compression_of
from ci_slim.platforms import Platform, same

_MOST = 200
"""Manifests below one index; buildx makes two a platform."""


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """One image of one platform in a registry, nothing but documents of it fetched."""

    name: ImageName
    platform: Platform
    manifest: Manifest
    config: ImageConfig
    config_bytes: bytes


def remote_images(
    registry: Registry, name: ImageName, platform: Platform | None = None
) -> tuple[RemoteImage, ...]:
    """The images behind a name, of one platform or of all, in the order of the index; entries for
    attestations (unknown/unknown) are left out.

    Raises UsageError that names the platforms there are when the one asked for is not.
    """
    there: list[Platform] = []
    found: list[RemoteImage] = []
    for manifest, stamped in _manifests(registry, name, platform, there):
        where = name.at(manifest.digest)
        raw = registry.document(name, manifest.config)
        config = parse_config(raw, f"{where}, config")
        if len(config.diff_ids) != len(manifest.layers):
            refuse(
                f"{len(manifest.layers)} layers where the config has {len(config.diff_ids)}", where
            )
        image = RemoteImage(name, stamped or config.platform, manifest, config, raw)
        there.append(image.platform)
        if platform is None or same(image.platform, platform):
            found.append(image)
    if not found:
        present = ", ".join(dict.fromkeys(map(str, there)))
        raise UsageError(
            f"the image is not there for {platform}" if platform else "there is no image in it",
            where=str(name),
            hint=f"there is {present}" if present else "push an image under this name",
        )
    return tuple(found)


def _manifests(
    registry: Registry, name: ImageName, platform: Platform | None, there: list[Platform]
) -> Iterator[tuple[Manifest, Platform | None]]:
    """Every manifest below a name that may be of the platform; the others go to `there`."""
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


def download(registry: Registry, image: RemoteImage, folder: Path) -> SavedImage:
    """The image with its blobs, which are written into `folder`."""
    layers = [
        _downloaded(registry, image.name, descriptor, diff_id, folder)
        for descriptor, diff_id in zip(image.manifest.layers, image.config.diff_ids, strict=True)
    ]
    return SavedImage(
        image.platform,
        image.manifest.digest,
        image.config,
        image.config_bytes,
        tuple(layers),
        (str(image.name),),
    )


def _downloaded(
    registry: Registry, name: ImageName, descriptor: Descriptor, diff_id: str, folder: Path
) -> SavedLayer:
    path = folder / descriptor.digest.replace(":", "-")
    if not path.exists():
        partial = path.with_suffix(".part")
        with partial.open("wb") as out:
            for piece in registry.blob(name, descriptor):
                out.write(piece)
        partial.rename(path)
    blob = ArchiveMember(path.open("rb"), 0, descriptor.size)
    return SavedLayer(descriptor, diff_id, blob, compression_of(blob.open().read(4)))
