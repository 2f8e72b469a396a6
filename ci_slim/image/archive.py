"""Reads saved images: archives of `docker save`, OCI layouts, and old docker archives.

Docker 25 and later write an OCI layout: with uncompressed layers from the classic store, and with
the blobs of the registry from the containerd store. Older versions, podman and kaniko write only a
manifest.json, and their layers may be links to each other.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from ci_slim.errors import UsageError
from ci_slim.image import documents
from ci_slim.image.config import parse_config
from ci_slim.image.digests import blob_digest
from ci_slim.image.documents import refuse
from ci_slim.image.entries import image_path
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer
from ci_slim.image.layout import blob_name, full_name
from ci_slim.image.manifest import (
    LAYER,
    Descriptor,
    Index,
    Manifest,
    digest_of,
    parse_document,
    parse_index,
)
from ci_slim.image.readable import Slice
from ci_slim.image.tar import LINK, SYMLINK, scan
from ci_slim.image.unpacking import compression_of
from ci_slim.platforms import Platform, normalised

_FILES = frozenset({0, 0x30, 0x37})


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in an archive or in a layout: `size` bytes at `offset` of `file`."""

    file: BinaryIO
    offset: int
    size: int

    def open(self) -> Slice:
        return Slice(self.file, self.offset, self.size)

    def document(self, where: str) -> bytes:
        """All bytes of a JSON document. A document that is larger than any real one is refused."""
        if self.size > documents.SIZE_LIMIT:
            refuse(f"{self.size} bytes of JSON, more than {documents.SIZE_LIMIT}", where)
        return self.open().read()


def archive_members(tar: BinaryIO, where: str) -> dict[str, StoredFile]:
    """The files of an archive by name, with links resolved. Only headers are read.

    Raises UsageError for names that lead out with "..", and for two files with one name.
    """
    files: dict[str, StoredFile] = {}
    links: dict[str, str] = {}
    for member in scan(tar, where=where):
        name = image_path(member.name, where)[1:]
        if member.type in _FILES:
            if name in files or name in links:
                refuse(f"has {name} twice", where)
            files[name] = StoredFile(tar, member.data, member.size)
        elif member.type in (LINK, SYMLINK):
            target = member.link.decode("utf-8", "surrogateescape")
            folder = posixpath.dirname(name) if member.type == SYMLINK else ""
            links[name] = posixpath.normpath(posixpath.join(folder, target))
    for name, target in links.items():
        if target in files:
            files.setdefault(name, files[target])
    return files


def read_images(members: Mapping[str, StoredFile], where: str) -> tuple[Image, ...]:
    """All images in an OCI layout or a docker archive, without attestations.

    Incomplete images are left out too: the containerd store saves an index of all platforms with
    the blobs of only those that it has. Raises UsageError if no image remains.
    """
    if "index.json" in members:
        found = list(_from_layout(members, where))
    elif "manifest.json" in members:
        found = list(_from_docker(members, where))
    else:
        refuse("is neither an OCI layout nor a docker archive", where)
    images: dict[tuple[str, str], Image] = {}
    for image in found:
        key = (image.digest, digest_of(image.raw_config))
        tags = images[key].tags if key in images else ()
        images[key] = replace(image, tags=tuple(dict.fromkeys(tags + image.tags)))
    if not images:
        refuse("has no complete image", where)
    return tuple(images.values())


def choose(
    images: Sequence[Image], platform: Platform | None, where: str, *, reference: str = ""
) -> Image:
    """The image of this platform, and with this name or tag if it is given. Raises UsageError with
    the existing images if there is none, or more than one."""
    wanted = [
        image
        for image in images
        if (platform is None or image.platform == normalised(platform))
        and (not reference or is_named(image, reference))
    ]
    if len(wanted) == 1:
        return wanted[0]
    asked = " ".join(part for part in (reference, str(platform) if platform else "") if part)
    present = [f"{', '.join(image.tags) or 'no name'} ({image.platform})" for image in images]
    raise UsageError(
        f"{'no image' if not wanted else 'more than one image'} for {asked or 'this'}",
        where=where,
        hint="choose one of these with --platform or its tag: " + "; ".join(present),
        details=tuple(present),
    )


def is_named(image: Image, reference: str) -> bool:
    """Whether the image has this name, full or short, or this tag."""
    return full_name(reference) in image.tags or any(
        tag == reference or tag.endswith(f":{reference}") for tag in image.tags
    )


def with_blob_digest(layer: Layer) -> Layer:
    """A layer with the digest of its blob. Docker archives do not contain it for compressed layers,
    so the blob is read."""
    if layer.compression == "none" or layer.digest != layer.diff_id:
        return layer
    return replace(layer, descriptor=replace(layer.descriptor, digest=blob_digest(layer)))


def _from_layout(members: Mapping[str, StoredFile], where: str) -> Iterator[Image]:
    index = parse_index(members["index.json"].document(where), f"{where}, index.json")
    for manifest, platform, tags in _manifests(members, index, where):
        config = members.get(blob_name(manifest.config.digest))
        blobs = [members.get(blob_name(layer.digest)) for layer in manifest.layers]
        if config is None or None in blobs:
            continue
        yield _image(
            _verified(config, manifest.config, where),
            [(layer, blob) for layer, blob in zip(manifest.layers, blobs, strict=True) if blob],
            manifest.raw,
            tags,
            platform,
            where,
        )


def _manifests(
    members: Mapping[str, StoredFile], index: Index, where: str
) -> Iterator[tuple[Manifest, Platform | None, tuple[str, ...]]]:
    """Every manifest below an index. A manifest with the same name is not opened again, so nested
    indexes cannot multiply."""
    todo: list[tuple[Descriptor, tuple[str, ...]]] = []
    todo += [(item, ()) for item in index.manifests][::-1]
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while todo:
        descriptor, tags = todo.pop()
        name = _name_of(descriptor)
        tags = (full_name(name),) if "/" in name or ":" in name else (name,) if name else tags
        blob = members.get(blob_name(descriptor.digest))
        if blob is None or descriptor.is_attestation or (descriptor.digest, tags) in seen:
            continue
        seen.add((descriptor.digest, tags))
        raw = _verified(blob, descriptor, where)
        document = parse_document(raw, f"{where}, {descriptor.digest}")
        if isinstance(document, Manifest):
            yield document, descriptor.platform, tags
        else:
            todo += [(item, tags) for item in document.manifests][::-1]


def _name_of(descriptor: Descriptor) -> str:
    """The name in a descriptor. containerd writes the full name. skopeo and buildx write what the
    user gave, which may be only a tag."""
    full = descriptor.annotations.get("io.containerd.image.name", "")
    return full or descriptor.annotations.get("org.opencontainers.image.ref.name", "")


def _verified(blob: StoredFile, descriptor: Descriptor, where: str) -> bytes:
    data = blob.document(f"{where}, {descriptor.digest}")
    if descriptor.digest.startswith("sha256:") and digest_of(data) != descriptor.digest:
        refuse(f"the blob {descriptor.digest} does not match its digest", where)
    return data


def _from_docker(members: Mapping[str, StoredFile], where: str) -> Iterator[Image]:
    where_list = f"{where}, manifest.json"
    listed = documents.load(members["manifest.json"].document(where_list), where_list)
    for entry in documents.objects({"manifest.json": listed}, "manifest.json", where):
        config = members.get(documents.string(entry, "Config", where_list))
        blobs = [members.get(name) for name in documents.strings(entry, "Layers", where_list)]
        if config is None or None in blobs:
            continue
        raw = config.document(where_list)
        diff_ids = parse_config(raw, f"{where}, config").diff_ids
        layers = [
            (Descriptor(LAYER, diff_id, blob.size), blob)
            for diff_id, blob in zip(diff_ids, blobs, strict=False)
            if blob
        ]
        if len(blobs) != len(diff_ids):
            refuse(f"has {len(blobs)} layers, but the config has {len(diff_ids)}", where_list)
        tags = tuple(full_name(tag) for tag in documents.strings(entry, "RepoTags", where_list))
        yield _image(raw, layers, b"", tags, None, where)


def _image(
    raw: bytes,
    blobs: Sequence[tuple[Descriptor, StoredFile]],
    manifest: bytes,
    tags: tuple[str, ...],
    platform: Platform | None,
    where: str,
) -> Image:
    config = parse_config(raw, f"{where}, config")
    if len(blobs) != len(config.diff_ids):
        refuse(f"has {len(blobs)} layers, but the config has {len(config.diff_ids)}", where)
    layers = []
    for (descriptor, blob), diff_id in zip(blobs, config.diff_ids, strict=True):
        if blob.size != descriptor.size:
            refuse(f"layer {descriptor.digest} has {blob.size} bytes, not {descriptor.size}", where)
        layers.append(stored_layer(descriptor, diff_id, blob))
    own = platform or config.platform
    return Image(own, config, raw, manifest, tuple(layers), tags)


def stored_layer(descriptor: Descriptor, diff_id: str, blob: StoredFile) -> Layer:
    """A layer whose blob is this file. Its first bytes show how it is compressed, because the media
    types of saved layers are not reliable."""
    compression = compression_of(blob.open().read(4))
    kind = LAYER if compression == "none" else f"{LAYER}+{compression}"
    size = blob.size if compression == "none" else None
    named = Descriptor(kind, descriptor.digest, blob.size)
    return Layer(named, diff_id, compression, blob.open, size)
