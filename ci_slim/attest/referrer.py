"""An artifact that refers to an image, with the manifest that a registry stores for it. Pure.

OCI image specification 1.1, manifest.md ("Guidelines for Artifact Usage"). For registries without
the Referrers API, the distribution specification 1.1 defines a tag with an index, which clients
maintain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ci_slim.image import documents
from ci_slim.image.manifest import INDEX, MANIFEST, Descriptor, as_json, digest_of

EMPTY = b"{}"
_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"


@dataclass(frozen=True, slots=True)
class Statement:
    """A document about an image. `media_type` is the type of the document and of the artifact."""

    media_type: str
    content: bytes
    title: str
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Referrer:
    """An artifact that refers to an image: its manifest and the blobs of the manifest, each as a
    document or a file. `annotations` are those of the manifest."""

    artifact_type: str
    manifest: bytes
    blobs: tuple[tuple[Descriptor, bytes | Path], ...]
    annotations: Mapping[str, str]

    @property
    def digest(self) -> str:
        return digest_of(self.manifest)


def referrer(statement: Statement, subject: Descriptor, created: str) -> Referrer:
    """The artifact with a statement about an image."""
    documents_of_it = ((statement.content, statement.media_type), (EMPTY, _EMPTY_TYPE))
    return Referrer(
        statement.media_type,
        _manifest(statement, subject, created),
        tuple((Descriptor(k, digest_of(data), len(data)), data) for data, k in documents_of_it),
        _annotations(statement, created),
    )


def _manifest(statement: Statement, subject: Descriptor, created: str) -> bytes:
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
    """The tag under which clients store the list of artifacts that refer to a digest."""
    return digest.replace(":", "-", 1)


def referrers_index(known: Sequence[Mapping[str, object]], added: Sequence[Referrer]) -> bytes:
    """The index for that tag: its earlier entries and these artifacts."""
    entries = {str(entry.get("digest")): dict(entry) for entry in known}
    for each in added:
        entries[each.digest] = {
            "mediaType": MANIFEST,
            "digest": each.digest,
            "size": len(each.manifest),
            "artifactType": each.artifact_type,
            "annotations": dict(each.annotations),
        }
    manifests = [entries[digest] for digest in sorted(entries)]
    return documents.dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})


def _annotations(statement: Statement, created: str) -> dict[str, str]:
    return {"org.opencontainers.image.created": created, **statement.annotations}
