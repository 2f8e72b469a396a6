"""What may be needed but is too large to keep without being asked, with the lines that keep it."""

import json
from collections.abc import Iterator, Sequence

from ci_slim.result import LeftOut, PlatformReport
from ci_slim.units import count, size

_LONGEST = 180
_MOST = 20
"""The most lines of one item."""


def left_out(p: PlatformReport) -> tuple[LeftOut, ...]:
    """Everything that was left out, the largest first."""
    found = (*p.dropped_nearby, *p.named_unused, *p.literal_dropped)
    return tuple(sorted(found, key=lambda left: (-left.bytes, left.what)))


def words(left: Sequence[LeftOut]) -> str:
    """One line with their number and bytes."""
    total, what = size(sum(each.bytes for each in left)), count(len(left), "item")
    be, they = ("is", "it") if len(left) == 1 else ("are", "them")
    return (
        f"{what} that no probe used ({total}) may be needed, but {be} too large to keep by "
        f"default; see `not kept` for the lines that keep {they}"
    )


def keep_lines(p: PlatformReport) -> tuple[str, ...]:
    """The lines for `keep:` in the settings file that keep them, each with a comment."""
    return tuple(line for each in left_out(p) for line in _lines(each))


def _lines(left: LeftOut) -> Iterator[str]:
    for pattern in left.keep[:_MOST]:
        yield _line(pattern, left)
    if (more := len(left.keep) - _MOST) > 0:
        yield f"  # {count(more, 'more line')} in report.json: {left.what}"


def _line(pattern: str, left: LeftOut) -> str:
    """Lines are cut where they are shown, which must never end a pattern in its middle."""
    written, told = json.dumps(pattern), f"{left.what}, {size(left.bytes)}"
    if len(written) > _LONGEST:
        return f"  # too long for this list, see report.json: {told}"
    return f"  - {written}  # {told}"
