"""Makes a tar-diff for one layer of the new image, against the files of the old image.

This module does no I/O of its own: tars are seekable files, and old files are read through
`Contents`.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import BinaryIO, Literal, NamedTuple

import zstandard

from ci_slim.device import bsdiff
from ci_slim.device.alignment import (
    Span,
    align,
    common_parts,
    differing,
    equal_parts,
    filled,
    subtract,
)
from ci_slim.device.matching import Match, Part, matches, normal_name, parts
from ci_slim.device.old_image import OldImage
from ci_slim.device.tar_diff import SOURCE_MOST, Stream, Writer, is_noise, make_patch
from ci_slim.image.tar import BLOCK, HEADER_ONLY, Member, scan

Format = Literal[1, 2]
_Read = Callable[[int, int], bytes]
_Piece = tuple[str, Span]
"""A source and a region of it."""

_BSDIFF_MOST = 8 << 20
"""bsdiff needs about twenty times the bytes of its files."""
_BLOCK = 2 << 20
_TINY = 128
_TRY_BOTH = 1 << 20
_QUICK = 3
_EXACT = 9
"""zstd's level for the size of differences: at level 3 it is a tenth too high, and a worse patch is
taken."""
_LEVELS = ((1 << 20, 19), (4 << 20, 17))
_SMALL = 256 << 10
"""Up to this size, files that are not programs are tried as differences and equal parts too."""
_ESTIMATED = 1.2
"""The estimate of a patch that is worth it has at most so many times the bytes of a difference."""
_FEW = 64
"""A file in which at most so many bytes differ is written without a search."""
_ALIGNED_WELL = 32
"""A patch is not tried if a program's difference is this many times smaller than the program."""
_ALIGNED_POORLY = 6
"""The same for a program larger than `_TRY_BOTH`."""
_REACH = 4 << 20
"""How far from the expected place a region of a large file is looked for."""
_LONG = 64 << 10
"""A part of a large file that is copied without looking for what resembles it more."""
_SURE = 4096
"""A part of this many bytes says where the next ones are expected."""
_LONG_EQUAL = 64
"""Fewer equal bytes at an end of a difference cost less as zeros than as another operation."""
_NAME = 100
"""The bytes of the name at the beginning of a header."""
_RECENT = 64 << 10
"""The bytes of recent operations in which changes are looked for that the next file has too."""
_SHARED, _SHARED_MOST = 0.15, 128
"""A patch counts this part more than its bytes, up to so many, since later files cannot share what
is in a patch."""
_SHARED_OF = 2
"""Equal parts are looked for if a patch has at most this part of the file."""
_MUCH, _MUCH_OF = 256, 20
"""Much is different if the patch has so many bytes, and at least this part of the file."""
_PACKED = 4
"""Most data of its own is packed to this part of it."""
_PACKED_MOST = 16
"""Data of its own is hardly ever smaller than this part of the file, so it is not tried then."""
_ELF = b"\x7fELF"
_STEP = 6
"""The approximate compressed bytes of one step of bsdiff in the stream."""


def write_layer_delta(tar: BinaryIO, old: OldImage, out: BinaryIO, version: Format = 2) -> None:
    """Write a tar-diff that makes the layer `tar` (uncompressed, seekable) from the old image."""
    end = tar.seek(0, io.SEEK_END)
    stream = Stream(out, version)
    maker = _Maker(tar, old, Writer(stream.write), version)
    position = 0
    for member in scan(tar):
        size = 0 if member.type in HEADER_ONLY else member.size
        if size == 0:
            continue
        form = maker.form(member, size)
        maker.headers(position, member.data, form.source)
        maker.write(form)
        position = member.data + size
    maker.headers(position, end, "")
    maker.flush()
    stream.close()


class _Form(NamedTuple):
    """A way to make a file: the approximate bytes of it in the stream, the source, and the function
    that writes it. `raw` are its operations, if they are few."""

    size: float
    source: str
    write: Callable[[Writer], None]
    raw: bytes = b""


class _Maker:
    """Writes the parts of one layer."""

    def __init__(self, tar: BinaryIO, old: OldImage, writer: Writer, version: Format) -> None:
        self._tar, self._old, self._writer, self._version = tar, old, writer, version
        self._recent = b""
        """The operations of the last changed files. The next one may have the same changes."""

    def headers(self, start: int, end: int, source: str) -> None:
        """Write the bytes between two files. The zeros that fill up the first one are copied from
        an old file. Then the stream has a header about every kilobyte, each as far from the last
        one. The source of the second one is opened in the middle of its header, since its name is
        there."""
        filled = min(-start % BLOCK, end - start)
        if filled and (zeros := self._old.zeros) and not self._read(start, filled).strip(b"\0"):
            self._writer.copy(*zeros, filled)
            start += filled
        middle = end - BLOCK + _NAME if source and end - start >= BLOCK else end
        self._plain(start, middle)
        if source:
            self._writer.open(source)
        self._plain(middle, end)

    def write(self, form: _Form) -> None:
        """Write a file in this form."""
        form.write(self._writer)
        self._recent = (self._recent + form.raw)[-_RECENT:]

    def flush(self) -> None:
        """Write what is pending."""
        self._writer.flush()

    def form(self, member: Member, size: int) -> _Form:
        """How to write the bytes of a regular file: from an old file if that helps."""
        name = member.name.decode("utf-8", "surrogateescape").removeprefix("./").strip("/")
        same = self._old.same(name, size, lambda: self._pieces(member.data, size))
        if same is not None:
            return _Form(0, same, lambda writer: writer.copy(same, 0, size))
        if size <= _TINY:
            return _Form(size, "", lambda _: self._plain(member.data, member.data + size))
        if size <= SOURCE_MOST:
            return self._changed(name, self._read(member.data, size))
        return self._large(name, member.data, size)

    def _plain(self, start: int, end: int) -> None:
        """Write bytes of the tar unchanged."""
        for piece in self._pieces(start, end - start):
            self._writer.data(piece)

    def _changed(self, name: str, data: bytes) -> _Form:
        """A file that differs from every old file, in the smallest form that the likely sources
        give."""
        tried = 2 if len(data) < _TRY_BOTH else 1
        candidates = self._old.sources.candidates(name, len(data))
        if len(candidates) != 1 or normal_name(candidates[0]) != normal_name(name):
            found = self._old.resembling(data, len(data) // _PACKED)
            candidates = [found, *candidates] if found else candidates
        candidates = [*dict.fromkeys(candidates)][:tried]
        small = [each for each in candidates if self._old.sizes[each] <= SOURCE_MOST]
        forms = [*self._forms(self._likeliest(small, data), data)] if small else []
        best = min(forms, key=lambda each: each.size, default=None)
        if best is not None and best.size * _PACKED_MOST <= len(data):
            return best
        plain = self._operations("", len(data), lambda writer: writer.data(data))
        return plain if best is None or plain.size <= best.size else best

    def _likeliest(self, candidates: Sequence[str], data: bytes) -> str:
        """The source that gives the smallest patch, by a quick estimate."""
        if len(candidates) == 1:
            return candidates[0]
        estimates = {
            each: len(make_patch(self._old.read(each, 0, -1), data, _QUICK)) for each in candidates
        }
        return min(estimates, key=lambda each: estimates[each])

    def _forms(self, source: str, data: bytes) -> Iterator[_Form]:
        """The ways to make a file from a source."""
        old = self._old.read(source, 0, -1)
        few = _few_changes(old, data)
        if few is not None:
            whole = [Span(0, 0, len(data))]
            yield _Form(few, source, lambda writer: self._regions(writer, source, whole, data))
            return
        size = None
        small, program = len(data) <= _SMALL, data[:4] == _ELF
        estimate = len(make_patch(old, data, _EXACT)) if small and not program else 0
        if self._version == 1 or program or (small and estimate * _SHARED_OF <= len(data)):
            aligned = None
            if self._version == 1 or b"\0" in data:
                aligned = tuple(self._aligned(source, _reader(data), len(data)))
                form = self._of_spans(source, aligned, old, data)
                size = form.size
                yield form
            if small and not program:
                yield from self._of_parts(source, aligned, old, data, estimate)
        if self._version == 2:
            if not program or size is None or _patch_may_be_smaller(old, data, size):
                yield self._patch(source, old, data, estimate)
        elif max(len(old), len(data)) <= _BSDIFF_MOST:
            yield self._of_spans(source, tuple(bsdiff.regions(old, data)), old, data)

    def _patch(self, source: str, old: bytes, data: bytes, estimate: int) -> _Form:
        """A patch. That of a small file is only made when it is written."""
        frame = b"" if estimate else make_patch(old, data, _level(len(data)))

        def write(writer: Writer) -> None:
            writer.patch(source, frame or make_patch(old, data, _level(len(data))))

        shared = min((estimate + _STEP) * _SHARED, _SHARED_MOST)
        return _Form(estimate + _STEP + shared if estimate else len(frame), source, write)

    def _of_parts(
        self, source: str, aligned: Sequence[Span] | None, old: bytes, data: bytes, estimate: int
    ) -> Iterator[_Form]:
        """A small file of equal parts of a source, and of a second source if much is different."""
        parts = tuple(equal_parts(aligned, old, data) if aligned else common_parts(old, data))
        yield self._of_spans(source, parts, old, data)
        if estimate < _MUCH or estimate * _MUCH_OF < len(data):
            return
        second = self._second(source, old, data, estimate)
        if second is None:
            return
        other = self._old.read(second, 0, -1)
        others = tuple(common_parts(other, data))
        for spans in (aligned, parts) if aligned else (parts,):
            taken = tuple(filled(spans, others, differing(spans, old, data)))
            pieces = tuple((second if each.second else source, each.span) for each in taken)
            yield self._operations(source, len(data), partial(self._pieces_of, pieces, data))

    def _second(self, source: str, old: bytes, data: bytes, estimate: int) -> str | None:
        """The old file that helps most in addition to a source. So new texts of a catalog are in
        that of another language."""
        estimates = {
            each: len(make_patch(self._old.read(each, 0, -1) + old, data, _QUICK))
            for each in self._old.second(source, data, estimate)
            if self._old.sizes[each] <= _SMALL
        }
        return min(estimates, key=lambda each: estimates[each], default=None)

    def _pieces_of(self, pieces: Sequence[_Piece], data: bytes, writer: Writer) -> None:
        self._spans(writer, pieces, _reader(data), len(data))

    def _of_spans(self, source: str, spans: Sequence[Span], old: bytes, data: bytes) -> _Form:
        if len(data) <= _SMALL:
            return self._operations(
                source, len(data), lambda writer: self._regions(writer, source, spans, data)
            )
        differences = [*_differences(spans, old, data)]

        def write(writer: Writer) -> None:
            position = 0
            for span, difference in differences:
                _data(writer, _reader(data), position, span.offset)
                _difference(writer, source, span.source, difference)
                position = span.offset + span.size
            _data(writer, _reader(data), position, len(data))

        return _Form(_size_of(differences, data), source, write)

    def _operations(self, source: str, size: int, write: Callable[[Writer], None]) -> _Form:
        """The form of these operations. If they are of a small file, changes that recent files had
        too cost nothing."""
        raw = bytearray()
        writer = Writer(raw.extend)
        if source:
            writer.open(source)
            raw.clear()
        write(writer)
        writer.flush()
        operations = bytes(raw)
        if size > _SMALL:
            return _Form(len(_compressed(operations)), source, write)
        return _Form(len(_compressed(operations, self._recent)), source, write, operations)

    def _regions(self, writer: Writer, source: str, spans: Iterable[Span], data: bytes) -> None:
        self._spans(writer, ((source, span) for span in spans), _reader(data), len(data))

    def _large(self, name: str, start: int, size: int) -> _Form:
        """A file that is too large for a patch. Regions of it that resemble regions of its older
        version are copied, with their differences."""
        candidates = self._old.sources.candidates(name, size)

        def read(offset: int, length: int) -> bytes:
            return self._read(start + offset, length)

        if not candidates:
            return _Form(size, "", lambda _: self._plain(start, start + size))
        source = candidates[0]
        return _Form(
            size,
            source,
            lambda writer: self._spans(
                writer,
                ((source, span) for span in self._aligned(source, read, size)),
                read,
                size,
            ),
        )

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
        data = read(start, size)
        if size >= _LONG and is_noise(data):
            return
        reach = min(_REACH, 2 * size + _LONG)
        low = max(0, start + shift - reach)
        old = self._old.read(source, low, max(0, start + shift + size + reach - low))
        for span in align(old, data, start + shift - low):
            yield Span(start + span.offset, low + span.source, span.size)

    def _spans(self, writer: Writer, pieces: Iterable[_Piece], read: _Read, size: int) -> None:
        """Write a file as regions of an old one with their differences, and data between them."""
        position = 0
        for source, span in pieces:
            _data(writer, read, position, span.offset)
            for done, length in _steps(span.size):
                at = span.source + done
                old = self._old.read(source, at, length)
                difference = subtract(read(span.offset + done, length), old)
                _difference(writer, source, at, difference)
            position = span.offset + span.size
        _data(writer, read, position, size)

    def _read(self, start: int, size: int) -> bytes:
        self._tar.seek(start)
        return self._tar.read(size)

    def _pieces(self, start: int, size: int) -> Iterator[bytes]:
        for done, length in _steps(size):
            yield self._read(start + done, length)


def _difference(writer: Writer, source: str, at: int, difference: bytes) -> None:
    """Write bytes of a source with a difference. Long equal parts before and after it are
    copied."""
    size = len(difference)
    end = len(difference.rstrip(b"\0"))
    end = end if size - end >= _LONG_EQUAL else size
    start = end - len(difference[:end].lstrip(b"\0"))
    start = start if start >= _LONG_EQUAL or start == size else 0
    if start:
        writer.copy(source, at, start)
    if start < end:
        writer.add(source, at + start, difference[start:end])
    if end < size:
        writer.copy(source, at + end, size - end)


def _data(writer: Writer, read: _Read, start: int, end: int) -> None:
    for done, length in _steps(end - start):
        writer.data(read(start + done, length))


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


def _differences(spans: Iterable[Span], old: bytes, data: bytes) -> Iterator[tuple[Span, bytes]]:
    """Regions of at most one step, with their differences."""
    for span in spans:
        for done, length in _steps(span.size):
            at, source = span.offset + done, span.source + done
            yield (
                Span(at, source, length),
                subtract(data[at : at + length], old[source : source + length]),
            )


def _size_of(differences: Iterable[tuple[Span, bytes]], data: bytes) -> int:
    """The approximate bytes of regions with these differences in the stream."""
    level = _EXACT if len(data) <= _TRY_BOTH else _QUICK
    packer = zstandard.ZstdCompressor(level=level).compressobj()
    position = size = 0
    for span, difference in differences:
        size += _STEP + len(packer.compress(data[position : span.offset]))
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
    return next((level for most, level in _LEVELS if size <= most), 12)


def _patch_may_be_smaller(old: bytes, data: bytes, size: float) -> bool:
    """Whether a patch may have fewer bytes than a difference of this size. For programs it is
    estimated first. Addresses change everywhere in a large program, so it is only estimated if the
    difference is poor."""
    if data[:4] != _ELF:
        return True
    well = _ALIGNED_WELL if len(data) <= _TRY_BOTH else _ALIGNED_POORLY
    return size * well > len(data) and len(make_patch(old, data, _EXACT)) < size * _ESTIMATED


def _compressed(data: bytes, recent: bytes = b"") -> bytes:
    """The data as it would be in the stream after recent operations, by a quick estimate."""
    level = _EXACT if len(data) <= _SMALL else _QUICK
    return make_patch(recent, data, level) if recent else zstandard.compress(data, level)
