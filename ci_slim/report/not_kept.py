"""What may be wanted and was too much to be kept unasked, with the lines that keep it."""

import json
from collections.abc import Sequence

from ci_slim.result import LeftOut, PlatformReport
from ci_slim.units import count, size


def left_out(p: PlatformReport) -> tuple[LeftOut, ...]:
    """All of it, largest first."""
    found = (*p.dropped_nearby, *p.named_unused, *p.literal_dropped)
    return tuple(sorted(found, key=lambda left: (-left.bytes, left.what)))


def words(left: Sequence[LeftOut]) -> str:
    """One line that counts it."""
    total, what = size(sum(each.bytes for each in left)), count(len(left), "thing")
    be, they = ("is", "it") if len(left) == 1 else ("are", "them")
    return (
        f"{what} that no probe used may be wanted and {be} too large to be kept unasked "
        f"({total}); see `not kept` for the lines that keep {they}"
    )


def keep_lines(p: PlatformReport) -> tuple[str, ...]:
    """The lines below `keep:` in the settings file that bring it in, with what it is."""
    return tuple(
        f"  - {json.dumps(pattern)}  # {each.what}, {size(each.bytes)}"
        for each in left_out(p)
        for pattern in each.keep
    )
