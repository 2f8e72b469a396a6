"""A limit and the value that it is compared with."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "warn", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One limit and the measured value.

    `limit` and `actual` are bytes, or a number if the rule counts. `actual` is None if it is
    unknown. `limit` is None only for a growth in percent of an unknown baseline.
    """

    rule: str
    limit: int | None
    actual: int | None
    status: Status
    message: str


def status_of(limit: int | None, actual: int | None) -> Status:
    """Compare a value with its limit. It warns from 90 % on, except for a limit of 0."""
    if limit is None or actual is None:
        return "unknown"
    if actual > limit:
        return "fail"
    return "warn" if limit > 0 and actual * 10 >= limit * 9 else "pass"
