"""Makes a tar-diff for one layer of the new image, against the files of the old image.

This module does no I/O of its own: tars are seekable files, and old files are read through
`Contents`.
"""

import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import BinaryIO, Literal

import bsdiff4
import zstandard

from ci_slim.device.matching import Part, Sources, matches, parts
from ci_slim.device.tar_diff import SOURCE_MOST, Writer, make_patch
from ci_slim.image.files import Contents, FileIndex, Kind
from ci_slim.image.tar import HEADER_ONLY, Member, scan

Format = Literal[1, 2]
_Read = Callable[[int, int], bytes]

_BSDIFF_MOST = 8 << 20
"""bsdiff needs about twenty times the bytes of its files."""
_BLOCK = 4 << 20
_TINY = 128
_TRY_BOTH = 1 << 20
_QUICK = 3
_LARGE = 4 << 20
_ELF = b"\x7fELF"
_STEP = 6
"""The approximate compressed bytes of one step of bsdiff in the stream."""


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
        self._learned = False

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Bytes of an old file."""
        return self._contents.read(self._paths[name], offset, size)

    def size(self, name: str) -> int:
        """The size of an old file, or -1 if there is no such file."""
        return self.sizes.get(name, -1)

    def same(self, name: str, size: int, digest: bytes) -> str | None:
        """An old file with exactly this content, preferably with the same name."""
        named = [name] if self.sizes.get(name) == size else []
        for each in (*named, *self._by_size.get(size, [])):
            if self._digest(each) == digest:
                return each
        return None

    def resembling(self, data: bytes) -> str | None:
        """The old file that has most of this content. The first call reads all old files."""
        if not self._learned:
            self._learned = True
            for name in sorted(self.sizes):
                if _TINY < self.sizes[name] <= SOURCE_MOST:
                    self.sources.learn(name, self.read(name, 0, -1))
        return self.sources.resembling(data)

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


def write_layer_delta(tar: BinaryIO, old: OldImage, out: BinaryIO, version: Format = 2) -> None:
    """Write a tar-diff that makes the layer `tar` (uncompressed, seekable) from the old image."""
    end = tar.seek(0, io.SEEK_END)
    writer = Writer(out, version=version, level=19 if end <= 16 * _LARGE else 12)
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
        candidates = self._old.sources.candidates(name, len(data))[:tried]
        if not candidates or candidates[0] != name:
            found = self._old.resembling(data)
            candidates = [found, *candidates][:2] if found else candidates
        best: tuple[int, Callable[[], None]] = _alone(data), lambda: self._writer.data(data)
        for source in dict.fromkeys(candidates):
            if self._old.sizes[source] <= SOURCE_MOST:
                for form in self._forms(source, data):
                    best = min(best, form, key=lambda each: each[0])
        best[1]()

    def _forms(self, source: str, data: bytes) -> Iterator[tuple[int, Callable[[], None]]]:
        """The ways to make a file from a source: the approximate bytes of each, and the function
        that writes it."""
        old = self._old.read(source, 0, -1)
        small = max(len(old), len(data)) <= _BSDIFF_MOST
        if self._version == 2:
            frame = make_patch(old, data, _level(len(data)))
            yield len(frame), lambda: self._writer.patch(source, frame)
        # If addresses changed everywhere in a program, bsdiff is smaller.
        if small and (self._version == 1 or data[:4] == _ELF):
            controls, differences, extra = bsdiff4.core.diff(old, data)
            steps = tuple(_controls(controls))
            size = _alone(differences + extra) + len(steps) * _STEP
            yield size, lambda: self._add(source, steps, differences, extra)
        elif self._version == 1:
            new = list(parts(data))
            copied = sum(match.size for match in matches(parts(old), new))
            size = _alone(data) * (len(data) - copied) // len(data)
            yield size, lambda: self._copied(source, iter(new), data)

    def _add(
        self, source: str, steps: Sequence[tuple[int, int, int]], differences: bytes, extra: bytes
    ) -> None:
        at = diff_at = extra_at = 0
        for added, inserted, seek in steps:
            if added:
                self._writer.add(source, at, differences[diff_at : diff_at + added])
            if inserted:
                self._writer.data(extra[extra_at : extra_at + inserted])
            diff_at, extra_at = diff_at + added, extra_at + inserted
            at += added + seek

    def _copied(self, source: str, new: Iterator[Part], data: bytes) -> None:
        if not self._by_parts(source, new, lambda at, size: data[at : at + size], len(data)):
            self._writer.data(data)

    def _large(self, name: str, start: int, size: int) -> None:
        """Write a file that is too large for a patch. Parts that moved in it are copied."""
        candidates = self._old.sources.candidates(name, size)

        def read(offset: int, length: int) -> bytes:
            return self._read(start + offset, length)

        if not candidates or not self._by_parts(candidates[0], _blocks(read, size), read, size):
            self.plain(start, start + size)

    def _by_parts(self, source: str, new: Iterator[Part], read: _Read, size: int) -> bool:
        """Write the file as copies of an old file's parts. Returns False if there are none; then
        nothing is written."""
        known = _blocks(lambda o, s: self._old.read(source, o, s), self._old.sizes[source])
        found = list(matches(known, new))
        if not found:
            return False
        position = 0
        for match in found:
            # A part is found by a short digest, so its bytes are compared.
            if not self._equal(source, match.source, read, match.offset, match.size):
                continue
            self._data(read, position, match.offset)
            self._writer.copy(source, match.source, match.size)
            position = match.offset + match.size
        self._data(read, position, size)
        return True

    def _equal(self, source: str, at: int, read: _Read, offset: int, size: int) -> bool:
        return all(
            self._old.read(source, at + done, length) == read(offset + done, length)
            for done, length in _steps(size)
        )

    def _data(self, read: _Read, start: int, end: int) -> None:
        for done, length in _steps(end - start):
            self._writer.data(read(start + done, length))

    def _read(self, start: int, size: int) -> bytes:
        self._tar.seek(start)
        return self._tar.read(size)

    def _pieces(self, start: int, size: int) -> Iterator[bytes]:
        for done, length in _steps(size):
            yield self._read(start + done, length)


def _controls(block: bytes) -> Iterator[tuple[int, int, int]]:
    """The control block of bsdiff: bytes to add, bytes to insert, and the next position in the
    source."""
    numbers = [_number(block[at : at + 8]) for at in range(0, len(block), 8)]
    return zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)


def _number(data: bytes) -> int:
    """A 64-bit number of bsdiff. The highest bit is the sign."""
    value = int.from_bytes(data, "little")
    return -(value & ~(1 << 63)) if value >> 63 else value


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
    return 19 if size <= _LARGE else 12


def _alone(data: bytes) -> int:
    """The approximate bytes of a file in the stream without any source."""
    return len(zstandard.ZstdCompressor(level=_QUICK).compress(data))
