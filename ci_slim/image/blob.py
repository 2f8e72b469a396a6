"""Writes a new layer: tar members in, a tar with its digest out. Also compresses layers."""

import functools
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO

from ci_slim.errors import UsageError
from ci_slim.image.compression import Compressor
from ci_slim.image.layer import Layer
from ci_slim.image.manifest import LAYER, Descriptor
from ci_slim.image.readable import Slice
from ci_slim.image.tar import BLOCK, END, FOLDER, SYMLINK, Member
from ci_slim.image.tar_headers import rebuilt

_CHUNK = 1 << 20


def member_name(path: str) -> bytes:
    """The name of `path` in a tar: without the leading slash."""
    return path[1:].encode("utf-8", "surrogateescape") or b"."


class LayerBlob:
    """A new layer that is being written. Its tar bytes are hashed and written. Adjacent raw ranges
    are read at once."""

    def __init__(self, source: int | None, sink: Callable[[], BinaryIO], label: str = "") -> None:
        """`source` is the number of the layer from which it is filtered, or None if there are
        several. `label` says what it holds."""
        self.files = 0
        self.source = source
        self.label = label
        self._sink = sink
        self._blob: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._bytes = 0
        self._range: tuple[BinaryIO, int, int] | None = None
        self._pending: list[bytes] = []
        self._pending_bytes = 0

    def raw(self, tar: BinaryIO, start: int, end: int) -> None:
        """Add a whole member, unchanged."""
        self.files += 1
        self._copy(tar, start, end)

    def add(self, header: bytes) -> None:
        """Add a member that has only a header."""
        self.files += 1
        self._copy_pending()
        self._put(header)

    def rebuilt(
        self, tar: BinaryIO, member: Member, path: str, drop: frozenset[bytes] = frozenset()
    ) -> None:
        """Add a member under the name `path`, with its metadata and its bytes."""
        name = member_name(path) + (b"/" if member.type == FOLDER else b"")
        link = member.link if member.type == SYMLINK else b""
        self.add(rebuilt(member, name=name, link=link, drop=drop))
        self.body(tar, member.data, member.size)

    def body(self, file: BinaryIO, start: int, size: int) -> None:
        """The bytes of the member whose header was added last, and their padding."""
        if size:
            self._copy(file, start, start + size)
            self._copy_pending()
            self._put(bytes(-size % BLOCK))

    def close(self) -> Layer:
        self._copy_pending()
        self._put(END)
        self._store()
        assert self._blob is not None
        self._blob.flush()
        digest, size = f"sha256:{self._hash.hexdigest()}", self._bytes
        blob = Descriptor(LAYER, digest, size)
        opened = functools.partial(Slice, self._blob, 0, size)
        return Layer(blob, digest, "none", opened, size, self.files, self.source, self.label)

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


def compressed(layer: Layer, blob: BinaryIO, compress: Compressor) -> Layer:
    """Compress an uncompressed layer into `blob`. Raises UsageError if the layer does not match its
    digest."""
    tar_hash, blob_hash, blob_bytes = hashlib.sha256(), hashlib.sha256(), 0

    def store(data: bytes) -> int:
        blob_hash.update(data)
        return blob.write(data)

    for chunk in _chunks(layer.open(), 0, layer.blob_bytes):
        tar_hash.update(chunk)
        blob_bytes += store(compress.compress(chunk))
    blob_bytes += store(compress.flush())
    blob.flush()
    if layer.diff_id != f"sha256:{tar_hash.hexdigest()}":
        raise UsageError(
            f"a layer does not match its digest: {layer.diff_id}",
            hint="save or pull the image again",
        )
    digest = f"sha256:{blob_hash.hexdigest()}"
    return replace(
        layer,
        descriptor=Descriptor(f"{LAYER}+{compress.kind}", digest, blob_bytes),
        compression=compress.kind,
        open=functools.partial(Slice, blob, 0, blob_bytes),
        tar_bytes=layer.blob_bytes,
    )


def _chunks(tar: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        tar.seek(start)
        data = tar.read(min(_CHUNK, end - start))
        if not data:
            raise UsageError(
                f"a layer ends at byte {start}, {end - start} bytes early",
                hint="the saved image changed while it was read; run again",
            )
        start += len(data)
        yield data
