"""Finds files of one image with the same bytes."""

import hashlib
from collections import defaultdict

from ci_slim.image.files import Contents, Entry, FileIndex
from ci_slim.image.space import Share, inodes

SMALLEST = 4096
"""The smallest file that counts: a block of the device's file system. Below that nothing
is saved."""
_CHUNK = 1 << 20


def duplicates(index: FileIndex, contents: Contents) -> tuple[Share, ...]:
    """Duplicate files: the first name, the bytes of all copies except one, and the number of files,
    largest first. Hard links count as one file."""
    by_size: dict[int, list[Entry]] = defaultdict(list)
    for entry in inodes(index, index.entries()):
        if entry.size >= SMALLEST:
            by_size[entry.size].append(entry)
    found: dict[bytes, list[Entry]] = defaultdict(list)
    for entries in by_size.values():
        if len(entries) > 1:
            for entry in entries:
                found[_digest(entry, contents)].append(entry)
    shares = [
        Share(same[0].path, same[0].size * (len(same) - 1), len(same))
        for same in found.values()
        if len(same) > 1
    ]
    return tuple(sorted(shares, key=lambda share: (-share.bytes, share.name)))


def _digest(entry: Entry, contents: Contents) -> bytes:
    """Read in parts, because one file may be as large as the memory."""
    hashed = hashlib.sha256()
    for offset in range(0, entry.size, _CHUNK):
        hashed.update(contents.read(entry.path, offset, _CHUNK))
    return hashed.digest()
