"""Images from their OCI layouts to a registry, all platforms of one as one name.

What arrives is what was proved, byte by byte, under the digests of the report; `docker push` of a
classic store would compress the layers once more. Through the OCI distribution API 1.1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlencode, urljoin

import requests

from ci_slim.engine import transfer
from ci_slim.engine.registry import Registry
from ci_slim.errors import EngineError, UsageError
from ci_slim.image import documents
from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import (
    INDEX,
    MANIFEST,
    Descriptor,
    Manifest,
    as_json,
    digest_of,
    parse_index,
    parse_manifest,
)
from ci_slim.image.reference import ImageName
from ci_slim.platforms import Platform
from ci_slim.report.units import size

_TRIES = 4
_CREATED, _ACCEPTED = requests.codes.created, requests.codes.accepted


@dataclass(frozen=True, slots=True)
class Layout:
    """The image of one platform in the folder of an OCI layout."""

    folder: Path
    platform: Platform
    manifest: Manifest

    @property
    def descriptor(self) -> Descriptor:
        manifest = self.manifest
        return Descriptor(MANIFEST, manifest.digest, len(manifest.raw), self.platform)


def read_layout(folder: Path, platform: Platform, digest: str) -> Layout:
    """The layout's one image, which must be the one of this digest. Raises UsageError."""
    where = str(folder)
    try:
        index = parse_index((folder / "index.json").read_bytes(), where)
        held = {each.digest for each in index.manifests}
        raw = (folder / blob_name(digest)).read_bytes() if digest in held else b""
        if digest_of(raw) != digest:
            _changed(f"it holds another image than {digest}", where)
        manifest = parse_manifest(raw, where)
        for blob in (manifest.config, *manifest.layers):
            if (folder / blob_name(blob.digest)).stat().st_size != blob.size:
                _changed(f"{blob.digest} has another size than {blob.size}", where)
    except OSError as error:
        _changed(f"{error.strerror}: {Path(error.filename).name}", where)
    return Layout(folder, platform, manifest)


def _changed(problem: str, where: str) -> NoReturn:
    raise UsageError(
        f"this is not the image of the report: {problem}",
        where=where,
        hint="keep the whole output folder together, and push before the next run writes it anew",
    )


def push(
    registry: Registry,
    name: ImageName,
    layouts: Sequence[Layout],
    each_line: Callable[[str], None],
) -> str:
    """Send what the registry does not have, and name it; the digest that the name then has.

    The name is given last, so that whoever pulls it finds all of it. Raises EngineError.
    """
    for layout in layouts:
        manifest = layout.manifest
        for blob in (*manifest.layers, manifest.config):
            if _send(registry, name, blob, layout.folder / blob_name(blob.digest)):
                each_line(f"pushed {blob.digest}, {size(blob.size)}, of {layout.platform}")
    if len(layouts) == 1:
        document, kind = layouts[0].manifest.raw, MANIFEST
    else:
        for layout in layouts:
            raw = layout.manifest.raw
            _name(registry, name, layout.manifest.digest, MANIFEST, raw)
        manifests = [as_json(layout.descriptor) for layout in layouts]
        value = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
        document, kind = documents.dump(value), INDEX
    _name(registry, name, name.tag, kind, document)
    return digest_of(document)


def _send(registry: Registry, name: ImageName, blob: Descriptor, path: Path) -> bool:
    """Send one blob; whether that was needed. An upload that breaks off is begun anew."""
    there = registry.ask(name.repository, f"blobs/{blob.digest}", method="HEAD")
    there.close()
    if there.status_code == requests.codes.ok:
        return False
    for left in range(_TRIES - 1, -1, -1):
        try:
            answer = _upload(registry, name, blob, path)
        except EngineError:
            if not left:
                raise
        else:
            if answer.status_code == _CREATED:
                answer.close()
                return True
            if not left or answer.status_code not in transfer.BUSY:
                registry.refused(answer, name.repository)
            answer.close()
        registry.clock.sleep(0.5 * 2 ** (_TRIES - 1 - left))
    raise AssertionError("the last try returns or raises")


def _upload(registry: Registry, name: ImageName, blob: Descriptor, path: Path) -> requests.Response:
    begun = registry.ask(name.repository, "blobs/uploads/", method="POST")
    if begun.status_code != _ACCEPTED:
        registry.refused(begun, name.repository)
    begun.close()
    place = urljoin(begun.url, begun.headers.get("Location", ""))
    transfer.refuse_unsafe(place, begun.url)
    query = urlencode({"digest": blob.digest})
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
    with path.open("rb") as file:
        return registry.ask(
            name.repository,
            f"{place}{'&' if '?' in place else '?'}{query}",
            headers,
            method="PUT",
            body=file,
            tries=1,
        )


def _name(registry: Registry, name: ImageName, wanted: str, kind: str, document: bytes) -> None:
    headers = {"Content-Type": kind}
    what = f"manifests/{wanted}"
    answer = registry.ask(name.repository, what, headers, method="PUT", body=document)
    if answer.status_code != _CREATED:
        registry.refused(answer, str(name))
    answer.close()
    told = answer.headers.get("Docker-Content-Digest", digest_of(document))
    if told != digest_of(document):
        raise EngineError(f"the registry made something else of {name}: {told}")
