"""Artifacts that refer to a pushed image: its SBOM, its provenance.

OCI distribution specification 1.1, "Pushing Manifests with Subject": a registry that keeps the list
of referrers itself says so with `OCI-Subject`; for any other one the client keeps it under a tag.
"""

from collections.abc import Sequence

import requests

from ci_slim.attest.referrer import EMPTY, Statement, artifact, referrers_index, referrers_tag
from ci_slim.engine.push import send
from ci_slim.engine.registry import Registry
from ci_slim.errors import UsageError
from ci_slim.image import documents
from ci_slim.image.manifest import INDEX, MANIFEST, Descriptor, digest_of
from ci_slim.image.reference import ImageName


def attach(
    registry: Registry,
    name: ImageName,
    subject: Descriptor,
    statements: Sequence[Statement],
    created: str,
) -> list[str]:
    """Push the statements as artifacts of `subject`; their digests. Raises EngineError."""
    made = [(each, artifact(each, subject, created)) for each in statements]
    listed = True
    for statement, manifest in made:
        for content, kind in ((statement.content, statement.media_type), (EMPTY, "")):
            send(registry, name, Descriptor(kind, digest_of(content), len(content)), content)
        listed &= _push(registry, name, digest_of(manifest), MANIFEST, manifest)
    if not listed:
        tag = referrers_tag(subject.digest)
        index = referrers_index(_known(registry, name, tag), made, created)
        _push(registry, name, tag, INDEX, index)
    return [digest_of(manifest) for _, manifest in made]


def _push(registry: Registry, name: ImageName, wanted: str, kind: str, document: bytes) -> bool:
    """Push a manifest or index; whether the registry lists it as a referrer by itself."""
    headers = {"Content-Type": kind}
    answer = registry.ask(
        name.repository, f"manifests/{wanted}", headers, method="PUT", body=document
    )
    if answer.status_code != requests.codes.created:
        registry.refused(answer, f"{name.repository}, {wanted}")
    answer.close()
    return "OCI-Subject" in answer.headers


def _known(registry: Registry, name: ImageName, tag: str) -> list[dict[str, object]]:
    """What the tag lists already: another client may have signed the image."""
    try:
        raw = registry.manifest(ImageName(name.host, name.repository, tag))
    except UsageError:
        return []
    return documents.objects(documents.load_object(raw, tag), "manifests", tag)
