"""The budget rule `disk`: what the image takes on the device's disk."""

from ci_slim.judge.verdicts import Measured, in_bytes, of_bytes
from ci_slim.options import Type
from ci_slim.result import Verdict
from ci_slim.units import size

TYPE = Type.SIZE
HELP = "most bytes on disk"
PULL = False

shown = size
number = in_bytes


def verdict(limit: int, measured: Measured) -> Verdict:
    """Whether the disk size keeps the limit."""
    return of_bytes("disk", limit, measured.sizes.disk_bytes, measured.sizes.disk_exact)
