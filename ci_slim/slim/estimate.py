"""The pull size of a layer that exists unpacked only.

An image of the classic store has no compressed blobs until it is pushed. Compressing a gigabyte as
`docker push` does (gzip 6) takes half a minute. Here igzip compresses a quarter of a megabyte in
every four, which takes a fifth of a second and gives more: about 9 % for the image of a Go
toolchain, 18 % for plain text.
"""

from collections.abc import Iterator
from typing import BinaryIO

LEVEL = 2
PIECE = 1 << 18
STEP = 1 << 22
WHOLE = 1 << 25
"""Layers up to this size are compressed whole."""


def pieces(size: int) -> Iterator[tuple[int, int]]:
    """Which parts of a tar of so many bytes are compressed: start and end of each."""
    step = STEP if size > WHOLE else PIECE
    for start in range(0, size, step):
        yield start, min(start + PIECE, size)


def compressed(tar: BinaryIO, size: int) -> int:
    """The bytes that a blob of this tar is going to have, more or less."""
    from isal import isal_zlib

    compressor = isal_zlib.compressobj(LEVEL, wbits=31)
    read = total = 0
    for start, end in pieces(size):
        tar.seek(start)
        piece = tar.read(end - start)
        read += len(piece)
        total += len(compressor.compress(piece))
    total += len(compressor.flush())
    return total * size // read if read else total
