"""Images from their OCI layouts to a registry, all platforms of one as one name.

What arrives is what was proved, byte by byte, under the digests of the report; `docker push` of a
classic store would compress the layers once more. Through the OCI distribution API 1.1.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from ci_slim.engine import transfer
from ci_slim.engine.registry import Registry
from ci_slim.engine.transfer import Broken
from ci_slim.errors import EngineError, UsageError
from ci_slim.image import documents
from ci_slim.image.config import parse_config
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
from ci_slim.units import size

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
    """The layout's one image, which must be the one of this digest and platform. Raises UsageError.

    A layout may be somebody else's: nothing outside its folder is read, and only plain files.
    """
    where = str(folder)
    try:
        index = parse_index(_document(folder, "index.json"), where)
        held = {each.digest for each in index.manifests}
        raw = _document(folder, blob_name(digest)) if digest in held else b""
        if digest_of(raw) != digest:
            _changed(f"it holds another image than {digest}", where)
        manifest = parse_manifest(raw, where)
        for blob in (manifest.config, *manifest.layers):
            if _file(folder, blob_name(blob.digest)).stat().st_size != blob.size:
                _changed(f"{blob.digest} has another size than {blob.size}", where)
        config = parse_config(_document(folder, blob_name(manifest.config.digest)), where)
    except (OSError, RuntimeError, ValueError) as error:
        _changed(str(error), where)
    # Many images do not say their variant.
    own = (config.platform.os, config.platform.architecture)
    if own != (platform.os, platform.architecture):
        _changed(f"it is for {'/'.join(own)}, not for {platform}", where)
    return Layout(folder, platform, manifest)


def _file(folder: Path, name: str) -> Path:
    """A file of the layout. ValueError for anything but a plain file inside it."""
    path = folder / name
    if path.resolve(strict=True) != folder.resolve() / name or not path.is_file():
        raise ValueError(f"{name} is no plain file")
    return path


def _document(folder: Path, name: str) -> bytes:
    path = _file(folder, name)
    if path.stat().st_size > documents.SIZE_LIMIT:
        raise ValueError(f"{name} is larger than any such document")
    return path.read_bytes()


def _changed(problem: str, where: str) -> NoReturn:
    raise UsageError(
        f"this is not the image of the report: {problem}",
        where=where,
        hint="keep the whole output folder together, and push before the next run writes it anew",
    )


def upload(
    registry: Registry,
    name: ImageName,
    layouts: Sequence[Layout],
    each_line: Callable[[str], None],
    annotations: Mapping[str, str] | None = None,
) -> tuple[str, bytes]:
    """Send what the registry does not have, all but the name; the type and the bytes of what the
    name is to be given to: an index, or the manifest of the only platform when there are no
    annotations, which are the index's. Raises EngineError."""
    for layout in layouts:
        manifest = layout.manifest
        for blob in (*manifest.layers, manifest.config):
            if send(registry, name, blob, layout.folder / blob_name(blob.digest)):
                each_line(f"pushed {blob.digest}, {size(blob.size)}, of {layout.platform}")
    if len(layouts) == 1 and not annotations:
        return MANIFEST, layouts[0].manifest.raw
    for layout in layouts:
        give(registry, name, layout.manifest.digest, MANIFEST, layout.manifest.raw)
    manifests = [as_json(layout.descriptor) for layout in layouts]
    value: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": manifests,
        **({"annotations": dict(annotations)} if annotations else {}),
    }
    return INDEX, documents.dump(value)


def give(registry: Registry, name: ImageName, wanted: str, kind: str, document: bytes) -> str:
    """Give a tag or digest of the repository to a manifest or index; the document's digest."""
    headers = {"Content-Type": kind}
    what = f"manifests/{wanted}"
    answer = registry.ask(name.repository, what, headers, method="PUT", body=document)
    if answer.status_code != _CREATED:
        registry.refused(answer, str(name))
    answer.close()
    told = answer.headers.get("Docker-Content-Digest", digest_of(document))
    if told != digest_of(document):
        raise EngineError(f"the registry made something else of {name}: {told}")
    return digest_of(document)


def send(registry: Registry, name: ImageName, blob: Descriptor, content: Path | bytes) -> bool:
    """Send one blob; whether that was needed. An upload that breaks off is begun anew."""
    there = registry.ask(name.repository, f"blobs/{blob.digest}", method="HEAD")
    there.close()
    if there.status_code == requests.codes.ok:
        return False
    for number in range(_TRIES):
        asked = 0.0
        try:
            answer = _upload(registry, name, blob, content)
        except Broken:
            if number == _TRIES - 1:
                raise
        else:
            if answer.status_code == _CREATED:
                answer.close()
                return True
            if answer.status_code not in transfer.BUSY or number == _TRIES - 1:
                registry.refused(answer, name.repository)
            asked = transfer.asked_pause(answer)
            answer.close()
        registry.pause(number, asked)
    raise AssertionError("the last try returns or raises")


def _upload(
    registry: Registry, name: ImageName, blob: Descriptor, content: Path | bytes
) -> requests.Response:
    """The answer to the request that was refused, or else to the last one."""
    begun = registry.ask(name.repository, "blobs/uploads/", method="POST", tries=1)
    if begun.status_code != _ACCEPTED:
        return begun
    begun.close()
    place = _place(begun)
    query = urlencode({"digest": blob.digest})
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        return registry.ask(
            name.repository,
            f"{place}{'&' if '?' in place else '?'}{query}",
            headers,
            method="PUT",
            body=file,
            tries=1,
        )


def _place(begun: requests.Response) -> str:
    """Where a registry takes an upload. EngineError when it names no place that is safe."""
    told = begun.headers.get("Location", "")
    try:
        place = urljoin(begun.url, told)
        named = bool(told and urlsplit(place).hostname)
    except ValueError:
        named = False
    if not named:
        raise EngineError(
            "the registry names no place for an upload",
            where=transfer.origin(begun.url),
            hint="see whether it is a registry",
        )
    transfer.refuse_unsafe(place, begun.url)
    return place
