"""Artifacts that refer to a pushed image: its SBOM, its provenance, its deltas.

OCI distribution specification 1.1, "Pushing Manifests with Subject": a registry that stores the
list of referrers itself answers with `OCI-Subject`. For any other registry, the client stores the
list under a tag.
"""

from collections.abc import Collection, Sequence
from urllib.parse import quote

import requests

from ci_slim.attest.referrer import Referrer, referrers_index, referrers_tag
from ci_slim.engine.push import push_blob
from ci_slim.engine.registry import Registry
from ci_slim.errors import UsageError
from ci_slim.image import documents
from ci_slim.image.manifest import INDEX, MANIFEST
from ci_slim.image.reference import ImageName

Entry = dict[str, object]
"""The entry of an artifact in a list of referrers: its descriptor, as JSON."""


def attach(
    registry: Registry, name: ImageName, subject: str, artifacts: Sequence[Referrer]
) -> list[str]:
    """Push the artifacts of the image with the digest `subject`. Returns their digests. Raises
    EngineError."""
    listed = True
    for each in artifacts:
        for blob, content in each.blobs:
            push_blob(registry, name, blob, content)
        listed &= _push(registry, name, each.digest, MANIFEST, each.manifest)
    if not listed:
        tag = referrers_tag(subject)
        _push(registry, name, tag, INDEX, referrers_index(_tagged(registry, name, tag), artifacts))
    return [each.digest for each in artifacts]


def attached(
    registry: Registry, name: ImageName, subject: str, artifact_type: str
) -> tuple[Entry, ...]:
    """The artifacts of one type that refer to an image."""
    path = f"referrers/{subject}?artifactType={quote(artifact_type, safe='')}"
    answer = registry.ask(name.repository, path, {"Accept": INDEX})
    known = answer.status_code == requests.codes.ok
    raw = registry.text(answer) if known else b""
    answer.close()
    tag = referrers_tag(subject)
    found = _entries(raw, path) if known else _tagged(registry, name, tag)
    return tuple(each for each in found if each.get("artifactType") == artifact_type)


def detach(registry: Registry, name: ImageName, subject: str, digests: Collection[str]) -> bool:
    """Remove artifacts of an image. Returns whether the registry deletes manifests. If it does not,
    they are still removed from the list under the tag, if there is one."""
    deleted = True
    for digest in digests:
        answer = registry.ask(name.repository, f"manifests/{digest}", {}, method="DELETE")
        answer.close()
        deleted &= answer.status_code in (requests.codes.accepted, requests.codes.not_found)
    tag = referrers_tag(subject)
    known = _tagged(registry, name, tag)
    kept = [each for each in known if str(each.get("digest")) not in digests]
    if len(kept) < len(known):
        _push(registry, name, tag, INDEX, referrers_index(kept, ()))
    return deleted


def _push(registry: Registry, name: ImageName, wanted: str, kind: str, document: bytes) -> bool:
    """Push a manifest or index. Returns whether the registry lists it as a referrer itself."""
    headers = {"Content-Type": kind}
    answer = registry.ask(
        name.repository, f"manifests/{wanted}", headers, method="PUT", body=document
    )
    if answer.status_code != requests.codes.created:
        registry.refused(answer, f"{name.repository}, {wanted}")
    answer.close()
    return "OCI-Subject" in answer.headers


def _tagged(registry: Registry, name: ImageName, tag: str) -> list[Entry]:
    """The entries that the tag lists already, because another client may have signed the image."""
    try:
        raw = registry.manifest(ImageName(name.host, name.repository, tag))
    except UsageError:
        return []
    return _entries(raw, tag)


def _entries(raw: bytes, where: str) -> list[Entry]:
    return documents.objects(documents.load_object(raw, where), "manifests", where)
