"""The budget rule `fit`: does the new release fit on the device's disk during an update?

Its limit is the space for images on the disk. `device: {storage, reserved}` sets it.
"""

from ci_slim.device.fit import Peaks, peaks
from ci_slim.judge.verdicts import Measured, in_bytes, of_bytes, unknown
from ci_slim.options import Type
from ci_slim.result import Verdict
from ci_slim.units import size

TYPE = Type.SIZE
HELP = "most bytes of the device's disk at the worst moment of an update"
PULL = True

shown = size
number = in_bytes


def verdict(limit: int, measured: Measured) -> Verdict:
    """Whether the worst moment of an update keeps the limit, and what to do if it does not."""
    if measured.others_disk is None:
        return unknown("fit", limit, shown(limit), "the device's other images were not measured")
    found = peaks(measured.sizes, measured.updates, measured.others_disk)
    if found is None:
        why = "the earlier release was not read; set `deltas: {from: 1}`"
        return unknown("fit", limit, shown(limit), why)
    by_delta = measured.by_delta and found.delta is not None
    actual = found.delta if by_delta and found.delta is not None else found.pull
    made = of_bytes("fit", limit, actual, measured.sizes.pull_exact)
    if made.status != "fail":
        return made
    advice = "; ".join(_advice(limit, found, by_delta=by_delta))
    return Verdict("fit", made.limit, made.actual, made.status, f"{made.message}: {advice}")


def _advice(limit: int, found: Peaks, *, by_delta: bool) -> list[str]:
    """What makes the update fit, the cheapest way first; else what makes it smaller."""
    peak = found.delta if by_delta and found.delta is not None else found.pull
    if by_delta and found.pull <= limit:
        return ["a plain pull fits"]
    if not by_delta and found.delta is not None and found.delta <= limit:
        return ["a delta fits: `updates: delta`"]
    if found.stale and peak - found.stale <= limit:
        return [
            "it fits after `ci-slim-update clean` removed the older releases, or with `keep: 0`"
        ]
    return ["share more layers with the earlier release, or take a smaller base image"]
