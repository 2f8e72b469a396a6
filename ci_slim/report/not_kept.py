"""What may be needed but is too large to keep without being asked, with the lines that keep it."""

import json
from collections.abc import Sequence

from ci_slim.result import LeftOut, PlatformReport
from ci_slim.units import count, size


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
    return tuple(
        f"  - {json.dumps(pattern)}  # {each.what}, {size(each.bytes)}"
        for each in left_out(p)
        for pattern in each.keep
    )
