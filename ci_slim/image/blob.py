"""A new layer in the making: tar bytes in, a compressed blob with its digests out."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ci_slim.errors import UsageError
from ci_slim.image.compression import Compressor
from ci_slim.image.headers import rebuilt
from ci_slim.image.manifest import LAYER, Descriptor
from ci_slim.image.tar import BLOCK, END, FOLDER, SYMLINK, Member
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
    compression: Compression = "gzip"

    @property
    def descriptor(self) -> Descriptor:
        """The blob as a manifest names it."""
        kind = LAYER if self.compression == "none" else f"{LAYER}+{self.compression}"
        return Descriptor(kind, self.digest, self.blob_bytes)


def member_name(path: str) -> bytes:
    """How `path` is called in a tar: without the leading slash."""
    return path[1:].encode("utf-8", "surrogateescape") or b"."


class LayerBlob:
    """One new layer in the making: tar bytes are hashed, compressed, hashed again, and written.
    Neighbouring raw ranges are read in one go."""

    def __init__(self, layer: int, sink: Callable[[], BinaryIO], compress: Compressor) -> None:
        self.files = 0
        self.layer = layer
        self._sink = sink
        self._blob: BinaryIO | None = None
        self._compress = compress
        self._tar_hash, self._blob_hash = hashlib.sha256(), hashlib.sha256()
        self._tar_bytes = self._blob_bytes = 0
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
        self._deflate()
        self._store(self._compress.flush())
        assert self._blob is not None
        return NewLayer(
            self.layer,
            f"sha256:{self._tar_hash.hexdigest()}",
            f"sha256:{self._blob_hash.hexdigest()}",
            self._tar_bytes,
            self._blob_bytes,
            self.files,
            self._blob,
            self._compress.kind,
        )

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
            self._deflate()

    def _deflate(self) -> None:
        data = b"".join(self._pending)
        self._pending.clear()
        self._pending_bytes = 0
        self._tar_bytes += len(data)
        self._tar_hash.update(data)
        self._store(self._compress.compress(data))

    def _store(self, data: bytes) -> None:
        if self._blob is None:
            self._blob = self._sink()
        self._blob_hash.update(data)
        self._blob_bytes += len(data)
        self._blob.write(data)


def packed_layer(
    layer: int,
    tar: BinaryIO,
    tar_bytes: int,
    sink: Callable[[], BinaryIO],
    compress: Compressor,
) -> NewLayer:
    """A tar as it is, compressed. `files` is 0: they are not counted here."""
    blob = sink()
    tar_hash, blob_hash, blob_bytes = hashlib.sha256(), hashlib.sha256(), 0

    def store(data: bytes) -> int:
        blob_hash.update(data)
        return blob.write(data)

    for chunk in _chunks(tar, 0, tar_bytes):
        tar_hash.update(chunk)
        blob_bytes += store(compress.compress(chunk))
    blob_bytes += store(compress.flush())
    diff_id, digest = (f"sha256:{each.hexdigest()}" for each in (tar_hash, blob_hash))
    return NewLayer(layer, diff_id, digest, tar_bytes, blob_bytes, 0, blob, compress.kind)


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
