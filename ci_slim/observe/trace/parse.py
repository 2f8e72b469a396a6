"""Reads a trace of strace: as a whole, or in parts."""

from collections.abc import Iterable

from ci_slim.observe.observation import Lost, Observation
from ci_slim.observe.trace.paths import NOISE
from ci_slim.observe.trace.reader import Reader

LONGEST = 1 << 22
"""The bytes of a line that strace cannot have written: it prints at most 4096 bytes of a string."""


def parse(
    lines: Iterable[bytes], *, workdir: str = "/", noise: Iterable[str] = NOISE
) -> Observation:
    """Read the lines of one trace file. A torn last line is not a loss, an empty trace is.

    Reading ends with a loss at a line of `LONGEST` bytes. Callers may cut lines there. `workdir` is
    the folder of the first process: relative paths start there until strace prints the folder.
    Paths at or below `noise` are left out.
    """
    reader = Reader(workdir, noise)
    count = 0
    for count, line in enumerate(lines, 1):  # noqa: B007 - the number of lines is needed
        if len(line) >= LONGEST:
            reader.record_damage()
            break
        reader.feed(line)
    if not count:
        return Observation(lost=(Lost("the tracer", "the trace is empty: nothing was traced"),))
    return reader.finish()


def parse_apart(
    lines: Iterable[bytes], ends: Iterable[int], *, workdir: str = "/"
) -> tuple[Observation, ...]:
    """Read each part of a trace. `ends` has the byte at which each part ends. The last part ends
    with the trace."""
    reader = Reader(workdir, NOISE)
    parts: list[Observation] = []
    left = list(ends)
    at = 0
    for line in lines:
        while left and at >= left[0]:
            parts.append(reader.cut())
            del left[0]
        reader.feed(line)
        at += len(line)
    parts += [reader.cut() for _ in left]
    return (*parts, reader.finish())
