"""Finds which bytes of an old file the bytes of a new file resemble, though few are equal. Pure.

In a program that was built again, addresses differ in every function. So long equal parts are rare,
but whole regions are the old ones with some bytes changed. Short equal strings, chosen by content,
lead to the old region; it is extended as long as more bytes are equal than not. The result is that
of bsdiff, some per cent larger, without its memory and in a fraction of its time.
"""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

_LENGTH = 8
_RUNS = {0, 0x20, 0xFF}
"""Bytes that come in long runs. Seeds in them would be found everywhere."""


def _sparse(factor: int, mask: int) -> bytes:
    members = (b for b in range(256) if b * factor & mask == 0 and b not in _RUNS)
    return b"[" + b"".join(b"\\x%02x" % byte for byte in members) + b"]"


def _seed(first: int) -> re.Pattern[bytes]:
    start = _sparse(167, first) + _sparse(101, 0xC0)
    return re.compile(b"(?=(" + start + b".{%d}))" % (_LENGTH - 2), re.DOTALL)


_SEEDS = ((4 << 20, _seed(0x80)), (12 << 20, _seed(0xC0)))
"""What the seeds of a file of up to so many bytes look like. There are fewer in a larger file,
since each takes about 170 bytes of memory."""
_FEW_SEEDS = _seed(0xE0)
_MOST_PLACES = 8
"""A seed that is in more places of the old file is looked for in the first ones."""
_NEAR, _FAR = 32, 256
_NEAR_GAIN, _FAR_GAIN = 12, 40
"""How many more bytes must be equal within the next 32 or 256, to go on at another place."""
_STEP = 2048
_EQUAL = 4096
_SCORES = (1, *(-1,) * 255)


class Span(NamedTuple):
    """`size` bytes at `offset` of the new file resemble those at `source` of the old one."""

    offset: int
    source: int
    size: int


def align(old: bytes, new: bytes, shift: int = 0) -> Iterator[Span]:
    """The regions of `new` that resemble regions of `old`, in order. `shift` is where the first
    byte of `new` is expected in `old`."""
    pair = _Pair(old, new)
    start, known, position = 0, pair.equal(0, shift), 0
    position = known
    while found := pair.seed.search(new, position):
        at = found.start()
        if pair.is_at(at, shift):
            position = known = pair.equal(at + _LENGTH, shift)
            continue
        position = at + 1
        other = pair.better(found[1], at, shift)
        if other is not None:
            end, begin = pair.split(shift, other, known, at)
            if end > start:
                yield Span(start, start + shift, end - start)
            start, shift = begin, other
            position = known = pair.equal(at + _LENGTH, shift)
    end = pair.forward(shift, known, len(new))
    if end > start:
        yield Span(start, start + shift, end - start)


class _Pair:
    """An old and a new file. A shift is added to a position in the new file, and gives that in the
    old one."""

    def __init__(self, old: bytes, new: bytes) -> None:
        self._old, self._new = old, new
        fitting = (seed for most, seed in _SEEDS if len(old) <= most)
        self.seed = next(fitting, _FEW_SEEDS)
        self._seeds: dict[bytes, tuple[int, ...]] | None = None

    def is_at(self, at: int, shift: int) -> bool:
        """Whether the seed at this position is at the same place of the old file."""
        return at + shift >= 0 and self._old.startswith(self._new[at : at + _LENGTH], at + shift)

    def equal(self, at: int, shift: int) -> int:
        """The end of the equal bytes from here on, in steps."""
        old, new = self._old, self._new
        if at + shift < 0:
            return at
        while (piece := new[at : at + _EQUAL]) and old.startswith(piece, at + shift):
            at += len(piece)
        return at

    def better(self, seed: bytes, at: int, shift: int) -> int | None:
        """The shift with which clearly more of the next bytes are equal. None if there is none."""
        best: tuple[int, int] | None = None
        near = self._same(at, shift, _NEAR)
        far: int | None = None
        for place in self._places(seed):
            other_near = self._same(at, place - at, _NEAR)
            if other_near < near + _LENGTH // 2 and other_near < _NEAR // 2:
                continue
            far = self._same(at, shift, _FAR) if far is None else far
            other_far = self._same(at, place - at, _FAR)
            if other_near >= near + _NEAR_GAIN or other_far >= far + _FAR_GAIN:
                found = (other_near + other_far, place - at)
                best = found if best is None or found[0] > best[0] else best
        return None if best is None else best[1]

    def split(self, shift: int, other: int, known: int, at: int) -> tuple[int, int]:
        """Where the region with one shift ends, and where that with the other begins."""
        end, begin = self.forward(shift, known, at), self._backward(other, at, known)
        if begin >= end:
            return end, begin
        gains = zip(self._xor(begin, end, shift), self._xor(begin, end, other), strict=True)
        sums = list(accumulate(((a == 0) - (b == 0) for a, b in gains), initial=0))
        end = begin + sums.index(max(sums))
        return end, end

    def forward(self, shift: int, at: int, limit: int) -> int:
        """The end of the region from `at` on, in which more bytes are equal than not."""
        limit = min(limit, len(self._old) - shift)
        best, total, end = 0, 0, at
        while at < limit and at + shift >= 0 and total > best - _STEP // 2:
            sums = _sums(self._xor(at, min(limit, at + _STEP), shift))
            if total + (highest := max(sums)) > best:
                best, end = total + highest, at + len(sums) - sums[::-1].index(highest)
            total, at = total + sums[-1], at + len(sums)
        return end

    def _backward(self, shift: int, at: int, limit: int) -> int:
        limit = max(limit, -shift)
        best, total, begin = 0, 0, at
        while at > limit and total > best - _STEP // 2:
            sums = _sums(self._xor(max(limit, at - _STEP), at, shift)[::-1])
            if total + (highest := max(sums)) > best:
                best, begin = total + highest, at - len(sums) + sums[::-1].index(highest)
            total, at = total + sums[-1], at - len(sums)
        return begin

    def _places(self, seed: bytes) -> tuple[int, ...]:
        if self._seeds is None:  # files that are equal need none
            self._seeds = {}
            for found in self.seed.finditer(self._old):
                places = self._seeds.get(found[1], ())
                if len(places) < _MOST_PLACES:
                    self._seeds[found[1]] = (*places, found.start())
        return self._seeds.get(seed, ())

    def _same(self, at: int, shift: int, size: int) -> int:
        end = min(at + size, len(self._new), len(self._old) - shift)
        return self._xor(at, end, shift).count(0) if at + shift >= 0 and at < end else 0

    def _xor(self, start: int, end: int, shift: int) -> bytes:
        a, b = self._new[start:end], self._old[start + shift : end + shift]
        both = int.from_bytes(a, "little") ^ int.from_bytes(b, "little")
        return both.to_bytes(len(a), "little")


def _sums(differences: bytes) -> list[int]:
    return list(accumulate(map(_SCORES.__getitem__, differences)))


def subtract(new: bytes, old: bytes) -> bytes:
    """`new` minus `old`, of the same length, byte by byte modulo 256."""
    size = len(new)
    high = int.from_bytes(b"\x80" * size, "little")
    a, b = int.from_bytes(new, "little"), int.from_bytes(old, "little")
    # The lowest seven bits cannot borrow from the next byte while the eighth is set.
    return (((a | high) - (b & ~high)) ^ ((a ^ ~b) & high)).to_bytes(size, "little")
