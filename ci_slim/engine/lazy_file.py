"""Files of this machine that are opened when they are first read."""

from pathlib import Path
from typing import BinaryIO, cast

from ci_slim.image.archive import StoredFile


def stored_file(path: Path) -> StoredFile:
    """A file of a layout. It is opened when it is first read."""
    return StoredFile(cast(BinaryIO, LazyFile(path)), 0, path.stat().st_size)


class LazyFile:
    """A file that is opened when it is first read. A layout may have more blobs than a process may
    have open files, and only few of them are read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._file = self._path.open("rb")
        return self._file

    def fileno(self) -> int:
        return self._opened().fileno()

    def seek(self, offset: int) -> int:
        return self._opened().seek(offset)

    def read(self, size: int) -> bytes:
        return self._opened().read(size)
