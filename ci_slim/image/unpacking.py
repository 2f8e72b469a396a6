"""Layer blobs and whole archives uncompressed, as a stream."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Literal, cast

from ci_slim.errors import UsageError

Compression = Literal["none", "gzip", "zstd"]

_CHUNK = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"
"""zstd:chunked may begin with a skippable frame: magic 0x184D2A5?, little-endian (RFC 8878)."""


def compression_of(start: bytes) -> Compression:
    """How something is compressed that begins with these (at least 4) bytes."""
    if start.startswith(_GZIP):
        return "gzip"
    skippable = start[1:4] == _SKIPPABLE and start[0] >> 4 == 5
    return "zstd" if start.startswith(_ZSTD) or skippable else "none"


def unpacked(blob: BinaryIO, compression: Compression, where: str) -> Iterator[bytes]:
    """The uncompressed bytes, in pieces; all members of a gzip and all frames of a zstd stream.

    Raises UsageError with `where` on a damaged stream.
    """
    import zstandard

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
    except (OSError, EOFError, ValueError, zlib.error, zstandard.ZstdError) as error:
        raise UsageError(
            f"cannot be unpacked: {error}",
            where=where,
            hint="it is damaged: build, save or pull the image again",
        ) from None


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_CHUNK):
        yield piece
