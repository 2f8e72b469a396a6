"""The files of the old image, as sources of a delta. Files are read through `Contents`."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from hashlib import sha256

from ci_slim.device.matching import Resembling, Sources, normal_name
from ci_slim.device.tar_diff import SOURCE_MOST
from ci_slim.image.files import Contents, FileIndex, Kind

_TINY = 128
"""Files of at most so many bytes are no sources by their content."""
_NAMESAKES = 8
"""So many files of the same name are compared with a file without a look at their content."""
_WORTH, _WORTH_SECOND = 1024, 256
"""One compressed byte is worth to read so many bytes, and fewer for a second source, which often
saves nothing."""

ZEROS = 511
"""The most bytes that fill up a file in a tar."""
_LOOKED_AT = 32 << 20
"""The bytes of old files in which zeros are looked for."""


class OldImage:
    """The files of the old image, as sources of a delta."""

    def __init__(self, index: FileIndex, contents: Contents) -> None:
        self._index, self._contents = index, contents
        self._paths = {
            path[1:]: path
            for path in index
            if index[path].kind is Kind.FILE and index[path].size and _is_name(path)
        }
        self.sizes = {name: index[path].size for name, path in self._paths.items()}
        self.sources = Sources(self.sizes)
        self._by_size: dict[int, list[str]] = defaultdict(list)
        for name in sorted(self.sizes):
            self._by_size[self.sizes[name]].append(name)
        self._digests: dict[str, bytes] = {}
        self._total = sum(self.sizes.values())
        self._lacking = 0
        self._of_name: dict[str, Resembling] = {}

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Bytes of an old file."""
        return self._contents.read(self._paths[name], offset, size)

    def size(self, name: str) -> int:
        """The size of an old file, or -1 if there is no such file."""
        return self.sizes.get(name, -1)

    def same(self, name: str, size: int, pieces: Callable[[], Iterable[bytes]]) -> str | None:
        """An old file with exactly this content, preferably with the same name. `pieces` returns
        the content from its beginning."""
        if self.sizes.get(name) == size and self._has(name, pieces()):
            return name
        others = [each for each in self._by_size.get(size, []) if each != name]
        if not others:
            return None
        digest = sha256()
        for piece in pieces():
            digest.update(piece)
        wanted = digest.digest()
        return next((each for each in others if self._digest(each) == wanted), None)

    def _has(self, name: str, pieces: Iterable[bytes]) -> bool:
        """Whether an old file of the same size consists of these pieces."""
        position = 0
        for piece in pieces:
            if self.read(name, position, len(piece)) != piece:
                return False
            position += len(piece)
        return True

    @cached_property
    def zeros(self) -> tuple[str, int] | None:
        """An old file with `ZEROS` zeros, and their offset. None if no file that was looked at has
        them. Libraries have them, so small ones are looked at first."""
        return next(self._find_zeros(), None)

    def _find_zeros(self) -> Iterator[tuple[str, int]]:
        looked = 0
        for name in sorted(self.sizes, key=self._distance_from_zeros):
            if self.sizes[name] < ZEROS or looked + self.sizes[name] > _LOOKED_AT:
                continue
            looked += self.sizes[name]
            if (at := self.read(name, 0, -1).find(bytes(ZEROS))) >= 0:
                yield name, at

    def _distance_from_zeros(self, name: str) -> tuple[bool, int, str]:
        return ".so" not in name.rpartition("/")[2], self.sizes[name], name

    def resembling(self, data: bytes, lacking: int) -> str | None:
        """The old file that has most of this content. All old files are read for it, once the bytes
        that are `lacking` (compressed, in all calls together) are worth it. Before, None."""
        self._lacking += lacking
        return self._of_all.find(data) if self._lacking * _WORTH >= self._total else None

    def second(self, source: str, data: bytes, lacking: int) -> list[str]:
        """Old files that may have some of what a source lacks: those of the same name in other
        folders, and the one that has most of this content. For that, all old files are read if the
        bytes that are `lacking` (compressed) are worth it, else only those of the same name."""
        others = self.sources.namesakes(source)
        found = None
        if lacking * _WORTH_SECOND >= self._total:
            found = self._of_all.find(data, source)
        elif len(others) > _NAMESAKES:
            name = normal_name(source.rpartition("/")[2])
            if name not in self._of_name:
                self._of_name[name] = self._learned([*others, source])
            found = self._of_name[name].find(data, source)
        return [*dict.fromkeys((*([found] if found else ()), *others[:_NAMESAKES]))]

    @cached_property
    def _of_all(self) -> Resembling:
        return self._learned(self.sizes)

    def _learned(self, names: Iterable[str]) -> Resembling:
        """These files by their content."""
        found = Resembling()
        for name in sorted(names):
            if _TINY < self.sizes[name] <= SOURCE_MOST:
                found.learn(name, self.read(name, 0, -1))
        return found

    def _digest(self, name: str) -> bytes:
        if name not in self._digests:
            self._digests[name] = sha256(self.read(name, 0, -1)).digest()
        return self._digests[name]


def _is_name(path: str) -> bool:
    """Whether a delta can have this path. Its paths are UTF-8 with at most 4 KiB."""
    try:
        return len(path.encode()) <= 4096
    except UnicodeEncodeError:
        return False
