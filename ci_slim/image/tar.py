"""Reads tar archives as byte ranges: where each member starts, where its data is, where it ends.

The standard tarfile returns members as objects without the bytes from which they were read. A slim
layer has the *same* bytes as the fat one, so this scanner reports ranges and rewrites nothing. It
reads what container engines and GNU tar write: ustar, PAX extended headers, GNU long names,
base-256 numbers. Sparse members are refused, because no image builder writes them.

Formats: POSIX.1-2008 pax(1), GNU tar manual "Basic Tar Format". A *global* PAX header is ignored,
as Docker does (moby pkg/archive: "PAX Global Extended Headers found and ignored").
"""

import io
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import BinaryIO, NamedTuple, NoReturn

from ci_slim.errors import UsageError
from ci_slim.image.readable import ReadFile

BLOCK = 512
END = bytes(2 * BLOCK)
LINK, SYMLINK, FOLDER = 0x31, 0x32, 0x35
_WINDOW = 4096
_ENDLESS = 1 << 62
_EXTENSION_LIMIT = 1 << 20  # archive/tar of Go also refuses larger extended headers
_NO_RECORDS: Mapping[bytes, bytes] = MappingProxyType({})
HEADER_ONLY = frozenset(b"123456")
_BLANK = b"\0 "
_KNOWN = frozenset(b"\x0001234567")
_EXTENSION = frozenset(b"xgLK")


class Member(NamedTuple):
    """One member of an archive. `start` to `end` is all of it: extended headers, header, data and
    padding. Its `size` bytes begin at `data`. `records` are its PAX records."""

    name: bytes
    type: int
    mode: int
    uid: int
    gid: int
    size: int
    mtime: float
    link: bytes
    records: Mapping[bytes, bytes]
    header: bytes
    start: int
    data: int
    end: int


def scan(
    tar: BinaryIO,
    *,
    where: str = "",
    start: int = 0,
    arriving: bool = False,
    ahead: int = _WINDOW,
) -> Iterator[Member]:
    """Every member in the order of the archive, from the byte `start` on.

    `tar` is seekable and uncompressed, and may be read elsewhere in between. If it is still
    `arriving`, its end is not known. Headers are read together with the following bytes, at least
    `ahead` bytes at once. Raises UsageError, with `where`, for anything that no tar program writes.
    """
    size = _ENDLESS if arriving else tar.seek(0, io.SEEK_END)
    position = base = first = start
    window = b""
    records = _NO_RECORDS
    long_name = long_link = b""
    while position + BLOCK <= size:
        offset = position - base
        if offset + BLOCK > len(window):
            window, base = _read_around(tar, position, ahead)
            offset = position - base
        header = window[offset : offset + BLOCK]
        if len(header) < BLOCK:
            size = base + len(window)  # the archive ends too early
            break
        if not header[0] and not any(header):
            return
        _check(header, position, where)
        kind = header[156]
        if kind in _EXTENSION:
            body = _extension(tar, header, position, size, where)
            if kind == 0x78:
                records = _records(body, position, where)
            elif kind == 0x4C:
                long_name = body.split(b"\0", 1)[0]
            elif kind == 0x4B:
                long_link = body.split(b"\0", 1)[0]
            position += BLOCK + padded(len(body))
            continue
        member = _member(header, records, (long_name, long_link), (first, position + BLOCK), where)
        if member.end > size:
            _refuse(f"it ends in the middle of {member.name!r}", position, where)
        yield member
        position = first = member.end
        records, long_name, long_link = _NO_RECORDS, b"", b""
    left = size - position
    if first != position or (left != 0 and left < BLOCK):
        _refuse("it ends in the middle of a header", position, where)


def _read_around(tar: BinaryIO, position: int, least: int) -> tuple[bytes, int]:
    if isinstance(tar, ReadFile):
        return tar.read_around(position, least)
    tar.seek(position)
    return tar.read(least), position


def member_at(tar: BinaryIO, start: int, *, where: str = "") -> Member:
    """The member whose first extended header, or header, is at `start`. Nothing else is read."""
    for member in scan(tar, where=where, start=start, ahead=BLOCK):
        return member
    _refuse("no member here", start, where)


def _member(
    header: bytes,
    records: Mapping[bytes, bytes],
    longs: tuple[bytes, bytes],
    places: tuple[int, int],
    where: str,
) -> Member:
    start, data = places
    kind = header[156]
    if kind not in _KNOWN:
        what = "a sparse file" if kind == 0x53 else f"a member of type {chr(kind)!r}"
        _refuse(f"it has {what}, which container engines do not extract", start, where)
    name = longs[0] or header[:100].split(b"\0", 1)[0]
    link = longs[1] or (header[157:257].split(b"\0", 1)[0] if header[157] else b"")
    if header[345] and not longs[0] and header[257:263] == b"ustar\0":
        end = 476 if header[508:] == b"tar\0" else 500  # star stores times after a shorter prefix
        name = header[345:end].split(b"\0", 1)[0] + b"/" + name
    try:
        mode, uid, gid = _owner(header[100:124])
        size, mtime = _number(header[124:136]), _day(header[136:148])
        if records:
            name, link = records.get(b"path", name), records.get(b"linkpath", link)
            size = int(records.get(b"size", size))
            uid, gid = int(records.get(b"uid", uid)), int(records.get(b"gid", gid))
            mtime = float(records.get(b"mtime", mtime))
    except ValueError:
        _refuse(f"the header of {name!r} has a field that is not a number", start, where)
    if size < 0 or (records and (not isfinite(mtime) or b"\0" in name or b"\0" in link)):
        _refuse(f"the header of {name!r} is not valid", start, where)
    if not kind and name.endswith(b"/"):
        kind = 0x35  # the tar of Unix V7 marks a folder in this way
    if kind in HEADER_ONLY:
        size = 0
    end = data + padded(size)
    return Member(name, kind, mode, uid, gid, size, mtime, link, records, header, start, data, end)


def _check(header: bytes, position: int, where: str) -> None:
    """Check a header's checksum. The lower half of adler32 is 1 + the sum of the bytes, modulo
    65521. So this is the checksum at the speed of C, without the checksum's own bytes. Very old
    tars summed signed bytes, and their sum is computed again."""
    field = header[148:156]
    try:
        stated = int(field[:6], 8) if field[6:] == b"\0 " else _number(field)
    except ValueError:
        stated = -1
    total = (zlib.adler32(header) & 0xFFFF) - sum(field)
    if (total - stated + 255) % 65521 == 0 and stated >= 256:
        return
    exact = sum(header[:148]) + 256 + sum(header[156:])
    signed = exact - 256 * sum(byte > 127 for byte in header[:148] + header[156:])
    if stated not in (exact, signed):
        _refuse("this is not a tar header: the checksum is wrong", position, where)


def _extension(tar: BinaryIO, header: bytes, position: int, end: int, where: str) -> bytes:
    try:
        size = _number(header[124:136])
    except ValueError:
        size = -1
    if not 0 <= size <= _EXTENSION_LIMIT or position + BLOCK + padded(size) > end:
        _refuse(f"an extended header of {size} bytes", position, where)
    tar.seek(position + BLOCK)
    return tar.read(padded(size))[:size]  # of an arriving archive, only what is read is kept


def _records(body: bytes, position: int, where: str) -> Mapping[bytes, bytes]:
    records: dict[bytes, bytes] = {}
    offset = 0
    while offset < len(body):
        digits = body[offset : offset + 8].split(b" ", 1)[0]
        length = int(digits) if digits.isdigit() else 0
        record = body[offset + len(digits) + 1 : offset + length]
        key, equals, value = record[:-1].partition(b"=")
        if not equals or not key or record[-1:] != b"\n" or offset + length > len(body):
            _refuse("a PAX record that cannot be read", position, where)
        if key.startswith(b"GNU.sparse."):
            _refuse("it has a sparse file, which container engines do not extract", position, where)
        if value:
            records[key] = value
        else:
            records.pop(key, None)  # POSIX: an empty value cancels an earlier record
        offset += length
    return records


def _number(field: bytes) -> int:
    if field[-1] in _BLANK:  # the usual form: octal digits and one final byte
        try:
            return int(field[:-1], 8)
        except ValueError:
            pass
    return _odd_number(field)


@lru_cache(4096)  # owners, modes and days repeat
def _owner(fields: bytes) -> tuple[int, int, int]:
    mode, uid, gid = fields[:8], fields[8:16], fields[16:]
    return _number(mode) & 0o7777, _number(uid), _number(gid)


@lru_cache(4096)
def _day(field: bytes) -> float:
    return float(_number(field))


def _odd_number(field: bytes) -> int:
    if field[0] & 0x80:  # base 256, used by GNU tar and Go for numbers too large for octal digits
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        return value - (1 << (8 * len(field) - 1)) if field[0] & 0x40 else value
    digits = field.split(b"\0", 1)[0].strip()
    return int(digits, 8) if digits else 0


def padded(size: int) -> int:
    """`size` rounded up to whole blocks."""
    return (size + BLOCK - 1) & -BLOCK


def _refuse(problem: str, position: int, where: str) -> NoReturn:
    raise UsageError(
        f"not a valid tar archive: at byte {position}, {problem}",
        where=where,
        hint="save or pull the image again; if this error stays, its builder writes broken layers",
    )
