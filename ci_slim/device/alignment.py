"""Finds which bytes of an old file the bytes of a new file resemble, though few are equal. Pure.

In a program that was built again, addresses differ in every function. So long equal parts are rare,
but whole regions are the old ones with some bytes changed. Both files are compared byte by byte.
Only where many bytes differ, another region is looked for: equal words of eight bytes lead to it.
Only words after certain bytes are looked at, since these are the same ones in both files. A word
that the old file has once leads anywhere, and one that it has more often leads to a near place.
It is extended as long as more bytes are equal than not. The result is that of bsdiff, some per cent
larger, without its memory and in a fraction of its time. Loops over bytes run in C.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, compress, islice, repeat
from operator import ne, sub
from typing import Literal, NamedTuple

from ci_slim.device.byte_classes import sparse

_LENGTH = 8
"""The bytes of a word. A word that both files have leads from one to the other."""


def _after(*classes: tuple[int, int]) -> re.Pattern[bytes]:
    """Finds the words after bytes of these classes, each a factor and a mask."""
    pattern = b"".join(sparse(factor, mask) for factor, mask in classes)
    return re.compile(pattern + b"(?=(.{%d}))" % _LENGTH, re.DOTALL)


_WORDS = (
    (1 << 20, _after((167, 0xC0))),
    (12 << 20, _after((167, 0xE0))),
    (1 << 62, _after((167, 0xE0), (101, 0x80))),
)
"""Of an old file of up to so many bytes, which words are known. In a program it is one in about 8,
15 or 30 bytes (measured), and one takes about 110 bytes of memory."""
_PLACE = 256
"""The place of a word is known to the next so many bytes."""
_OFTEN = -1
"""The place of a word that a file has more than once."""
_NEIGHBOURS = 512
"""How far from the expected place such a word is looked for."""
_LOOKED_FOR = 3
"""So many such words in a part of the new file are looked for."""
_REACH = 4096
"""Before the words of an old file are known, how far from the expected place they are looked for.
To know them takes a quarter of the time of a whole small change."""
_WORTH_A_TRIAL = 1000
"""To know the words of so many bytes takes as long as one look near by."""
_IN_COMMON, _LOST = 4, 16
"""A part with fewer equal bytes than one in so many has nothing in common with the old file here.
After so many such parts, the words of the old file are needed."""
_DIFFERENT = re.compile(
    rb"[^\0]" + rb"\0{0,7}+[^\0]" * 7 + rb"(?:\0{0,7}+[^\0]){0,22}+\0{0,7}+", re.DOTALL
)
"""In the difference of two regions: bytes of which at least every eighth differs. There it is
worth while to look for another region. Only the first ones are looked at. Without ways back, which
never help, the pattern takes half of the time."""
_BLOCK = 4096
_SURE = 16
"""After so many bytes without such a difference, the region was the right one."""
_CHUNK = 128
_MOST_PLACES = 6
"""A part of the new file is compared with so many places of the old file."""
_NEAR, _FAR = 32, 256
_NEAR_GAIN, _FAR_GAIN = 12, 40
"""How many more bytes must be equal within the next 32 or 256, to go on at another place."""
_STEP = 512
_GIVE_UP = 1024
"""A region ends where so many more bytes differ than are equal."""
_PART = 24
"""So many equal bytes are worth an operation of their own."""
_EQUAL_PART = re.compile(rb"\0{%d,}" % _PART)
"""In a difference: such bytes."""
_PART_WORD = _WORDS[1][1]
_BEFORE, _BEHIND = 1024, 4096
"""How far from the expected place a word of the next equal part is looked for."""
_NEAR_TRIALS = 64
"""After so many words that are not near, all words of the old file are made known."""
_FIRST_STEP = 64
_SCORES = bytes((1, *(255,) * 255))
"""As signed bytes: 1 for an equal byte, else -1."""
_EQUAL = bytes((1, *(0,) * 255))


_TAKEN = 48
"""So many differing bytes are worth the change to another old file."""
_DIFFERS = bytes((0, *(1,) * 255))


class Span(NamedTuple):
    """`size` bytes at `offset` of the new file resemble those at `source` of the old one."""

    offset: int
    source: int
    size: int


class Taken(NamedTuple):
    """A region, of a second old file or of the first."""

    second: bool
    span: Span


def align(old: bytes, new: bytes, shift: int = 0) -> Iterator[Span]:
    """The regions of `new` that resemble regions of `old`, in order. `shift` is where the first
    byte of `new` is expected in `old`."""
    pair = _Pair(old, new)
    start = known = position = 0
    while different := pair.different(position, shift):
        known = different[0] if different[0] - position >= _SURE else known
        better = pair.better(*different, shift)
        position = different[1]
        if better is not None:
            at, other = better
            end, begin = pair.split(shift, other, known, at)
            if end > start:
                yield Span(start, start + shift, end - start)
            start, shift = begin, other
            position = known = at + _LENGTH
    end = pair.forward(shift, known, len(new))
    if end > start:
        yield Span(start, start + shift, end - start)


def equal_parts(spans: Iterable[Span], old: bytes, new: bytes) -> Iterator[Span]:
    """The longer parts of regions in which all bytes are equal."""
    for offset, source, size in spans:
        difference = subtract(new[offset : offset + size], old[source : source + size])
        for part in _EQUAL_PART.finditer(difference):
            start, end = part.span()
            yield Span(offset + start, source + start, end - start)


def common_parts(old: bytes, new: bytes) -> Iterator[Span]:
    """The longer parts of `new` that `old` has too, in order. It takes a third of the time of
    `align`, or less, and finds less where few bytes in a row are equal."""
    end = _equal(old, 0, new, 0)
    if end >= _PART:
        yield Span(0, 0, end)
    places: dict[bytes, int] | None = None
    position, shift, failed = end, 0, 0
    while found := _PART_WORD.search(new, position):
        at, word = found.end(), found[1]
        place = at + shift
        if old[max(0, place) : place + _LENGTH] != word:
            if failed < _NEAR_TRIALS:
                place = old.find(word, max(0, place - _BEFORE), max(0, place + _BEHIND))
            else:
                places = _places(old, _PART_WORD) if places is None else places
                place = places.get(word, _OFTEN)
                place = old.find(word, place) if place != _OFTEN else -1
        before = size = 0
        if place >= 0:
            before = _equal_before(old, place, new, at, at - end)
            size = before + _equal(old, place, new, at)
        if size < _PART:
            failed += 1
            position = at
            continue
        yield Span(at - before, place - before, size)
        shift = place - at
        position = end = at - before + size


def differing(spans: Iterable[Span], old: bytes, new: bytes) -> bytes:
    """For each byte of the new file, 0 if a region has the same byte, else 1."""
    found = bytearray(b"\1" * len(new))
    for offset, source, size in spans:
        difference = subtract(new[offset : offset + size], old[source : source + size])
        found[offset : offset + size] = difference.translate(_DIFFERS)
    return bytes(found)


def filled(spans: Iterable[Span], others: Iterable[Span], differs: bytes) -> Iterator[Taken]:
    """The regions, with those of another old file where many bytes differ. `others` are equal
    parts. Both are in order."""
    left = [*spans][::-1]
    for offset, source, size in others:
        start = differs.find(1, offset, offset + size)
        end = differs.rfind(1, offset, offset + size) + 1
        if end - start < _TAKEN or differs.count(1, start, end) < _TAKEN:
            continue
        while left and left[-1].offset < end:
            span = left.pop()
            if span.offset < start:
                yield Taken(False, span._replace(size=min(span.size, start - span.offset)))
            if (more := span.offset + span.size - end) > 0:
                skipped = span.size - more
                left.append(Span(end, span.source + skipped, more))
        yield Taken(True, Span(start, source + start - offset, end - start))
    yield from (Taken(False, span) for span in reversed(left))


class _Pair:
    """An old and a new file. A shift is added to a position in the new file, and gives that in the
    old one."""

    def __init__(self, old: bytes, new: bytes) -> None:
        self._old, self._new = old, new
        self._word = next(word for most, word in _WORDS if len(old) <= most)
        self._places: dict[bytes, int] | None = None
        self._trials = self._lost = 0
        """Parts of the new file that were looked for near by, and those of them that had nothing in
        common with the old file, since the last better place."""
        self._block = b""
        """The last block of differences, where it begins, and its shift."""
        self._place = (0, 0)

    def different(self, at: int, shift: int) -> tuple[int, int] | None:
        """Begin and end of the next bytes of which many differ. None if there are none."""
        if at + shift < 0:
            return (at, min(-shift, len(self._new))) if at < len(self._new) else None
        last = len(self._old) - shift
        while at < len(self._new):
            if at >= last:
                return at, len(self._new)
            self._compare(at, shift)
            base = self._place[0]
            if found := _DIFFERENT.search(self._block, at - base):
                return base + found.start(), base + found.end()
            end = base + len(self._block)
            at = end if end >= min(last, len(self._new)) else max(at + 1, end - _NEAR)
        return None

    def better(self, begin: int, end: int, shift: int) -> tuple[int, int] | None:
        """A place in these bytes, and the shift with which clearly more of the bytes from there on
        are equal. None if there is none."""
        for start in range(begin, end, _CHUNK):
            shifts: dict[int, int] = {}
            for at, place in self._found(start, min(end, start + _CHUNK), shift):
                shifts.setdefault(place - at, at)
            shifts.pop(shift, None)
            if not shifts:
                continue
            here = self._xor(start, start + _CHUNK + _FAR, shift)
            best, result = 0, None
            for other, at in islice(shifts.items(), _MOST_PLACES):
                gain = _gain(here[at - start :], self._xor(at, at + _FAR, other))
                if gain > best:
                    best, result = gain, (at, other)
            if result is not None:
                self._lost = 0
                return result
        return None

    def split(self, shift: int, other: int, known: int, at: int) -> tuple[int, int]:
        """Where the region with one shift ends, and where that with the other begins."""
        end, begin = self.forward(shift, known, at), self._backward(other, at, known)
        if begin >= end:
            return end, begin
        equal, others = (self._xor(begin, end, at).translate(_EQUAL) for at in (shift, other))
        sums = list(accumulate(map(sub, equal, others), initial=0))
        end = begin + sums.index(max(sums))
        return end, end

    def forward(self, shift: int, at: int, limit: int) -> int:
        """The end of the region from `at` on, in which more bytes are equal than not."""
        limit = min(limit, len(self._old) - shift)
        best, total, end = 0, 0, at
        while at < limit and at + shift >= 0 and total > best - _GIVE_UP:
            sums = _sums(self._xor(at, min(limit, at + _STEP), shift))
            if total + (highest := max(sums)) > best:
                best, end = total + highest, at + len(sums) - sums[::-1].index(highest)
            total, at = total + sums[-1], at + len(sums)
        return end

    def _backward(self, shift: int, at: int, limit: int) -> int:
        limit = max(limit, -shift)
        best, total, begin = 0, 0, at
        while at > limit and total > best - _GIVE_UP:
            sums = _sums(self._xor(max(limit, at - _STEP), at, shift)[::-1])
            if total + (highest := max(sums)) > best:
                best, begin = total + highest, at - len(sums) + sums[::-1].index(highest)
            total, at = total + sums[-1], at - len(sums)
        return begin

    def _compare(self, at: int, shift: int) -> None:
        """Have the differences of a block with this position."""
        base, known = self._place
        if known != shift or not base <= at < base + len(self._block) - _NEAR:
            end = min(at + _BLOCK, len(self._new), len(self._old) - shift)
            self._block, self._place = self._xor(at, end, shift), (at, shift)

    def _found(self, start: int, end: int, shift: int) -> Iterator[tuple[int, int]]:
        """The words of the new file that begin in this range and are known, in order, with their
        places in the old file."""
        if self._places is None:
            if self._is_near_enough(start, end, shift):
                yield from self._near(start, end, shift)
                return
            self._places = _places(self._old, self._word)
        old, place_of, left = self._old, self._places.get, _LOOKED_FOR
        for found in self._word.finditer(self._new, start, min(end + _LENGTH, len(self._new))):
            word = found[1]
            if (place := place_of(word)) is None:
                continue
            at = found.end()
            if place != _OFTEN:
                yield at, old.find(word, place)
            elif left:
                left -= 1
                for place in self._nearest(word, at + shift, _NEIGHBOURS):
                    yield at, place

    def _is_near_enough(self, start: int, end: int, shift: int) -> bool:
        """Whether it is enough to look for near places only. It is not after many trials, or if
        several parts in a row have nothing in common with the old file here: they came from
        elsewhere."""
        self._trials += 1
        equal = self._xor(start, end, shift).count(0)
        self._lost += equal * _IN_COMMON < end - start
        return self._lost < _LOST and self._trials * _WORTH_A_TRIAL < len(self._old)

    def _near(self, start: int, end: int, shift: int) -> Iterator[tuple[int, int]]:
        """The first words of the new file that begin in this range, with the nearest places."""
        words = self._word.finditer(self._new, start, min(end + _LENGTH, len(self._new)))
        for found in islice(words, _LOOKED_FOR):
            for place in self._nearest(found[1], max(0, found.end() + shift), _REACH):
                yield found.end(), place

    def _nearest(self, word: bytes, expected: int, reach: int) -> Iterator[int]:
        """The next place of a word in the old file after the expected one, and the last one up to
        it, within this reach."""
        low, high = max(0, expected - reach), max(0, expected + reach)
        if (place := self._old.find(word, max(0, expected + 1), high)) >= 0:
            yield place
        if (place := self._old.rfind(word, low, max(0, expected + _LENGTH - 1))) >= 0:
            yield place

    def _xor(self, start: int, end: int, shift: int) -> bytes:
        """The differences in a range, as far as both files have it."""
        if start + shift < 0:
            return b""
        a, b = self._new[start:end], self._old[start + shift : max(0, end + shift)]
        size = min(len(a), len(b))
        both = int.from_bytes(a[:size], "little") ^ int.from_bytes(b[:size], "little")
        return both.to_bytes(size, "little")


def _gain(here: bytes, there: bytes) -> int:
    """How many more bytes are equal there than here, by the differences at both places. 0 if they
    are not clearly more."""
    near, other_near = here.count(0, 0, _NEAR), there.count(0, 0, _NEAR)
    if other_near < near + _LENGTH // 2 and other_near < _NEAR // 2:
        return 0
    far, other_far = here.count(0, 0, _FAR), there.count(0)
    if other_near < near + _NEAR_GAIN and other_far < far + _FAR_GAIN:
        return 0
    return max(1, other_near + other_far - near - far)


def _places(old: bytes, word: re.Pattern[bytes]) -> dict[bytes, int]:
    """The words of a file, each with a place after which it comes next, or `_OFTEN`."""
    found: dict[bytes, int] = {}
    again: list[bytes] = []
    for start in range(0, len(old), _PLACE):
        words = word.findall(old, start, start + _PLACE + _LENGTH)
        first = map(found.setdefault, words, repeat(start))
        again += compress(words, map(ne, first, repeat(start)))
    found.update(zip(again, repeat(_OFTEN)))
    return found


def _sums(differences: bytes) -> list[int]:
    return list(accumulate(memoryview(differences.translate(_SCORES)).cast("b")))


def _equal(old: bytes, source: int, new: bytes, offset: int) -> int:
    """How many bytes are equal from these positions on."""
    return _same(
        lambda start, end: (old[source + start : source + end], new[offset + start : offset + end]),
        min(len(old) - source, len(new) - offset),
        "little",
    )


def _equal_before(old: bytes, source: int, new: bytes, offset: int, most: int) -> int:
    """How many bytes are equal before these positions, up to `most`."""
    return _same(
        lambda start, end: (old[source - end : source - start], new[offset - end : offset - start]),
        min(most, source),
        "big",
    )


def _same(
    pair: Callable[[int, int], tuple[bytes, bytes]], most: int, order: Literal["little", "big"]
) -> int:
    """How many bytes are equal until the first different one, up to `most`. `pair` gives the bytes
    of both files in a range of distances; `order` says at which end the nearest byte is."""
    done, step = 0, _FIRST_STEP
    while done < most:
        end = min(done + step, most)
        a, b = pair(done, end)
        if a != b:
            different = int.from_bytes(a, order) ^ int.from_bytes(b, order)
            return done + ((different & -different).bit_length() - 1) // 8
        done, step = end, 2 * step
    return done


def subtract(new: bytes, old: bytes) -> bytes:
    """`new` minus `old`, of the same length, byte by byte modulo 256."""
    size = len(new)
    high = int.from_bytes(b"\x80" * size, "little")
    a, b = int.from_bytes(new, "little"), int.from_bytes(old, "little")
    # The lowest seven bits cannot borrow from the next byte while the eighth is set.
    return (((a | high) - (b & ~high)) ^ ((a ^ ~b) & high)).to_bytes(size, "little")


def add(old: bytes, difference: bytes) -> bytes:
    """The sum of both, of the same length, byte by byte modulo 256."""
    size = len(old)
    high = int.from_bytes(b"\x80" * size, "little")
    a, b = int.from_bytes(old, "little"), int.from_bytes(difference, "little")
    # The lowest seven bits cannot carry into the next byte while the eighth is clear.
    return (((a & ~high) + (b & ~high)) ^ ((a ^ b) & high)).to_bytes(size, "little")
