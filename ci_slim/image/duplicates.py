"""Files of one image that hold the same bytes."""

import hashlib
from collections import defaultdict

from ci_slim.image.files import Contents, Entry, FileIndex
from ci_slim.image.sizes import Share, inodes

SMALLEST = 4096
"""Bytes of a file; below it, a block of the device's file system, there is nothing to save."""
_CHUNK = 1 << 20


def duplicates(index: FileIndex, contents: Contents) -> tuple[Share, ...]:
    """What is there more than once: the first name, the bytes of all copies but one, and how many
    files there are; largest first. Hard links are one file."""
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
    """Read by parts: one file may be as large as the memory."""
    hashed = hashlib.sha256()
    for offset in range(0, entry.size, _CHUNK):
        hashed.update(contents.read(entry.path, offset, _CHUNK))
    return hashed.digest()
