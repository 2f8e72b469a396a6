"""Descriptors, manifests and indexes.

Sources: the OCI image specification 1.1 (descriptor.md, manifest.md, image-index.md) and Docker's
image manifest version 2, schema 2, which differs only in media types.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ci_slim.image import documents
from ci_slim.image.documents import refuse
from ci_slim.platforms import Platform, normalised

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP = LAYER + "+gzip"
_MANIFESTS = frozenset({MANIFEST, "application/vnd.docker.distribution.manifest.v2+json"})
_INDEXES = frozenset({INDEX, "application/vnd.docker.distribution.manifest.list.v2+json"})
_ATTESTATION = "vnd.docker.reference.type"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A blob by its digest. `size` is in bytes, `platform` is normalised."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_attestation(self) -> bool:
        """Whether it is an attestation: buildx stores provenance and SBOMs under the platform
        unknown/unknown."""
        unknown = self.platform is not None and self.platform.architecture == "unknown"
        return unknown or _ATTESTATION in self.annotations


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image of one platform, layers lowest first. Its digest is made from `raw`."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    raw: bytes

    @property
    def digest(self) -> str:
        return digest_of(self.raw)

    @property
    def blobs(self) -> tuple[tuple[str, int], ...]:
        """What a device pulls: digest and bytes of the config and of each layer, each once."""
        found = {blob.digest: blob.size for blob in (self.config, *self.layers)}
        return tuple(found.items())


@dataclass(frozen=True, slots=True)
class Index:
    """The images of several platforms."""

    manifests: tuple[Descriptor, ...]


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def parse_document(raw: bytes, where: str) -> Manifest | Index:
    """Read a manifest or an index, of OCI or of Docker's schema 2. Raises UsageError for anything
    else."""
    document = documents.load_object(raw, where)
    kind = documents.string(document, "mediaType", where)
    if document.get("schemaVersion") == 1 or "fsLayers" in document:
        refuse("a manifest of Docker's schema 1, which registries dropped in 2020", where)
    if kind in _INDEXES or (not kind and "manifests" in document):
        found = documents.objects(document, "manifests", where)
        return Index(tuple(_descriptor(item, where) for item in found))
    if kind in _MANIFESTS or (not kind and "config" in document):
        config = documents.as_object(document.get("config"), f"{where}, config")
        layers = documents.objects(document, "layers", where)
        return Manifest(
            _descriptor(config, f"{where}, config"),
            tuple(_descriptor(layer, where) for layer in layers),
            raw,
        )
    refuse(f"neither a manifest nor an index of images, but {kind or 'of no type'!r}", where)


def parse_manifest(raw: bytes, where: str) -> Manifest:
    document = parse_document(raw, where)
    if not isinstance(document, Manifest):
        refuse("an index of several images instead of one manifest", where)
    return document


def parse_index(raw: bytes, where: str) -> Index:
    document = parse_document(raw, where)
    if not isinstance(document, Index):
        refuse("a manifest instead of an index", where)
    return document


def as_json(descriptor: Descriptor) -> dict[str, object]:
    """A descriptor as written in a manifest or an index."""
    value: dict[str, object] = {
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size,
    }
    if descriptor.platform is not None:
        platform = descriptor.platform
        parts = {"architecture": platform.architecture, "os": platform.os}
        value["platform"] = parts | ({"variant": platform.variant} if platform.variant else {})
    if descriptor.annotations:
        value["annotations"] = dict(descriptor.annotations)
    return value


def _descriptor(value: Mapping[str, object], where: str) -> Descriptor:
    platform = None
    if value.get("platform") is not None:
        parts = documents.as_object(value["platform"], f"{where}, platform")
        platform = normalised(platform_of(parts, where))
    return Descriptor(
        documents.string(value, "mediaType", where),
        documents.digest(documents.string(value, "digest", where), where),
        documents.size(value, where),
        platform,
        documents.string_map(value, "annotations", where),
    )


def platform_of(value: Mapping[str, object], where: str) -> Platform:
    """The platform that `os`, `architecture` and `variant` of an object name, unchanged."""
    return Platform(
        documents.string(value, "os", where) or "linux",
        documents.string(value, "architecture", where),
        documents.string(value, "variant", where),
    )
