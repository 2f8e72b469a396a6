"""A list of the sizes of an image's files, kept on disk: a million would need 150 MB of memory."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path


class SpooledSizes:
    """Paths with their bytes, in the given order. They can be read several times."""

    def __init__(self, scratch: Path, items: Iterable[tuple[str, int]]) -> None:
        """Write the items to a file in `scratch`, which disappears when it is closed."""
        self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - read later
        for path, size in items:  # a path cannot contain NUL
            self._file.write(b"%s\0%d\n" % (path.encode("utf-8", "surrogateescape"), size))

    def __iter__(self) -> Iterator[tuple[str, int]]:
        self._file.seek(0)
        path = b""
        for line in self._file:
            path += line
            if b"\0" in line:  # a path can contain a line break
                name, _, size = path.partition(b"\0")
                yield name.decode("utf-8", "surrogateescape"), int(size)
                path = b""
