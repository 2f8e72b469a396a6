"""Uncompresses layer blobs and whole archives, as a stream."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal, cast

from ci_slim.errors import UsageError
from ci_slim.units import size

Compression = Literal["none", "gzip", "zstd"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most bytes to which one blob may unpack. That is far more than any real image has."""

    total: int = 64 * 10**9
    ratio: int | None = 1100
    """The most times its own size, or None. gzip reaches 1032 for zeros, zstd ten thousands."""
    harmless: int = 10**9
    """Up to this size, the ratio does not matter."""

    def most(self, packed: int) -> int:
        """The most bytes to which a blob of `packed` bytes may unpack."""
        if self.ratio is None:
            return self.total
        return min(self.total, max(self.harmless, packed * self.ratio))


LIMITS = Limits()


def limits_of(unpack_limit: int | None) -> Limits:
    """The limits for the setting `unpack_limit`, which replaces all of them. None means that it is
    not set."""
    return LIMITS if unpack_limit is None else Limits(unpack_limit, None)


_CHUNK = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"
"""zstd:chunked may start with a skippable frame: magic 0x184D2A5?, little-endian (RFC 8878)."""


def compression_of(start: bytes) -> Compression:
    """The compression of something that starts with these bytes (at least 4)."""
    if start.startswith(_GZIP):
        return "gzip"
    skippable = start[1:4] == _SKIPPABLE and start[0] >> 4 == 5
    return "zstd" if start.startswith(_ZSTD) or skippable else "none"


def unpacked(
    blob: BinaryIO, compression: Compression, where: str, limits: Limits = LIMITS
) -> Iterator[bytes]:
    """The uncompressed bytes, in pieces: all members of a gzip, and all frames of a zstd stream.

    Raises UsageError with `where` for a damaged stream, and for one that exceeds the limits.
    """
    packed = blob.seek(0, 2)
    blob.seek(0)
    most = limits.most(packed)
    total = 0
    for piece in _unpacked(blob, compression, where):
        total += len(piece)
        if total > most:
            raise UsageError(
                f"{size(packed)} unpacks to more than {size(most)}",
                where=where,
                hint="it may fill the disk; if you trust the image, raise `unpack_limit` "
                "(--unpack-limit SIZE)",
            )
        yield piece


def _unpacked(blob: BinaryIO, compression: Compression, where: str) -> Iterator[bytes]:
    import zstandard
    from isal.igzip_lib import IsalError as _IsalError

    try:
        if compression == "zstd":
            zstd = zstandard.ZstdDecompressor()
            yield from _pieces(zstd.stream_reader(blob, read_across_frames=True))
        elif compression == "gzip":
            from isal import igzip

            plain = igzip.IGzipFile(fileobj=blob)  # type: ignore[no-untyped-call]
            yield from _pieces(cast(BinaryIO, plain))
        else:
            yield from _pieces(blob)
    except (OSError, EOFError, ValueError, zlib.error, zstandard.ZstdError, _IsalError) as error:  # type: ignore[misc]
        raise UsageError(
            f"cannot be unpacked: {error}",
            where=where,
            hint="it is damaged: build, save or pull the image again",
        ) from None


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_CHUNK):
        yield piece
