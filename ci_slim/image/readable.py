"""Files that are made from other files: their common part, and a part of a file as a file."""

import io
import os
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class ReadFile(io.BufferedIOBase, BinaryIO):
    """A seekable file to read from. A derived class implements `read` and `seek`, and stores the
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

    def read_around(self, position: int, least: int) -> tuple[bytes, int]:
        """Bytes around a position, and the position at which they begin.

        They contain at least `least` bytes from the position on, unless the file ends, and more if
        more are available anyway.
        """
        self.seek(position)
        return self.read(least), position

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)


class Slice(ReadFile):
    """A read-only, seekable window of `size` bytes on another seekable file.

    Nothing is copied, and closing a slice does not close the file. If the file is on a disk and
    flushed, several threads may read slices of it. Otherwise only one thread at a time may read
    them.
    """

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file = file
        self._offset = offset
        self._size = size
        self._descriptor = _descriptor(file)

    @property
    def offset(self) -> int:
        """The position in the whole file at which it begins."""
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

    def read_around(self, position: int, least: int) -> tuple[bytes, int]:
        """See `ReadFile`. The result may have bytes of the whole file on both sides."""
        if not isinstance(self._file, ReadFile):
            return super().read_around(position, least)
        data, start = self._file.read_around(self._offset + position, least)
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
    """The file descriptor through which a file on a disk can be read at any position."""
    if isinstance(file, ReadFile):
        return None
    try:
        return file.fileno()
    except (OSError, AttributeError):
        return None
