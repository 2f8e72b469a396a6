"""The budget rule `growth`: how much the pull size may grow over the baseline's."""

from dataclasses import dataclass

from ci_slim.judge.verdicts import Measured, stands, unknown
from ci_slim.options import Type
from ci_slim.result import Verdict
from ci_slim.units import change, signed, size

TYPE = Type.GROWTH
HELP = "most growth of the pull size"
PULL = True


@dataclass(frozen=True, slots=True)
class GrowthLimit:
    """How much the pull size may grow over the baseline's: `bytes`, or `percent` of it."""

    bytes: int | None = None
    percent: float | None = None

    def __post_init__(self) -> None:
        if (self.bytes is None) == (self.percent is None):
            raise ValueError("a growth limit is given either in bytes or in percent")

    def bytes_of(self, baseline: int) -> int:
        """The allowed growth in bytes, for a baseline of this many bytes."""
        if self.bytes is not None:
            return self.bytes
        return round(baseline * (self.percent or 0) / 100)

    def __str__(self) -> str:
        return size(self.bytes) if self.bytes is not None else f"{self.percent:g} %"


def shown(limit: GrowthLimit) -> str:
    """The limit as text."""
    return str(limit)


def number(limit: GrowthLimit) -> int | None:
    """The limit in bytes for the report; None for a limit in percent, which needs the baseline."""
    return limit.bytes


def verdict(limit: GrowthLimit, measured: Measured) -> Verdict:
    """Whether the growth keeps the limit; unknown without a baseline."""
    sizes, baseline = measured.sizes, measured.baseline_pull
    if baseline is None:
        return unknown("growth", limit.bytes, shown(limit), "there is no baseline")
    if sizes.pull_bytes is None:
        return unknown("growth", limit.bytes, shown(limit), "the size was not measured")
    most = limit.bytes_of(baseline)
    actual = sizes.pull_bytes - baseline
    status, words = stands(most, actual)
    relative = f" ({change(baseline, sizes.pull_bytes)})" if baseline > 0 and actual else ""
    mark = "" if sizes.pull_exact else "≈"
    message = f"growth {mark}{signed(actual)}{relative} is {words} {limit}"
    return Verdict("growth", most, actual, status, message)
