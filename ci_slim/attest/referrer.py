"""An artifact that refers to an image: the manifest that a registry keeps beside it. Pure.

OCI image specification 1.1, manifest.md ("Guidelines for Artifact Usage"); for registries without
the Referrers API the distribution specification 1.1 has a tag with an index, which clients keep.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ci_slim.image import documents
from ci_slim.image.manifest import INDEX, MANIFEST, Descriptor, as_json, digest_of

EMPTY = b"{}"
_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"


@dataclass(frozen=True, slots=True)
class Statement:
    """A document about an image. `media_type` is its type, and that of the artifact."""

    media_type: str
    content: bytes
    title: str
    annotations: Mapping[str, str] = field(default_factory=dict)


def artifact(statement: Statement, subject: Descriptor, created: str) -> bytes:
    """The manifest of the artifact."""
    layer = {
        "mediaType": statement.media_type,
        "digest": digest_of(statement.content),
        "size": len(statement.content),
        "annotations": {"org.opencontainers.image.title": statement.title},
    }
    return documents.dump({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": statement.media_type,
        "config": {"mediaType": _EMPTY_TYPE, "digest": digest_of(EMPTY), "size": len(EMPTY)},
        "layers": [layer],
        "subject": as_json(Descriptor(subject.media_type, subject.digest, subject.size)),
        "annotations": _annotations(statement, created),
    })  # fmt: skip


def referrers_tag(digest: str) -> str:
    """The tag under which clients keep what refers to a digest."""
    return digest.replace(":", "-", 1)


def referrers_index(
    known: Sequence[Mapping[str, object]], added: Sequence[tuple[Statement, bytes]], created: str
) -> bytes:
    """The index for that tag: what it held already, and these artifacts with their manifests."""
    entries = {str(entry.get("digest")): dict(entry) for entry in known}
    for statement, manifest in added:
        entries[digest_of(manifest)] = {
            "mediaType": MANIFEST,
            "digest": digest_of(manifest),
            "size": len(manifest),
            "artifactType": statement.media_type,
            "annotations": _annotations(statement, created),
        }
    manifests = [entries[digest] for digest in sorted(entries)]
    return documents.dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})


def _annotations(statement: Statement, created: str) -> dict[str, str]:
    return {"org.opencontainers.image.created": created, **statement.annotations}
