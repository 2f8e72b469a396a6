"""Finds the old file that a new file resembles, and the parts that they share. Pure.

Parts are found by content. A file is cut at places that depend only on the bytes there, so a part
that moved is cut at the same places again. A regular expression finds the cuts, at the speed of C.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import chain, pairwise
from typing import NamedTuple
from zlib import crc32

from ci_slim.device.byte_classes import sparse

_CUT = re.compile(sparse(167, 0xE0) + sparse(101, 0xE0) + sparse(211, 0xC0), re.DOTALL)
"""Matches once in about 1,500 bytes of a program, and once in about 900 of Python sources
(measured)."""
_SHORTEST, _LONGEST = 512, 16384
_NUMBERS = re.compile(
    r"(?<![0-9A-Za-z])(?=[a-f]*\d)[0-9a-f]{8,64}(?![0-9A-Za-z])|\d+(?:[._]\d+)*(?:[a-z]+\d+)?"
)
"""Digests of the content, which wheels and bundlers write into names, and versions."""
_WHOLE = 256 << 10
"""All parts of a file of at most this size are stored."""
_VOTES = 64
"""The most parts of a file that are looked up to find its source."""


class Part(NamedTuple):
    """A part of a file."""

    digest: bytes
    offset: int
    size: int


class Match(NamedTuple):
    """`size` bytes at `offset` of the new file are equal to those at `source` of the old one."""

    offset: int
    source: int
    size: int


def parts(data: bytes, base: int = 0) -> Iterator[Part]:
    """The parts of a file, whose bytes begin at position `base`."""
    view = memoryview(data)
    for start, end in _ranges(data):
        yield Part(blake2b(view[start:end], digest_size=8).digest(), base + start, end - start)


def _ranges(data: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of each part."""
    return pairwise(chain((0,), _cuts(data)))


def _cuts(data: bytes) -> Iterator[int]:
    last = 0
    for found in _CUT.finditer(data):
        cut = found.end()
        while cut - last > _LONGEST:
            last += _LONGEST
            yield last
        if cut - last >= _SHORTEST:
            last = cut
            yield cut
    while len(data) - last > _LONGEST:
        last += _LONGEST
        yield last
    if last < len(data):
        yield len(data)


def _telling(data: bytes) -> Iterator[tuple[int, int]]:
    """The parts that tell which file they are of, each as a checksum and a size. A run of one byte,
    which fills up the pages of each library, does not."""
    for start, end in _ranges(data):
        if data.count(data[start : start + 1], start, end) < end - start:
            yield crc32(data[start:end]), end - start


def normal_name(path: str) -> str:
    """A path without its version numbers and digests. A new version of the same file has the same
    one."""
    return _NUMBERS.sub("#", path)


class Resembling:
    """Old files by their content."""

    def __init__(self) -> None:
        self._by_part: dict[int, str] = {}

    def learn(self, path: str, data: bytes) -> None:
        """Store the parts of an old file."""
        for checksum, _ in _telling(data):
            # Of a large file, a quarter of the parts is enough.
            if checksum & 3 == 0 or len(data) <= _WHOLE:
                self._by_part.setdefault(checksum, path)

    def find(self, data: bytes, but: str = "") -> str | None:
        """The old file, but this one, that has most of a new file's content. None if no file has
        any of it."""
        votes: dict[str, int] = defaultdict(int)
        counted = 0
        for checksum, size in _telling(data):
            if (path := self._by_part.get(checksum)) is not None:
                votes[path] += size
                counted += 1
                if counted == _VOTES:
                    break
        votes.pop(but, None)
        ranked = sorted(votes, key=lambda each: (-votes[each], each))
        return ranked[0] if ranked else None


class Sources:
    """The files of the old image by name."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        """`sizes` has the size of each file that can be a source, by path."""
        self.sizes = sizes
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_base: dict[str, list[str]] = defaultdict(list)
        for path in sorted(sizes):
            self._by_name[normal_name(path)].append(path)
            self._by_base[normal_name(path.rpartition("/")[2])].append(path)

    def candidates(self, path: str, size: int) -> list[str]:
        """Old files that may be an older version of a new file, judged by their names. The most
        likely one comes first."""
        if path in self.sizes:
            return [path]
        named = self._by_name.get(normal_name(path), [])
        if not named:
            named = self._by_base.get(normal_name(path.rpartition("/")[2]), [])
        return sorted(named, key=lambda each: (abs(self.sizes[each] - size), each))

    def namesakes(self, path: str) -> list[str]:
        """The old files of the same name in other folders, those of the most similar size first."""
        size = self.sizes[path]
        found = self._by_base[normal_name(path.rpartition("/")[2])]
        others = sorted(found, key=lambda each: (abs(self.sizes[each] - size), each))
        return [each for each in others if each != path]


def matches(old: Iterable[Part], new: Iterable[Part]) -> Iterator[Match]:
    """The parts of the new file that the old file has, in order, with adjacent parts joined."""
    places: dict[bytes, tuple[int, int]] = {}
    for part in old:
        places.setdefault(part.digest, (part.offset, part.size))
    pending: Match | None = None
    for part in new:
        place = places.get(part.digest)
        if place is None or place[1] != part.size:
            continue
        if (
            pending is not None
            and pending.offset + pending.size == part.offset
            and pending.source + pending.size == place[0]
        ):
            pending = pending._replace(size=pending.size + part.size)
            continue
        if pending is not None:
            yield pending
        pending = Match(part.offset, place[0], part.size)
    if pending is not None:
        yield pending
