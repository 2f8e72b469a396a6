"""The budget rule `layers`: how many layers the image has."""

from ci_slim.judge.verdicts import Measured, counted, in_count, of_count
from ci_slim.options import Type
from ci_slim.result import Verdict

TYPE = Type.COUNT
HELP = "most layers"
PULL = False

shown = counted
number = in_count


def verdict(limit: int, measured: Measured) -> Verdict:
    """Whether the image has no more layers than allowed."""
    return of_count("layers", limit, len(measured.sizes.layers), "layer")
