"""Makes a tar-diff for one layer of the new image, against the files of the old image.

This module does no I/O of its own: tars are seekable files, and old files are read through
`Contents`.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import BinaryIO, Literal

import zstandard

from ci_slim.device import bsdiff
from ci_slim.device.alignment import Span, align, subtract
from ci_slim.device.matching import Match, Part, matches, normal_name, parts
from ci_slim.device.old_image import OldImage
from ci_slim.device.tar_diff import SOURCE_MOST, Writer, make_patch
from ci_slim.image.tar import HEADER_ONLY, Member, scan

Format = Literal[1, 2]
_Read = Callable[[int, int], bytes]
_Form = tuple[int, Callable[[], None]]

_BSDIFF_MOST = 8 << 20
"""bsdiff needs about twenty times the bytes of its files."""
_BLOCK = 2 << 20
_TINY = 128
_TRY_BOTH = 1 << 20
_QUICK = 3
_EXACT = 9
"""zstd's level for the size of differences: at level 3 it is a tenth too high, and a worse patch is
taken."""
_LARGE = 4 << 20
_SMALL = 256 << 10
"""Up to this size, files that are not programs are tried as differences too."""
_SIMILAR = 50
"""The size of such a file has changed by at most this part of it."""
_ESTIMATED = 1.2
"""The estimate of a patch that is worth it has at most so many times the bytes of a difference."""
_FEW = 64
"""A file in which at most so many bytes differ is written without a search."""
_ALIGNED_WELL = 32
"""A patch is not tried if a program's difference is this many times smaller than the program."""
_REACH = 4 << 20
"""How far from the expected place a region of a large file is looked for."""
_LONG = 64 << 10
"""A part of a large file that is copied without looking for what resembles it more."""
_SURE = 4096
"""A part of this many bytes says where the next ones are expected."""
_LONG_EQUAL = 64
"""Fewer equal bytes at an end of a difference cost less as zeros than as another operation."""
_ELF = b"\x7fELF"
_STEP = 6
"""The approximate compressed bytes of one step of bsdiff in the stream."""


def write_layer_delta(tar: BinaryIO, old: OldImage, out: BinaryIO, version: Format = 2) -> None:
    """Write a tar-diff that makes the layer `tar` (uncompressed, seekable) from the old image."""
    end = tar.seek(0, io.SEEK_END)
    writer = Writer(out, version=version)
    maker = _Maker(tar, old, writer, version)
    position = 0
    for member in scan(tar):
        size = 0 if member.type in HEADER_ONLY else member.size
        if size == 0:
            continue
        maker.plain(position, member.data)
        maker.file(member, size)
        position = member.data + size
    maker.plain(position, end)
    writer.close()


class _Maker:
    """Writes the parts of one layer."""

    def __init__(self, tar: BinaryIO, old: OldImage, writer: Writer, version: Format) -> None:
        self._tar, self._old, self._writer, self._version = tar, old, writer, version

    def plain(self, start: int, end: int) -> None:
        """Write bytes of the tar unchanged."""
        for piece in self._pieces(start, end - start):
            self._writer.data(piece)

    def file(self, member: Member, size: int) -> None:
        """Write the bytes of a regular file, from an old file if that helps."""
        name = member.name.decode("utf-8", "surrogateescape").removeprefix("./").strip("/")
        digest = sha256()
        for piece in self._pieces(member.data, size):
            digest.update(piece)
        same = self._old.same(name, size, digest.digest())
        if same is not None:
            self._writer.copy(same, 0, size)
        elif size <= _TINY:
            self.plain(member.data, member.data + size)
        elif size <= SOURCE_MOST:
            self._changed(name, self._read(member.data, size))
        else:
            self._large(name, member.data, size)

    def _changed(self, name: str, data: bytes) -> None:
        """Write a file that differs from every old file, in the smallest form that the likely
        sources give."""
        tried = 2 if len(data) < _TRY_BOTH else 1
        candidates = self._old.sources.candidates(name, len(data))
        if len(candidates) != 1 or normal_name(candidates[0]) != normal_name(name):
            found = self._old.resembling(data)
            candidates = [found, *candidates] if found else candidates
        candidates = [*dict.fromkeys(candidates)][:tried]
        small = [each for each in candidates if self._old.sizes[each] <= SOURCE_MOST]
        best: _Form = len(_compressed(data)), lambda: self._writer.data(data)
        if small:
            source = self._likeliest(small, data)
            best = min(best, *self._forms(source, data), key=lambda each: each[0])
        best[1]()

    def _likeliest(self, candidates: Sequence[str], data: bytes) -> str:
        """The source that gives the smallest patch, by a quick estimate."""
        if len(candidates) == 1:
            return candidates[0]
        estimates = {
            each: len(make_patch(self._old.read(each, 0, -1), data, _QUICK)) for each in candidates
        }
        return min(estimates, key=lambda each: estimates[each])

    def _forms(self, source: str, data: bytes) -> Iterator[_Form]:
        """The ways to make a file from a source: the approximate bytes of each, and the function
        that writes it."""
        old = self._old.read(source, 0, -1)
        few = _few_changes(old, data)
        if few is not None:
            yield few, lambda: self._regions(source, [Span(0, 0, len(data))], data)
            return
        size = None
        if self._version == 1 or _may_be_aligned(old, data):
            spans = tuple(self._aligned(source, _reader(data), len(data)))
            size = _size_of(spans, old, data)
            yield size, lambda: self._regions(source, spans, data)
        if self._version == 2:
            if size is None or _patch_may_be_smaller(old, data, size):
                frame = make_patch(old, data, _level(len(data)))
                yield len(frame), lambda: self._writer.patch(source, frame)
        elif max(len(old), len(data)) <= _BSDIFF_MOST:
            more = tuple(bsdiff.regions(old, data))
            yield _size_of(more, old, data), lambda: self._regions(source, more, data)

    def _regions(self, source: str, spans: Iterable[Span], data: bytes) -> None:
        self._spans(source, spans, _reader(data), len(data))

    def _large(self, name: str, start: int, size: int) -> None:
        """Write a file that is too large for a patch. Regions of it that resemble regions of its
        older version are copied, with their differences."""
        candidates = self._old.sources.candidates(name, size)

        def read(offset: int, length: int) -> bytes:
            return self._read(start + offset, length)

        if candidates:
            self._spans(candidates[0], self._aligned(candidates[0], read, size), read, size)
        else:
            self.plain(start, start + size)

    def _aligned(self, source: str, read: _Read, size: int) -> Iterator[Span]:
        """The regions of a file that resemble regions of an old one. In a large file, long equal
        parts are looked for first, then what resembles the bytes between them."""
        old_size = self._old.sizes[source]
        if max(size, old_size) <= SOURCE_MOST:
            yield from align(self._old.read(source, 0, -1), read(0, size))
            return
        known = _blocks(lambda o, s: self._old.read(source, o, s), old_size)
        position = shift = 0
        for match in (*matches(known, _blocks(read, size)), Match(size, size + shift, 0)):
            if match.offset < size and not self._is_long(source, match, read):
                continue
            for done, length in _steps(match.offset - position):
                for span in self._near(source, read, position + done, length, shift):
                    yield span
                    shift = _shift(span, shift)
            if match.size:
                yield Span(*match)
            shift = _shift(match, shift)
            position = match.offset + match.size

    def _is_long(self, source: str, match: Match, read: _Read) -> bool:
        """Whether a part is long, and really equal: it was found by a short digest."""
        return match.size >= _LONG and all(
            self._old.read(source, match.source + done, length) == read(match.offset + done, length)
            for done, length in _steps(match.size)
        )

    def _near(self, source: str, read: _Read, start: int, size: int, shift: int) -> Iterator[Span]:
        """The regions in `size` bytes of a file that resemble what is near the expected place."""
        reach = min(_REACH, 2 * size + _LONG)
        low = max(0, start + shift - reach)
        old = self._old.read(source, low, max(0, start + shift + size + reach - low))
        for span in align(old, read(start, size), start + shift - low):
            yield Span(start + span.offset, low + span.source, span.size)

    def _spans(self, source: str, spans: Iterable[Span], read: _Read, size: int) -> None:
        """Write a file as regions of an old one with their differences, and data between them."""
        position = 0
        for span in spans:
            self._data(read, position, span.offset)
            for done, length in _steps(span.size):
                at = span.source + done
                old = self._old.read(source, at, length)
                self._difference(source, at, subtract(read(span.offset + done, length), old))
            position = span.offset + span.size
        self._data(read, position, size)

    def _difference(self, source: str, at: int, difference: bytes) -> None:
        """Write bytes of a source with a difference. Long equal parts before and after it are
        copied."""
        size = len(difference)
        end = len(difference.rstrip(b"\0"))
        end = end if size - end >= _LONG_EQUAL else size
        start = end - len(difference[:end].lstrip(b"\0"))
        start = start if start >= _LONG_EQUAL or start == size else 0
        if start:
            self._writer.copy(source, at, start)
        if start < end:
            self._writer.add(source, at + start, difference[start:end])
        if end < size:
            self._writer.copy(source, at + end, size - end)

    def _data(self, read: _Read, start: int, end: int) -> None:
        for done, length in _steps(end - start):
            self._writer.data(read(start + done, length))

    def _read(self, start: int, size: int) -> bytes:
        self._tar.seek(start)
        return self._tar.read(size)

    def _pieces(self, start: int, size: int) -> Iterator[bytes]:
        for done, length in _steps(size):
            yield self._read(start + done, length)


def _few_changes(old: bytes, data: bytes) -> int | None:
    """The approximate bytes for the difference of files of which few bytes differ, else None. It
    is so for compiled Python, which contains the time of its source."""
    if len(old) != len(data):
        return None
    changed = 0
    for at in range(0, len(data), _SURE):
        old_piece, piece = old[at : at + _SURE], data[at : at + _SURE]
        if piece != old_piece:
            changed += len(piece) - subtract(piece, old_piece).count(0)
            if changed > _FEW:
                return None
    return changed + 2 * _STEP


def _size_of(spans: Iterable[Span], old: bytes, data: bytes) -> int:
    """The approximate bytes of spans in the stream."""
    packer = zstandard.ZstdCompressor(level=_EXACT).compressobj()
    position = size = 0
    for span in spans:
        size += _STEP + len(packer.compress(data[position : span.offset]))
        for done, length in _steps(span.size):
            at, source = span.offset + done, span.source + done
            difference = subtract(data[at : at + length], old[source : source + length])
            size += len(packer.compress(difference))
        position = span.offset + span.size
    return size + len(packer.compress(data[position:])) + len(packer.flush())


def _shift(span: Span | Match, shift: int) -> int:
    """Where the bytes after a span are expected."""
    return span.source - span.offset if span.size >= _SURE else shift


def _reader(data: bytes) -> _Read:
    return lambda offset, size: data[offset : offset + size]


def _steps(size: int) -> Iterator[tuple[int, int]]:
    """Offsets and lengths in which a range of this size is read."""
    for start in range(0, size, _BLOCK):
        yield start, min(_BLOCK, size - start)


def _blocks(read: _Read, size: int) -> Iterator[Part]:
    """The parts of a file that is read in blocks. A part also ends where a block ends."""
    for start, length in _steps(size):
        yield from parts(read(start, length), start)


def _level(size: int) -> int:
    """zstd's level. The last per cent of a large file is not worth minutes."""
    return 17 if size <= _LARGE else 12


def _may_be_aligned(old: bytes, data: bytes) -> bool:
    """Whether a difference may be smaller than a patch. So it is in a program in which addresses
    changed everywhere, and in compiled Python, where names and line numbers changed. It never is
    so in texts."""
    if data[:4] == _ELF:
        return True
    similar = abs(len(old) - len(data)) * _SIMILAR <= len(data) <= _SMALL
    return similar and b"\0" in data[:_SURE]


def _patch_may_be_smaller(old: bytes, data: bytes, size: int) -> bool:
    """Whether a patch may have fewer bytes than a difference of this size. For programs, which are
    large, it is estimated first."""
    if data[:4] != _ELF:
        return True
    return (
        size * _ALIGNED_WELL > len(data) and len(make_patch(old, data, _EXACT)) < size * _ESTIMATED
    )


def _compressed(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_QUICK).compress(data)
