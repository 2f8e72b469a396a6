"""The sizes of an image's files on the disk: a million of them would take 150 MB of memory."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path


class SpooledSizes:
    """Paths with bytes, in the order they came, to be read as often as wanted."""

    def __init__(self, scratch: Path, items: Iterable[tuple[str, int]]) -> None:
        """The file lies in `scratch` and is gone when it is closed."""
        self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - read later
        for path, size in items:  # no path holds a NUL
            self._file.write(b"%s\0%d\n" % (path.encode("utf-8", "surrogateescape"), size))

    def __iter__(self) -> Iterator[tuple[str, int]]:
        self._file.seek(0)
        path = b""
        for line in self._file:
            path += line
            if b"\0" in line:  # a path may hold a line's end
                name, _, size = path.partition(b"\0")
                yield name.decode("utf-8", "surrogateescape"), int(size)
                path = b""
