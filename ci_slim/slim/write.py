"""The keep set written as layers: the fat image's own tar members, filtered.

`preserve` filters each layer on its own, so a base layer whose kept files did not change keeps
its digest in the next release. Members are copied as raw bytes, extended headers included. No
whiteout is ever needed, since nothing that an upper layer hides is written.
`merge` writes one layer, sorted by path; its headers are made anew without what depends on the
day or on the tar program, because its source may be a fresh archive by GNU tar.

Both modes give the same bytes for the same input. At most a few MB are held in memory.
"""

import hashlib
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

from ci_slim.errors import UsageError
from ci_slim.image.files import Entry, FileIndex, Kind, Layer
from ci_slim.image.tar import BLOCK, END, Member, member_at, rebuilt

Mode = Literal["preserve", "merge"]
MERGED = -1

_CHUNK = 1 << 20
_LINK = 0x31
_VOLATILE = frozenset({b"atime", b"ctime"})


class Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def gzip_compressor(level: int = 6) -> Compressor:
    """A gzip stream without name and time, so that equal input gives equal bytes."""
    return zlib.compressobj(level, zlib.DEFLATED, 31)


@dataclass(frozen=True, slots=True)
class NewLayer:
    """A layer of the slim image. `layer` is the number of the fat layer it came from, or MERGED;
    `diff_id` is the digest of the tar, `digest` that of the compressed `blob`; sizes are bytes;
    `files` counts its tar members."""

    layer: int
    diff_id: str
    digest: str
    tar_bytes: int
    blob_bytes: int
    files: int
    blob: BinaryIO


def write_layers(
    index: FileIndex,
    keep_paths: Collection[str],
    layers: Sequence[BinaryIO],
    mode: Mode,
    sink: Callable[[], BinaryIO],
    *,
    compressor: Callable[[], Compressor] = gzip_compressor,
) -> tuple[NewLayer, ...]:
    """Write the kept paths, and the folders they lie in, into new layers.

    `layers` are the uncompressed tars that `index` was made of, seekable, lowest first. Each new
    layer goes into a file given by `sink`. Layers left without members are not written at all.
    A path that is not in the index is a mistake of the caller: ValueError.
    """
    keep = _with_folders(index, keep_paths)
    if mode == "merge":
        outputs = [_merged(index, keep, layers, _Output(MERGED, sink, compressor))]
    else:
        outputs = [
            _filtered(index, keep, layer, layers[number], _Output(number, sink, compressor))
            for number, layer in enumerate(index.layers)
        ]
    return tuple(output.close() for output in outputs if output.files)


def _with_folders(index: FileIndex, paths: Collection[str]) -> frozenset[str]:
    keep: set[str] = {"/"}
    for path in paths:
        if path not in index:
            raise ValueError(f"{path} is to be kept but is not in the image")
        while path not in keep:
            keep.add(path)
            path = path.rpartition("/")[0] or "/"
    return frozenset(keep)


def _filtered(
    index: FileIndex, keep: frozenset[str], layer: Layer, tar: BinaryIO, output: "_Output"
) -> "_Output":
    kept = [entry for entry in layer.entries if entry.path in keep and _belongs(index, entry)]
    linked = {entry.data for entry in kept if entry.hardlink}
    carriers = {
        entry.data: entry
        for entry in layer.entries
        if entry.data in linked and not entry.hardlink and entry.kind is not Kind.DIR
    }
    written: dict[int, list[str]] = {}
    for entry in kept:
        if entry.data not in carriers or entry.kind is Kind.DIR:
            output.raw(tar, entry.start, entry.end)
        elif not entry.hardlink:
            output.raw(tar, entry.start, entry.end)
            written[entry.data] = [entry.path]
        elif entry.data not in written:
            output.rebuilt(tar, member_at(tar, carriers[entry.data].start), entry.path)
            written[entry.data] = [entry.path]
        else:
            _link(tar, entry, written[entry.data], output)
            written[entry.data].append(entry.path)
    return output


def _belongs(index: FileIndex, entry: Entry) -> bool:
    """Whether this entry is written by its layer. Folders are, in every layer they occur in: then
    what a lower layer holds does not depend on the layers above it."""
    final = index[entry.path]
    return final is entry or (entry.kind is Kind.DIR and final.kind is Kind.DIR and final.end > 0)


def _link(tar: BinaryIO, entry: Entry, written: Sequence[str], output: "_Output") -> None:
    member = member_at(tar, entry.start)
    if _plain(member.link) in written:
        output.raw(tar, entry.start, entry.end)
    else:
        output.add(rebuilt(member, name=member.name, link=_member_name(written[0])))


def _plain(name: bytes) -> str:
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    return "/" + b"/".join(parts).decode("utf-8", "surrogateescape")


def _member_name(path: str) -> bytes:
    return path[1:].encode("utf-8", "surrogateescape") or b"."


def _merged(
    index: FileIndex, keep: frozenset[str], layers: Sequence[BinaryIO], output: "_Output"
) -> "_Output":
    carriers = {
        (entry.layer, entry.data): entry
        for layer in index.layers
        for entry in layer.entries
        if not entry.hardlink
    }
    written: dict[tuple[int, int], bytes] = {}
    for path in sorted(keep):
        entry = index[path]
        if not entry.end:
            continue
        tar, inode = layers[entry.layer], (entry.layer, entry.data)
        name = _member_name(path)
        first = written.get(inode) if entry.kind is not Kind.DIR else None
        member = member_at(tar, carriers[inode].start)
        if first is not None:
            output.add(rebuilt(member, name=name, link=first, kind=_LINK, drop=_VOLATILE))
        else:
            output.rebuilt(tar, member, path, drop=_VOLATILE)
            written[inode] = name
    return output


class _Output:
    """One new layer in the making: tar bytes are hashed, compressed, hashed again, and written.
    Neighbouring raw ranges are read in one go."""

    def __init__(
        self, layer: int, sink: Callable[[], BinaryIO], compressor: Callable[[], Compressor]
    ) -> None:
        self.files = 0
        self._layer = layer
        self._sink = sink
        self._compressor = compressor
        self._blob: BinaryIO | None = None
        self._compress: Compressor = compressor()
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
        name = _member_name(path) + (b"/" if member.type == 0x35 else b"")
        link = member.link if member.type == 0x32 else b""
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
            self._layer,
            f"sha256:{self._tar_hash.hexdigest()}",
            f"sha256:{self._blob_hash.hexdigest()}",
            self._tar_bytes,
            self._blob_bytes,
            self.files,
            self._blob,
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
