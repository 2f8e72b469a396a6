"""A long file that is read once while it arrives. Only the parts that are read are kept.

A slim image needs the headers of all members of a saved image of a gigabyte, and the bytes of few.
What is read through a `SparseFile` is kept. What is skipped is dropped and never uses disk space.
Positions are those of the whole file.
"""

import heapq
import sys
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from ci_slim.image.readable import ReadFile
from ci_slim.image.tar import BLOCK

GAP = 4096
"""A skipped part is dropped if it has at least this many bytes. A smaller one is not
worth a gap."""


_NONE = [sys.maxsize, 0]


class Extent(NamedTuple):
    """The bytes `start` to `end` of the whole file. They are stored at `offset` in the file of
    parts."""

    start: int
    end: int
    offset: int


class NotKept(LookupError):
    """Skipped bytes were requested."""


class SparseFile(ReadFile):
    """The known parts of a long file, as a file with the positions of the whole file.

    While `chunks` arrive, reading beyond what is there takes more of them. The last block before
    the read part is kept too, because in a tar it has the header of the member. Bytes that only
    `read_around` returned are dropped unless they are wanted. An object must not be used by several
    threads: `again` returns another one with the same parts.
    """

    def __init__(self, parts: BinaryIO, chunks: Iterable[bytes | memoryview] = ()) -> None:
        self._file = parts
        self._chunks = iter(chunks)
        self._chunk = b""
        self._chunk_start = 0
        self._parts: list[Extent] = []
        self._wanted: list[list[int]] = []
        """A heap of ranges: start and end."""
        self._last = _NONE
        """The range that was wanted last, while it is in the heap."""
        self._recent: tuple[int, bytes] = (0, b"")
        self._written = 0
        self._arrived = 0
        """The position up to which it is decided what is kept."""

    def again(self, parts: BinaryIO) -> "SparseFile":
        """The same file, read through another file object of the same parts. Everything must have
        arrived."""
        other = SparseFile(parts)
        other._parts, other._arrived = list(self._parts), self._arrived
        return other

    # -- while it arrives ----------------------------------------------------------------------

    def want(self, start: int, end: int) -> None:
        """Keep this range of what has not arrived yet, even if it is skipped."""
        last = self._last
        if last[0] <= start <= last[1] + GAP:  # the usual case in a tar of small files
            last[1] = max(last[1], end)
        else:
            self._last = [start, end]
            heapq.heappush(self._wanted, self._last)

    def read_around(self, position: int, least: int) -> tuple[bytes, int]:
        """See `ReadFile`. Bytes before the position that are not wanted are dropped. After a gap,
        only the bytes up to the gap are returned. Raises NotKept if these are less than a block."""
        if position < self._arrived:
            gap, _ = next(self.gaps(position, position + least), (position + least, 0))
            return super().read_around(position, max(BLOCK, gap - position))
        self._pass(position)
        while (end := self._chunk_start + len(self._chunk)) < position + least:
            rest = self._chunk[self._arrived - self._chunk_start :]
            if not self._next():
                self._chunk, self._chunk_start = rest, end - len(rest)
                break
            self._chunk, self._chunk_start = rest + self._chunk, end - len(rest)
        return self._chunk, self._chunk_start

    def finish(self, to: int = sys.maxsize) -> None:
        """Take everything up to a position. What may come after it is not waited for."""
        self._pass(to)
        self._chunk, self._chunk_start = b"", self._arrived
        self._file.flush()

    def _skip(self, to: int) -> None:
        """Go to a position. What comes before it is kept if it is short."""
        if to - self._arrived > GAP:
            self._pass(to - BLOCK)
        self._take(to, keep=True)

    def _pass(self, to: int) -> None:
        """Go to a position. What comes before it is kept if it is wanted."""
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
        """Replace this chunk with the next one. Returns whether there is one."""
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
        """The unknown ranges between two positions, ascending."""
        for part in self._between(start, end):
            if part.start > start:
                yield start, part.start
            start = max(start, part.end)
        if start < end:
            yield start, end

    def fill(self, start: int, data: bytes) -> None:
        """Fill a gap with its bytes. Everything must have arrived."""
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
        """The end is the end of what has arrived."""
        self._position = (0, self._position, self._arrived)[whence] + offset
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises NotKept if some of the bytes are not known."""
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
        """The bytes up to a position, which are kept."""
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
