"""A new layer in the making: tar members in, a tar with its digest out, and that compressed."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from ci_slim.errors import UsageError
from ci_slim.image.compression import Compressor
from ci_slim.image.manifest import LAYER, Descriptor
from ci_slim.image.tar import BLOCK, END, FOLDER, SYMLINK, Member
from ci_slim.image.tar_headers import rebuilt
from ci_slim.image.unpacking import Compression

MERGED = -1

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class NewLayer:
    """A layer of the slim image. `layer` is the number of the fat layer it came from, or MERGED;
    `diff_id` is the digest of the tar, `digest` that of the compressed `blob`; sizes are bytes;
    `files` counts its tar members; `compression` is that of the blob."""

    layer: int
    diff_id: str
    digest: str
    tar_bytes: int
    blob_bytes: int
    files: int
    blob: BinaryIO
    compression: Compression

    @property
    def descriptor(self) -> Descriptor:
        """The blob as a manifest names it."""
        kind = LAYER if self.compression == "none" else f"{LAYER}+{self.compression}"
        return Descriptor(kind, self.digest, self.blob_bytes)


def member_name(path: str) -> bytes:
    """How `path` is called in a tar: without the leading slash."""
    return path[1:].encode("utf-8", "surrogateescape") or b"."


class LayerBlob:
    """One new layer in the making: tar bytes are hashed and written. Neighbouring raw ranges are
    read in one go."""

    def __init__(self, layer: int, sink: Callable[[], BinaryIO]) -> None:
        self.files = 0
        self.layer = layer
        self._sink = sink
        self._blob: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._bytes = 0
        self._range: tuple[BinaryIO, int, int] | None = None
        self._pending: list[bytes] = []
        self._pending_bytes = 0

    def raw(self, tar: BinaryIO, start: int, end: int) -> None:
        """A whole member, as it is."""
        self.files += 1
        self._copy(tar, start, end)

    def add(self, header: bytes) -> None:
        """A member that is nothing but a header."""
        self.files += 1
        self._copy_pending()
        self._put(header)

    def rebuilt(
        self, tar: BinaryIO, member: Member, path: str, drop: frozenset[bytes] = frozenset()
    ) -> None:
        """A member under the name `path`, with its metadata and its bytes."""
        name = member_name(path) + (b"/" if member.type == FOLDER else b"")
        link = member.link if member.type == SYMLINK else b""
        self.add(rebuilt(member, name=name, link=link, drop=drop))
        if member.size:
            self._copy(tar, member.data, member.data + member.size)
            self._copy_pending()
            self._put(bytes(-member.size % BLOCK))

    def close(self) -> NewLayer:
        self._copy_pending()
        self._put(END)
        self._store()
        assert self._blob is not None
        digest, size = f"sha256:{self._hash.hexdigest()}", self._bytes
        return NewLayer(self.layer, digest, digest, size, size, self.files, self._blob, "none")

    def _copy(self, tar: BinaryIO, start: int, end: int) -> None:
        if self._range is not None:
            before, first, last = self._range
            if before is tar and last == start:
                self._range = (tar, first, end)
                return
            self._copy_pending()
        self._range = (tar, start, end)

    def _copy_pending(self) -> None:
        if self._range is None:
            return
        tar, start, end = self._range
        self._range = None
        for chunk in _chunks(tar, start, end):
            self._put(chunk)

    def _put(self, data: bytes) -> None:
        self._pending.append(data)
        self._pending_bytes += len(data)
        if self._pending_bytes >= _CHUNK:
            self._store()

    def _store(self) -> None:
        if self._blob is None:
            self._blob = self._sink()
        data = b"".join(self._pending)
        self._pending.clear()
        self._pending_bytes = 0
        self._bytes += len(data)
        self._hash.update(data)
        self._blob.write(data)


def compressed(layer: NewLayer, blob: BinaryIO, compress: Compressor) -> NewLayer:
    """An uncompressed layer, compressed into `blob`. UsageError when it is not what its digest
    says."""
    tar_hash, blob_hash, blob_bytes = hashlib.sha256(), hashlib.sha256(), 0

    def store(data: bytes) -> int:
        blob_hash.update(data)
        return blob.write(data)

    for chunk in _chunks(layer.blob, 0, layer.tar_bytes):
        tar_hash.update(chunk)
        blob_bytes += store(compress.compress(chunk))
    blob_bytes += store(compress.flush())
    if layer.diff_id != f"sha256:{tar_hash.hexdigest()}":
        raise UsageError(
            f"a layer is not what its digest says: {layer.diff_id}",
            hint="save or pull the image again",
        )
    digest = f"sha256:{blob_hash.hexdigest()}"
    return replace(
        layer, digest=digest, blob_bytes=blob_bytes, blob=blob, compression=compress.kind
    )


def _chunks(tar: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        tar.seek(start)
        data = tar.read(min(_CHUNK, end - start))
        if not data:
            raise UsageError(
                f"a layer ends at byte {start}, {end - start} bytes too early",
                hint="the saved image changed while it was read; run again",
            )
        start += len(data)
        yield data
