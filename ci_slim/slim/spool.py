"""A stream of `docker save` written to a file, and its layers read while they come in.

Reading a gigabyte back and indexing it costs two seconds that pass here beside the transfer.
"""

import contextlib
import tarfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, cast

from ci_slim.errors import UsageError
from ci_slim.image.files import Layer, Slice, read_layer
from ci_slim.slim import estimate

_OTHER = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"{", b"[")
"""How members begin that are no uncompressed layers: gzip, zstd, documents."""


@dataclass(frozen=True, slots=True)
class Read:
    """A layer that was read on the way: its files, as of layer 0, and its estimated blob."""

    layer: Layer
    blob_bytes: int


def spool(chunks: Iterable[bytes], path: Path) -> dict[int, Read]:
    """Write the stream to `path`; give the uncompressed layers by the offset of their data.

    What cannot be read is left out: whoever needs it meets the error at its place.
    """
    found: dict[int, Read] = {}
    with path.open("wb", buffering=0) as out, path.open("rb", buffering=0) as behind:
        growing = _Growing(behind)
        reader = threading.Thread(target=_read, args=(growing, found), daemon=True)
        reader.start()
        try:
            for chunk in chunks:
                out.write(chunk)
                growing.more(len(chunk))
        finally:
            growing.end()
            reader.join()
    return found


class _Growing:
    """A file that is still being written: `read` waits until the bytes are there, and raises
    EOFError when they never come."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._changed = threading.Condition()
        self._size = self._position = 0
        self._ended = False

    def more(self, size: int) -> None:
        with self._changed:
            self._size += size
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    def seek(self, position: int) -> int:
        self._position = position
        return position

    def read(self, size: int) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._size >= self._position + size)
            if self._size < self._position + size:
                raise EOFError
        self._file.seek(self._position)
        data = self._file.read(size)
        self._position += len(data)
        return data


def _read(file: _Growing, found: dict[int, Read]) -> None:
    # The end of the stream, a broken layer, something that is no archive: others tell.
    with contextlib.suppress(EOFError, UsageError, tarfile.HeaderError):
        _walk(file, found)


def _walk(file: _Growing, found: dict[int, Read]) -> None:
    """Read the members of the archive, one after the other."""
    position = 0
    while True:
        file.seek(position)
        header = file.read(tarfile.BLOCKSIZE)
        member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        position += tarfile.BLOCKSIZE
        if member.size < 0:
            return
        if member.isreg() and member.size >= tarfile.BLOCKSIZE:
            window = Slice(cast(BinaryIO, file), position, member.size)
            if not window.read(16).startswith(_OTHER):
                layer = read_layer(window, 0)
                found[position] = Read(layer, estimate.compressed(window, member.size))
        position += -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
