"""Files made of other files: what they share, and a part of a file as one of its own."""

import io
import os
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class ReadFile(io.BufferedIOBase, BinaryIO):
    """A seekable file to read from. Who derives from it gives `read` and `seek`, and keeps the
    position."""

    _position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(size)

    def at_hand(self, position: int, least: int) -> tuple[bytes, int]:
        """Bytes around a position, and where they begin: at least so many from the position on,
        unless the file ends, and more where more are there anyway."""
        self.seek(position)
        return self.read(least), position

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)


class Slice(ReadFile):
    """A read-only, seekable window of `size` bytes on another seekable file.

    Nothing is copied, and closing a slice leaves the file open. Slices of one file on a disk may
    be read in several threads, once what was written to it is flushed; of any other file, one
    thread at a time may read them.
    """

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file = file
        self._offset = offset
        self._size = size
        self._descriptor = _descriptor(file)

    @property
    def offset(self) -> int:
        """Where in the whole file it begins."""
        return self._offset

    @property
    def mode(self) -> str:
        return "rb"

    @property
    def name(self) -> str:
        return f"<{self._size} bytes at {self._offset}>"

    def seek(self, offset: int, whence: int = 0, /) -> int:
        base = (0, self._position, self._size)[whence]
        if base + offset < 0:
            raise ValueError(f"negative position {base + offset} in {self.name}")
        self._position = base + offset
        return self._position

    def at_hand(self, position: int, least: int) -> tuple[bytes, int]:
        """See `ReadFile`. There may be bytes of the whole file on both sides."""
        if not isinstance(self._file, ReadFile):
            return super().at_hand(position, least)
        data, start = self._file.at_hand(self._offset + position, least)
        return data, start - self._offset

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._size - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        if not wanted:
            return b""
        at = self._offset + self._position
        if self._descriptor is not None:
            data = os.pread(self._descriptor, wanted, at)
        else:
            self._file.seek(at)
            data = self._file.read(wanted)
        self._position += len(data)
        return data


def _descriptor(file: BinaryIO) -> int | None:
    """The descriptor by which the bytes of a file on a disk are read at any position."""
    if isinstance(file, ReadFile):
        return None
    try:
        return file.fileno()
    except (OSError, AttributeError):
        return None
