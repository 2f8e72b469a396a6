"""A delta as an OCI artifact that refers to the new image. Pure.

The format is that of containers/oci-delta: the new image's manifest and config, then a blob for
each of its layers that the old image does not have. A device finds it through the registry's
referrers, and takes the one whose `delta.source` is the image that it runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ci_slim.image import documents
from ci_slim.image.image import Image
from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import CONFIG, INDEX, MANIFEST, Descriptor, as_json, digest_of

ARTIFACT = "application/vnd.io.github.containers.oci-delta.v1"
EMPTY = "application/vnd.oci.empty.v1+json"
EMPTY_BYTES = b"{}"
_PREFIX = "io.github.containers.delta."
SOURCE, SOURCE_CONFIG, TARGET = (
    _PREFIX + "source",
    _PREFIX + "source-config",
    _PREFIX + "target",
)
UNPACKED = "dev.ci-slim.delta.unpacked"
"""Not of oci-delta: the bytes of the layer's tar, for an applier that has little room."""
_CONTENT, _TO = _PREFIX + "content", _PREFIX + "to"


@dataclass(frozen=True, slots=True)
class LayerDelta:
    """The delta of one layer of the new image. `target` is the digest of the layer's blob."""

    media_type: str
    digest: str
    size: int
    target: str
    unpacked: int
    """Bytes of the layer's tar."""

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(
            self.media_type,
            self.digest,
            self.size,
            annotations={
                _CONTENT: "image-layer",
                _TO: self.target,
                UNPACKED: str(self.unpacked),
            },
        )


def artifact_manifest(old: Image, new: Image, layers: tuple[LayerDelta, ...]) -> bytes:
    """The artifact's manifest in canonical JSON. The same images give the same bytes."""
    documents_of_new = (
        (MANIFEST, new.raw_manifest, "image-manifest"),
        (CONFIG, new.raw_config, "image-config"),
    )
    blobs = [
        Descriptor(kind, digest_of(data), len(data), annotations={_CONTENT: content})
        for kind, data, content in documents_of_new
    ]
    subject = Descriptor(MANIFEST, new.digest, len(new.raw_manifest))
    return documents.dump(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": ARTIFACT,
            "config": as_json(Descriptor(EMPTY, digest_of(EMPTY_BYTES), len(EMPTY_BYTES))),
            "layers": [as_json(each) for each in (*blobs, *(one.descriptor for one in layers))],
            "subject": as_json(subject),
            "annotations": {
                SOURCE: old.digest,
                SOURCE_CONFIG: old.config_digest,
                TARGET: new.digest,
            },
        }
    )


def layout_documents(manifest: bytes, new: Image) -> Iterator[tuple[str, bytes]]:
    """The documents of an OCI layout with the artifact: name and content."""
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            {
                **as_json(Descriptor(MANIFEST, digest_of(manifest), len(manifest))),
                "artifactType": ARTIFACT,
            }
        ],
    }
    for document in (EMPTY_BYTES, new.raw_manifest, new.raw_config, manifest):
        yield blob_name(digest_of(document)), document
    yield "index.json", documents.dump(index)
    yield "oci-layout", documents.dump({"imageLayoutVersion": "1.0.0"})
