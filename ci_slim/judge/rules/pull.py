"""The budget rule `pull`: what a device downloads on its first install."""

from ci_slim.judge.verdicts import Measured, in_bytes, of_bytes
from ci_slim.options import Type
from ci_slim.result import Verdict
from ci_slim.units import size

TYPE = Type.SIZE
HELP = "most compressed bytes to pull"
PULL = True

shown = size
number = in_bytes


def verdict(limit: int, measured: Measured) -> Verdict:
    """Whether the pull size keeps the limit."""
    return of_bytes("pull", limit, measured.sizes.pull_bytes, measured.sizes.pull_exact)
