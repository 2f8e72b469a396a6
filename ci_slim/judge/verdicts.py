"""What every budget rule gets, and the verdicts that several rules use."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ci_slim.result import Status, Verdict, status_of
from ci_slim.units import change, count, share, size, size_beside

if TYPE_CHECKING:
    from ci_slim.image.sizes import ImageSizes
    from ci_slim.result import Updates


@dataclass(frozen=True, slots=True)
class Measured:
    """The measured values for the limits. `update_bytes` and `baseline_pull` are None without a
    baseline."""

    sizes: "ImageSizes"
    """The sizes of the image that will be delivered."""
    update_bytes: int | None = None
    baseline_pull: int | None = None
    updates: "Updates | None" = None
    """What updates from earlier releases cost, if that was measured."""
    delta_bytes: int | None = None
    """Bytes of the delta from the newest release, if devices use deltas."""
    others_disk: int | None = 0
    """Bytes on disk of the other images of the device; None if one was not measured."""

    @property
    def by_delta(self) -> bool:
        """Whether devices use deltas, and the delta exists."""
        return self.delta_bytes is not None


def in_bytes(limit: int) -> int:
    """The limit for the report, if it is in bytes."""
    return limit


def in_count(limit: int) -> int:
    """The limit for the report, if the rule counts something."""
    return limit


def counted(limit: int) -> str:
    """The limit as text, if the rule counts something."""
    return str(limit)


def unknown(rule: str, limit: int | None, shown: str, why: str) -> Verdict:
    """The verdict if there is no value to compare with the limit."""
    return Verdict(rule, limit, None, "unknown", f"{rule} unknown: {why} (limit {shown})")


def stands(limit: int, actual: int) -> tuple[Status, str]:
    """The status, and the words between the measured value and the limit."""
    status = status_of(limit, actual)
    if status == "warn" and actual == limit:
        return status, "at the limit of"
    words = {"pass": "within", "warn": "close to", "fail": "over", "unknown": "without"}
    return status, words[status]


def of_bytes(rule: str, limit: int, actual: int | None, exact: bool) -> Verdict:
    """The verdict on a size. An estimate is marked with `≈`."""
    if actual is None:
        return unknown(rule, limit, size(limit), "the size was not measured")
    status, words = stands(limit, actual)
    message = f"{rule} {'' if exact else '≈'}{size_beside(actual, limit)} is {words} {size(limit)}"
    if status == "fail":
        message += f" by {size(actual - limit)}" + (f" ({change(limit, actual)})" if limit else "")
    elif limit:
        message += f" ({share(actual, limit)})"
    return Verdict(rule, limit, actual, status, message)


def of_count(rule: str, limit: int, actual: int | None, noun: str) -> Verdict:
    """The verdict on a number of things."""
    if actual is None:
        return unknown(rule, limit, counted(limit), "they were not counted")
    status, words = stands(limit, actual)
    message = f"{count(actual, noun)} {'is' if actual == 1 else 'are'} {words} {limit}"
    return Verdict(rule, limit, actual, status, message)
