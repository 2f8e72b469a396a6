"""Writes images as one OCI layout that every image store can load.

The layout also has docker's manifest.json, because `docker load` of the classic store reads only
that. The containerd image store, skopeo, podman and buildx read index.json.
"""

import tarfile
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from ci_slim.errors import UsageError
from ci_slim.image import documents
from ci_slim.image.image import Image
from ci_slim.image.manifest import INDEX, MANIFEST, Descriptor, as_json, digest_of
from ci_slim.image.tar import BLOCK, END

Content = bytes | BinaryIO
_CHUNK = 1 << 20


def layout_members(images: Sequence[Image]) -> Iterator[tuple[str, Content, int]]:
    """The files of the layout: name, content, bytes. Files among the contents are at position 0.

    Blobs come first, each once, then index.json, manifest.json and oci-layout. So a reader of the
    stream has already seen the blobs that the documents name.
    """
    seen: set[str] = set()
    for image in images:
        for layer in image.layers:
            name = blob_name(layer.digest)
            if name not in seen:
                seen.add(name)
                yield name, layer.open(), layer.blob_bytes
        for document in (image.raw_config, image.raw_manifest):
            name = blob_name(digest_of(document))
            if name not in seen:
                seen.add(name)
                yield name, document, len(document)
    for name, value in (
        ("index.json", _index(images)),
        ("manifest.json", [_docker(image) for image in images]),
        ("oci-layout", {"imageLayoutVersion": "1.0.0"}),
    ):
        data = documents.dump(value)
        yield name, data, len(data)


def write_tar(members: Iterable[tuple[str, Content, int]], out: BinaryIO) -> int:
    """Write the members as one tar and return its bytes. The same members give the same tar."""
    written = 0
    for name, content, size in members:
        info = tarfile.TarInfo(name)
        info.size = size
        header = info.tobuf(tarfile.PAX_FORMAT)
        out.write(header)
        for chunk in _chunks(content, size, name):
            out.write(chunk)
        out.write(bytes(-size % BLOCK))
        written += len(header) + size + -size % BLOCK
    out.write(END)
    return written + len(END)


def blob_name(digest: str) -> str:
    """The path of a blob in a layout."""
    return f"blobs/{digest.replace(':', '/', 1)}"


def full_name(reference: str) -> str:
    """A reference with everything that Docker leaves out: `x` is `docker.io/library/x:latest`.

    Source: distribution/reference, ParseDockerRef.
    """
    name, tag = _tagged(reference)
    host, slash, _ = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif not ("." in host or ":" in host or host == "localhost"):
        name = f"docker.io/{name}"
    return f"{name}:{tag}"


def _tagged(reference: str) -> tuple[str, str]:
    name, colon, tag = reference.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (reference, "latest")


def _index(images: Sequence[Image]) -> dict[str, object]:
    manifests = []
    for image in images:
        for tag in image.tags or ("",):
            names = {
                "io.containerd.image.name": full_name(tag),
                "org.opencontainers.image.ref.name": _tagged(tag)[1],
            }
            descriptor = Descriptor(
                MANIFEST,
                image.digest,
                len(image.raw_manifest),
                image.platform,
                names if tag else {},
            )
            manifests.append(as_json(descriptor))
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}


def _docker(image: Image) -> dict[str, object]:
    return {
        "Config": blob_name(image.config_digest),
        "RepoTags": [":".join(_tagged(tag)) for tag in image.tags] or None,
        "Layers": [blob_name(layer.digest) for layer in image.layers],
    }


def _chunks(content: Content, size: int, name: str) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    while size:
        chunk = content.read(min(_CHUNK, size))
        if not chunk:
            raise UsageError(f"{name} is {size} bytes shorter than announced")
        size -= len(chunk)
        yield chunk
