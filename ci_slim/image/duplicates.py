"""Finds files of one image with the same bytes."""

import hashlib
from collections import defaultdict

from ci_slim.image.files import Contents, FileIndex
from ci_slim.image.space import Share

SMALLEST = 4096
"""The smallest file that counts: a block of the device's file system. Below that nothing
is saved."""
_CHUNK = 1 << 20


def duplicates(index: FileIndex, contents: Contents) -> tuple[Share, ...]:
    """Duplicate files: the first name, the bytes of all copies except one, and the number of files,
    largest first. Hard links count as one file."""
    by_size: dict[int, list[str]] = defaultdict(list)
    for path, size in index.sizes():
        if size >= SMALLEST:
            by_size[size].append(path)
    shares = []
    for size, paths in by_size.items():
        same: dict[bytes, list[str]] = defaultdict(list)
        for path in paths if len(paths) > 1 else ():
            same[digest(path, size, contents)].append(path)
        shares += [
            Share(names[0], size * (len(names) - 1), len(names))
            for names in same.values()
            if len(names) > 1
        ]
    return tuple(sorted(shares, key=lambda share: (-share.bytes, share.name)))


def digest(path: str, size: int, contents: Contents) -> bytes:
    """The SHA-256 of a file. It is read in parts, because it may be as large as the memory."""
    hashed = hashlib.sha256()
    for offset in range(0, size, _CHUNK):
        hashed.update(contents.read(path, offset, _CHUNK))
    return hashed.digest()
