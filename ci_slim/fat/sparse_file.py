"""A long file that is read once while it arrives, and of which only what is read is kept.

Of a saved image of a gigabyte, a slim image needs the headers of all members and the bytes of few.
Whoever reads through a `SparseFile` keeps what they read; what they skip is forgotten and never
takes room on the disk. Positions stay those of the whole file.
"""

import heapq
import sys
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from ci_slim.image.readable import ReadFile
from ci_slim.image.tar import BLOCK

GAP = 4096
"""What is skipped is forgotten from so many bytes on: less is not worth a part of its own."""


_NONE = [sys.maxsize, 0]


class Extent(NamedTuple):
    """The bytes `start` to `end` of the whole, which lie in the file of parts at `offset`."""

    start: int
    end: int
    offset: int


class NotKept(LookupError):
    """Bytes that were skipped were asked for."""


class SparseFile(ReadFile):
    """The parts of a long file that are known, as a file with the positions of the whole.

    While `chunks` arrive, reading behind what is there takes more of them, and the last block
    before what is read is kept as well: in a tar it holds the header that announced it. What was
    only `at_hand` is forgotten unless it is wanted.
    Not to be shared by threads: `again` gives another one that knows the same parts.
    """

    def __init__(self, parts: BinaryIO, chunks: Iterable[bytes | memoryview] = ()) -> None:
        self._file = parts
        self._chunks = iter(chunks)
        self._chunk = b""
        self._chunk_start = 0
        self._parts: list[Extent] = []
        self._wanted: list[list[int]] = []
        """A heap of start and end."""
        self._last = _NONE
        """The range that was wanted last, while it is in the heap."""
        self._recent: tuple[int, bytes] = (0, b"")
        self._written = 0
        self._arrived = 0
        """Up to here, it is decided what is kept."""

    def again(self, parts: BinaryIO) -> "SparseFile":
        """The same, read through another file of the same parts. All has to have arrived."""
        other = SparseFile(parts)
        other._parts, other._arrived = list(self._parts), self._arrived
        return other

    # -- while it arrives ----------------------------------------------------------------------

    def want(self, start: int, end: int) -> None:
        """Keep this range of what is still to come even when it is skipped."""
        last = self._last
        if last[0] <= start <= last[1] + GAP:  # in a tar of small files, that is the usual case
            last[1] = max(last[1], end)
        else:
            self._last = [start, end]
            heapq.heappush(self._wanted, self._last)

    def at_hand(self, position: int, least: int) -> tuple[bytes, int]:
        """See `ReadFile`. What lies before the position and is not wanted is forgotten; of what
        was forgotten, so much is read as is known. Raises Forgotten where that is not a block."""
        if position < self._arrived:
            gap, _ = next(self.gaps(position, position + least), (position + least, 0))
            return super().at_hand(position, max(BLOCK, gap - position))
        self._pass(position)
        while (end := self._chunk_start + len(self._chunk)) < position + least:
            rest = self._chunk[self._arrived - self._chunk_start :]
            if not self._next():
                self._chunk, self._chunk_start = rest, end - len(rest)
                break
            self._chunk, self._chunk_start = rest + self._chunk, end - len(rest)
        return self._chunk, self._chunk_start

    def finish(self) -> None:
        """Take what is still to come."""
        self._pass(sys.maxsize)
        self._chunk, self._chunk_start = b"", self._arrived
        self._file.flush()

    def _skip(self, to: int) -> None:
        """Come to a position; what lies before it is kept where it is little."""
        if to - self._arrived > GAP:
            self._pass(to - BLOCK)
        self._take(to, keep=True)

    def _pass(self, to: int) -> None:
        """Come to a position; what lies before it is kept where it is wanted."""
        wanted = self._wanted
        while wanted and wanted[0][0] < to:
            start, end = wanted[0]
            self._take(start, keep=False)
            self._take(min(end, to), keep=True)
            if end > to:
                return
            if heapq.heappop(wanted) is self._last:
                self._last = _NONE
        self._take(to, keep=False)

    def _take(self, to: int, *, keep: bool) -> None:
        while self._arrived < to:
            start = self._arrived - self._chunk_start
            here = min(to - self._arrived, len(self._chunk) - start)
            if here:
                if keep:
                    self._keep(memoryview(self._chunk)[start : start + here])
                self._arrived += here
            elif not self._next():
                return

    def _next(self) -> bool:
        """Take the next chunk instead of this one; whether there is one."""
        following = next(self._chunks, None)
        if following is None:
            return False
        self._chunk_start += len(self._chunk)
        self._chunk = bytes(following)
        return True

    def _keep(self, data: memoryview) -> None:
        """Keep a piece that is arriving."""
        start, end = self._arrived, self._arrived + len(data)
        before = self._parts[-1] if self._parts else None
        if before and before.end == start and before.offset + start - before.start == self._written:
            self._parts[-1] = Extent(before.start, end, before.offset)
        else:
            self._parts.append(Extent(start, end, self._written))
        self._file.write(data)
        self._written += len(data)

    # -- what is known -------------------------------------------------------------------------

    def gaps(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The ranges between two positions that are not known, ascending."""
        for part in self._between(start, end):
            if part.start > start:
                yield start, part.start
            start = max(start, part.end)
        if start < end:
            yield start, end

    def fill(self, start: int, data: bytes) -> None:
        """Make the bytes of a gap known. All has to have arrived."""
        self._file.seek(self._written)
        self._file.write(data)
        self._file.flush()
        insort(self._parts, Extent(start, start + len(data), self._written))
        self._written += len(data)

    def _between(self, start: int, end: int) -> Iterator[Extent]:
        first = max(0, bisect_right(self._parts, start, key=_start) - 1)
        for number in range(first, len(self._parts)):
            part = self._parts[number]
            if part.start >= end:
                return
            if part.end > start:
                yield part

    # -- as a file -----------------------------------------------------------------------------

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """The end is where all that arrived ends."""
        self._position = (0, self._position, self._arrived)[whence] + offset
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises Forgotten when something of it is not known."""
        start, arrived = self._position, self._arrived
        end = arrived if size is None or size < 0 else start + size
        data: bytes = self._known(start, min(end, arrived)) if start < arrived else b""
        if end > arrived:
            self._skip(max(start, arrived))
            data += self._arriving(end)
        if data:
            self._recent = (start, data)
        self._position += len(data)
        return data

    def _arriving(self, to: int) -> bytes:
        """What comes up to a position, which is kept."""
        pieces = []
        while self._arrived < to:
            start = self._arrived - self._chunk_start
            piece = self._chunk[start : start + to - self._arrived]
            if piece:
                self._keep(memoryview(piece))
                self._arrived += len(piece)
                pieces.append(piece)
            elif not self._next():
                break
        return b"".join(pieces)

    def _known(self, start: int, end: int) -> bytes:
        recent, data = self._recent
        if recent <= start and end <= recent + len(data):
            return data[start - recent : end - recent]
        if gap := next(self.gaps(start, end), None):
            raise NotKept("bytes {} to {} of the file".format(*gap))
        self._file.flush()
        pieces = []
        for part in self._between(start, end):
            at = max(start, part.start)
            self._file.seek(part.offset + at - part.start)
            pieces.append(self._file.read(min(end, part.end) - at))
        self._file.seek(self._written)
        return b"".join(pieces)


def _start(part: Extent) -> int:
    return part.start
