"""The pull size of layers that exist unpacked only, estimated while the image is being saved.

An image of the classic store has no compressed blobs until it is pushed. Compressing a gigabyte as
`docker push` does (gzip 6) takes half a minute; igzip at this level takes three seconds, which
pass while the stream comes in, and gives more: 9 % for the image of a Go toolchain, 18 % for a
plain text.
"""

import tarfile
import threading
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import Protocol

LEVEL = 2
_CHUNK = 1 << 20
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"{", b"[")
"""How blobs begin that are compressed already, or are documents."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def compressed(file: Readable, size: int, start: bytes = b"") -> int:
    """The compressed bytes of the next `size` bytes, the first of which may be read already."""
    from isal import isal_zlib

    compressor = isal_zlib.compressobj(LEVEL, wbits=31)
    total = len(compressor.compress(start))
    left = size - len(start)
    while left > 0 and (chunk := file.read(min(left, _CHUNK))):
        left -= len(chunk)
        total += len(compressor.compress(chunk))
    return total + len(compressor.flush())


def spool(chunks: Iterable[bytes], path: Path) -> dict[int, int]:
    """Write a stream of `docker save` to a file; meanwhile estimate its layers.

    Gives the compressed bytes of each uncompressed member, by the offset of its data.
    """
    found: dict[int, int] = {}
    with path.open("wb", buffering=0) as out, path.open("rb", buffering=0) as behind:
        follower = _Follower(behind)
        thread = threading.Thread(target=_estimate, args=(follower, found), daemon=True)
        thread.start()
        try:
            for chunk in chunks:
                out.write(chunk)
                follower.more(len(chunk))
        finally:
            follower.end()
            thread.join()
    return found


class _Follower:
    """Reads a file that grows; blocks until what it wants is there, or the end is known."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._grown = threading.Condition()
        self._available = self.position = 0
        self._ended = False

    def more(self, size: int) -> None:
        with self._grown:
            self._available += size
            self._grown.notify()

    def end(self) -> None:
        with self._grown:
            self._ended = True
            self._grown.notify()

    def read(self, size: int) -> bytes:
        with self._grown:
            self._grown.wait_for(lambda: self._ended or self._available >= self.position + size)
            size = max(0, min(size, self._available - self.position))
        self._file.seek(self.position)
        data: bytes = self._file.read(size)
        self.position += len(data)
        return data


def _estimate(file: _Follower, found: dict[int, int]) -> None:
    """Walk the members of the archive. What is not understood is left to the reader proper."""
    while len(header := file.read(tarfile.BLOCKSIZE)) == tarfile.BLOCKSIZE:
        try:
            member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            return
        data = file.position
        if member.isreg() and member.size:
            start = file.read(min(member.size, 16))
            if start and not start.startswith(_COMPRESSED):
                found[data] = compressed(file, member.size, start)
        file.position = data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
