"""Pushes images from their OCI layouts to a registry, with all platforms under one name.

The registry gets exactly the proved bytes, under the digests of the report. `docker push` with a
classic store would compress the layers again. Uses the OCI distribution API 1.1.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from ci_slim.engine import transfer
from ci_slim.engine.lazy_file import stored_file
from ci_slim.engine.registry import Registry
from ci_slim.engine.transfer import Broken
from ci_slim.errors import EngineError, UsageError
from ci_slim.image import documents
from ci_slim.image.archive import stored_layer
from ci_slim.image.config import parse_config
from ci_slim.image.image import Image
from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import (
    CONFIG,
    INDEX,
    MANIFEST,
    Descriptor,
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
    """An image, and the folder of the OCI layout that it is in."""

    folder: Path
    image: Image

    @property
    def platform(self) -> Platform:
        return self.image.platform

    @property
    def descriptor(self) -> Descriptor:
        """The entry of the image in an index."""
        raw = self.image.raw_manifest
        return Descriptor(MANIFEST, self.image.digest, len(raw), self.image.platform)


def read_layout(folder: Path, platform: Platform, digest: str) -> Layout:
    """Read the image with this digest and platform from a layout. Raises UsageError if it is
    another.

    The layout may be foreign, so only plain files inside its folder are read.
    """
    where = str(folder)
    try:
        index = parse_index(_document(folder, "index.json"), where)
        held = {each.digest for each in index.manifests}
        raw = _document(folder, blob_name(digest)) if digest in held else b""
        if digest_of(raw) != digest:
            _changed(f"it does not have the image {digest}", where)
        manifest = parse_manifest(raw, where)
        for blob in (manifest.config, *manifest.layers):
            if _file(folder, blob_name(blob.digest)).stat().st_size != blob.size:
                _changed(f"{blob.digest} does not have {blob.size} bytes", where)
        raw_config = _document(folder, blob_name(manifest.config.digest))
        config = parse_config(raw_config, where)
        layers = tuple(
            stored_layer(blob, diff_id, stored_file(_file(folder, blob_name(blob.digest))))
            for blob, diff_id in zip(manifest.layers, config.diff_ids, strict=True)
        )
    except (OSError, RuntimeError, ValueError) as error:
        _changed(str(error), where)
    # Many images do not state their variant.
    own = (config.platform.os, config.platform.architecture)
    if own != (platform.os, platform.architecture):
        _changed(f"it is for {'/'.join(own)}, not for {platform}", where)
    return Layout(folder, Image(platform, config, raw_config, raw, layers))


def _file(folder: Path, name: str) -> Path:
    """A file of the layout. Raises ValueError unless it is a plain file inside the layout."""
    path = folder / name
    if path.resolve(strict=True) != folder.resolve() / name or not path.is_file():
        raise ValueError(f"{name} is not a plain file")
    return path


def _document(folder: Path, name: str) -> bytes:
    path = _file(folder, name)
    if path.stat().st_size > documents.SIZE_LIMIT:
        raise ValueError(f"{name} is too large for such a document")
    return path.read_bytes()


def _changed(problem: str, where: str) -> NoReturn:
    raise UsageError(
        f"this is not the image of the report: {problem}",
        where=where,
        hint="keep the whole output folder, and push before the next run overwrites it",
    )


def upload(
    registry: Registry,
    name: ImageName,
    layouts: Sequence[Layout],
    each_line: Callable[[str], None],
    annotations: Mapping[str, str] | None = None,
) -> tuple[str, bytes]:
    """Send everything that the registry does not have, except the name.

    Returns the type and the bytes of the document that will get the name: an index, or the manifest
    if there is only one platform and no annotations for an index. Raises EngineError.
    """
    for layout in layouts:
        image = layout.image
        config = Descriptor(CONFIG, image.config_digest, len(image.raw_config))
        for blob in (*(layer.descriptor for layer in image.layers), config):
            if push_blob(registry, name, blob, layout.folder / blob_name(blob.digest)):
                each_line(f"pushed {blob.digest}, {size(blob.size)}, of {image.platform}")
    if len(layouts) == 1 and not annotations:
        return MANIFEST, layouts[0].image.raw_manifest
    for layout in layouts:
        put_manifest(registry, name, layout.image.digest, MANIFEST, layout.image.raw_manifest)
    manifests = [as_json(layout.descriptor) for layout in layouts]
    value: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": manifests,
        **({"annotations": dict(annotations)} if annotations else {}),
    }
    return INDEX, documents.dump(value)


def put_manifest(
    registry: Registry, name: ImageName, wanted: str, kind: str, document: bytes
) -> str:
    """Give a tag or digest of the repository to a manifest or index. Returns the
    document's digest."""
    headers = {"Content-Type": kind}
    what = f"manifests/{wanted}"
    answer = registry.ask(name.repository, what, headers, method="PUT", body=document)
    if answer.status_code != _CREATED:
        registry.refused(answer, str(name))
    answer.close()
    told = answer.headers.get("Docker-Content-Digest", digest_of(document))
    if told != digest_of(document):
        raise EngineError(f"the registry stored another document for {name}: {told}")
    return digest_of(document)


def push_blob(registry: Registry, name: ImageName, blob: Descriptor, content: Path | bytes) -> bool:
    """Send one blob. Returns whether that was needed. An interrupted upload starts again."""
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
    """Send the blob. Returns the answer to the refused request, or else to the last one."""
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
            body=file if blob.size else b"",  # requests would send an empty file in chunks
            tries=1,
        )


def _place(begun: requests.Response) -> str:
    """The address for an upload. Raises EngineError if the registry gives no safe address."""
    told = begun.headers.get("Location", "")
    try:
        place = urljoin(begun.url, told)
        named = bool(told and urlsplit(place).hostname)
    except ValueError:
        named = False
    if not named:
        raise EngineError(
            "the registry gives no address for an upload",
            where=transfer.origin(begun.url),
            hint="check whether it is a registry",
        )
    transfer.refuse_unsafe(place, begun.url)
    return place
