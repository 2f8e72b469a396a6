"""The budget rule `update`: what a device that holds the baseline downloads."""

from ci_slim.judge.verdicts import Measured, in_bytes, of_bytes, unknown
from ci_slim.options import Type
from ci_slim.result import Verdict
from ci_slim.units import size

TYPE = Type.SIZE
HELP = "most compressed bytes for an update"
PULL = True

shown = size
number = in_bytes


def verdict(limit: int, measured: Measured) -> Verdict:
    """Whether the update size keeps the limit: the delta's where devices use deltas, else that of a
    pull. Unknown without a baseline."""
    if measured.delta_bytes is not None:
        return of_bytes("update", limit, measured.delta_bytes, True)
    if measured.update_bytes is None and measured.baseline_pull is None:
        return unknown("update", limit, shown(limit), "there is no baseline")
    return of_bytes("update", limit, measured.update_bytes, measured.sizes.pull_exact)
