"""Estimates the pull size of a layer that exists only uncompressed.

An image of the classic store has no compressed blobs before it is pushed. To compress a gigabyte as
`docker push` does (gzip 6) takes half a minute. Here, igzip compresses a quarter of a large layer.
Of a very large layer it compresses as much as takes a fifth of a second. igzip's result is larger
than gzip's, by more the better the layer compresses, and the estimate corrects that.
"""

from collections.abc import Iterator
from typing import BinaryIO

from ci_slim.image.layer import Layer

LEVEL = 2
PIECE = 1 << 18
WHOLE = 1 << 25
"""Layers up to this size are compressed whole."""
SHARE = 4
MOST = 1 << 26
"""The most bytes that are compressed."""


EASE = 0.16
"""How much more igzip gives than `docker push` if a layer compresses to almost nothing. If a layer
does not compress, both give the same. Measured on the layers of five pushed images: most estimates
are within 4 %, all within 7 %, and each image within 6 %."""


def pieces(size: int) -> Iterator[tuple[int, int]]:
    """The parts of a tar of this size that are compressed: start and end of each, at equal
    distances. With a sixteenth of 80 MB, one estimate in three is off by 5 to 7 % (measured), with
    a quarter by 1 to 3 %."""
    step = PIECE if size <= WHOLE else max(SHARE * PIECE, PIECE * size // MOST)
    for start in range(0, size, step):
        yield start, min(start + PIECE, size)


def layer(plain: Layer) -> int:
    """The estimated bytes of the blob of an uncompressed layer."""
    return compressed(plain.open(), plain.blob_bytes)


def compressed(tar: BinaryIO, size: int) -> int:
    """The estimated bytes of a blob of this tar."""
    from isal import isal_zlib

    compressor = isal_zlib.compressobj(LEVEL, wbits=31)
    read = total = 0
    for start, end in pieces(size):
        tar.seek(start)
        piece = tar.read(end - start)
        read += len(piece)
        total += len(compressor.compress(piece))
    total += len(compressor.flush())
    if not read:
        return total
    share = total / read
    return round(size * share * (1 - EASE * max(0.0, 1 - share)))
