"""Held-out probes in words, and what they say about requests that no probe covers. Pure."""

import math
from collections.abc import Sequence

from ci_slim.result import HeldOut

_Z = 1.96
"""Standard deviations of a 95 % interval."""


def interval(failed: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a failure rate, by Wilson (1927), which is valid for few probes too."""
    rate, square = failed / count, _Z * _Z
    middle = (rate + square / (2 * count)) / (1 + square / count)
    half = math.sqrt(rate * (1 - rate) / count + square / (4 * count * count)) * _Z
    half /= 1 + square / count
    return max(0.0, middle - half), min(1.0, middle + half)


def held_out_words(held: Sequence[HeldOut]) -> str:
    """`2 of 9 held-out probes failed: …`."""
    failed = sum(not each.held for each in held)
    low, high = (round(100 * part) for part in interval(failed, len(held)))
    return (
        f"{failed} of {len(held)} held-out probes failed; about "
        f"{round(100 * failed / len(held))} % of what no probe covers may fail "
        f"(95 % interval: {low} % to {high} %):"
    )


def held_out_line(each: HeldOut) -> str:
    """`GET /late: failed: answered 500; …; missing: /opt/late`, or what kept its files."""
    if not each.held:
        lacking = f"; missing: {', '.join(each.missing)}" if each.missing else ""
        return f"{each.probe}: failed: {'; '.join(each.problems)}{lacking}"
    saved = ", ".join(f"{rule} ({count})" for rule, count in each.saved_by.items())
    why = f"its files were kept by {saved}" if saved else "other probes use the same files"
    return f"{each.probe}: passed; {why}"
