"""Checks that layers match their digests, in a thread, while their bytes are used."""

import hashlib
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ci_slim.errors import UsageError
from ci_slim.image.layer import Layer
from ci_slim.image.readable import ReadFile
from ci_slim.image.tar import scan
from ci_slim.image.tar_end import until_end
from ci_slim.image.unpacking import LIMITS, Limits, compression_of, unpacked

_CHUNK = 1 << 20
_AHEAD = 16
"""The most pieces that wait for the hash. Without a limit they could fill the memory."""

_BLOBS = b"blobs/sha256/"
_FILES = frozenset({0, 0x30})  # Docker also writes the folders of the blobs
Piece = bytes | memoryview


class BackgroundHash:
    """The digest of bytes, computed in a thread. hashlib works without the interpreter's lock."""

    def __init__(self, algorithm: str = "sha256") -> None:
        self._algorithm = algorithm
        self._pieces: queue.Queue[Piece | None] = queue.Queue(_AHEAD)
        self._hash = hashlib.new(algorithm)
        self._thread = threading.Thread(target=self._run, name="ci-slim-hash", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (piece := self._pieces.get()) is not None:
            self._hash.update(piece)

    def update(self, piece: Piece) -> None:
        self._pieces.put(piece)

    def digest(self) -> str:
        """The digest, as images write it. Nothing can be added after this."""
        self._pieces.put(None)
        self._thread.join()
        return f"{self._algorithm}:{self._hash.hexdigest()}"


def verify(layer: Layer, where: str) -> None:
    """Read an uncompressed layer. Raises UsageError if it does not match its digest."""
    _refuse_other(layer, blob_digest(layer, _algorithm(layer)), where)


def blob_digest(layer: Layer, algorithm: str = "sha256") -> str:
    """Read a layer's blob and return its digest."""
    found, blob = hashlib.new(algorithm), layer.open()
    while piece := blob.read(_CHUNK):
        found.update(piece)
    return f"{algorithm}:{found.hexdigest()}"


def unpack(layer: Layer, out: BinaryIO, where: str, limits: Limits = LIMITS) -> None:
    """Write a layer's tar. Raises UsageError if it is damaged, does not match its digest or exceeds
    the limits."""
    blob, found = layer.open(), BackgroundHash(_algorithm(layer))
    compression = compression_of(blob.read(4))
    blob.seek(0)
    try:
        place = f"{where}, layer {layer.digest}"
        for piece in until_end(unpacked(blob, compression, place, limits), out, place):
            found.update(piece)
            out.write(piece)
    finally:
        digest = found.digest()
    _refuse_other(layer, digest, where)


def _algorithm(layer: Layer) -> str:
    return layer.diff_id.partition(":")[0]


def _refuse_other(layer: Layer, tar_digest: str, where: str) -> None:
    """Raise UsageError if the uncompressed tar of a layer has another digest than the
    config says."""
    if layer.diff_id != tar_digest:
        raise UsageError(
            "the layer does not match the config",
            where=f"{where}, layer {layer.digest}",
            hint="the image is damaged: build, save or pull it again",
        )


def checked(chunks: Iterable[Piece], where: str) -> Iterator[Piece]:
    """Pass on an image archive while it arrives. A thread hashes its blobs meanwhile.

    Raises UsageError at the end if a blob does not match its name.
    """
    passing: queue.Queue[Piece | None] = queue.Queue(_AHEAD)
    wrong: list[str] = []
    arriving = _Arriving(iter(passing.get, None))
    thread = threading.Thread(
        target=arriving.hash_blobs, args=(wrong,), name="ci-slim-hash", daemon=True
    )
    thread.start()
    try:
        for chunk in chunks:
            passing.put(chunk)
            yield chunk
    finally:
        passing.put(None)
    thread.join()
    if wrong:
        raise UsageError(
            f"the blob {wrong[0]} does not match its digest",
            where=where,
            hint="the image is damaged: build, save or pull it again",
        )


class _Arriving(ReadFile):
    """An archive that is read once, forwards, from arriving pieces."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self._pieces = pieces
        self._data: Piece = b""
        self._start = 0

    def hash_blobs(self, wrong: list[str]) -> None:
        """Read to the end. The names of blobs that do not match their names are added to
        `wrong`."""
        try:
            for member in scan(self, arriving=True):
                if member.name.startswith(_BLOBS) and member.type in _FILES:
                    name = member.name.removeprefix(_BLOBS).decode("ascii", "replace")
                    found = hashlib.sha256()
                    for piece in self._take(member.data, member.size):
                        found.update(piece)
                    if found.hexdigest() != name:
                        wrong.append(f"sha256:{name}")
        except UsageError:
            pass  # the reader of the archive reports the error
        for _ in self._pieces:
            pass

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._position = offset
        return offset

    def read(self, size: int | None = -1, /) -> bytes:
        data = b"".join(self._take(self._position, size or 0))
        self._position += len(data)
        return data

    def read_around(self, position: int, least: int) -> tuple[bytes, int]:
        """See `ReadFile`. Bytes after the position stay available for the next read."""
        data = b"".join(self._take(position, least))
        self._data, self._start = data + bytes(self._data), position
        return data, position

    def _take(self, position: int, size: int) -> Iterator[Piece]:
        """The pieces of the next `size` bytes from a position on. What comes before it is
        skipped."""
        end = position + size
        while self._start < end:
            here = self._data[max(0, position - self._start) : end - self._start]
            if here:
                yield here
            if end < self._start + len(self._data):
                self._data, self._start = self._data[end - self._start :], end
                return
            self._start += len(self._data)
            self._data = memoryview(next(self._pieces, b""))
            if not self._data:
                return
