"""The regions of a new file that resemble an old one, found by bsdiff. Pure.

bsdiff finds a little more than `alignment`, but takes about twenty times the bytes of its files,
and seconds for each megabyte.
"""

from collections.abc import Iterator

import bsdiff4

from ci_slim.device.alignment import Span


def regions(old: bytes, new: bytes) -> Iterator[Span]:
    """The regions, in order."""
    controls, _, _ = bsdiff4.core.diff(old, new)
    numbers = [_number(controls[at : at + 8]) for at in range(0, len(controls), 8)]
    offset = source = 0
    # Of each step: bytes to add to those of the source, bytes to insert, and the way to the next.
    for added, inserted, seek in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
        if added:
            yield Span(offset, source, added)
        offset += added + inserted
        source += added + seek


def _number(data: bytes) -> int:
    """A 64-bit number of bsdiff. The highest bit is the sign."""
    value = int.from_bytes(data, "little")
    return -(value & ~(1 << 63)) if value >> 63 else value
