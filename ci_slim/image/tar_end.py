"""Refuses layers that continue after their end: a tar of a few bytes and then gigabytes
of zeros."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from ci_slim.errors import UsageError
from ci_slim.image.readable import Slice
from ci_slim.image.tar import scan
from ci_slim.units import size

PADDING = 16 << 20
"""The most zeros after the end of a tar that count as padding. Tar programs write up to a
megabyte."""


def until_end(pieces: Iterable[bytes], tar: BinaryIO, where: str) -> Iterator[bytes]:
    """Pass on what the caller writes to `tar`. Raises UsageError if more than padding comes after
    the end of the archive. The end is searched only if many zeros come in a row."""
    written = zeros = 0
    start = end = 0
    for piece in pieces:
        zeros = zeros + len(piece) if piece.count(0) == len(piece) else 0
        if zeros > PADDING:
            zeros = 0
            tar.flush()
            start, end = _last_member(Slice(tar, 0, written), start, end)
            tar.seek(written)
            if end + PADDING < written:
                raise UsageError(
                    f"the layer continues after its end with more than {size(PADDING)} of zeros",
                    where=where,
                    hint="it may fill the disk: do not use this image",
                )
        yield piece
        written += len(piece)


def _last_member(tar: BinaryIO, start: int, end: int) -> tuple[int, int]:
    """The start and the end of the last member. `start` is the start of an earlier one, `end` the
    end of the tar."""
    try:
        for member in scan(tar, start=start, arriving=True):
            start, end = member.start, member.end
    except UsageError:
        pass  # the reader of the layer reports the error
    return start, end
