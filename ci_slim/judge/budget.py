"""Budgets: limits on sizes, and the verdict on each.

A verdict is `pass`, `warn` from 90 % of the limit up to and including it, `fail` above it, or
`unknown` when there is nothing to hold against the limit. Unknown never counts as pass: it is
shown wherever verdicts are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

from ci_slim.report.units import change, share, signed, size

if TYPE_CHECKING:
    from ci_slim.image.sizes import ImageSizes
    from ci_slim.platforms import Platform

Status = Literal["pass", "warn", "fail", "unknown"]

RULES = ("pull", "disk", "update", "growth", "layers")
"""The rules, in the order in which they are judged and shown."""


@dataclass(frozen=True, slots=True)
class GrowthLimit:
    """How much the pull size may grow over the baseline's: `bytes`, or `percent` of it."""

    bytes: int | None = None
    percent: float | None = None

    def __post_init__(self) -> None:
        if (self.bytes is None) == (self.percent is None):
            raise ValueError("a growth limit is given either in bytes or in percent")

    def allowed(self, baseline: int | None) -> int | None:
        """The growth allowed, in bytes; None for a percentage of an unknown baseline."""
        if self.percent is None:
            return self.bytes
        return None if baseline is None else int(baseline * self.percent / 100)

    def __str__(self) -> str:
        return size(self.bytes) if self.bytes is not None else f"{self.percent:g} %"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one image, in bytes; `layers` is a count. None: no such limit."""

    pull: int | None = None
    disk: int | None = None
    update: int | None = None
    growth: GrowthLimit | None = None
    layers: int | None = None

    def over(self, general: "Limits") -> "Limits":
        """These limits, and those of `general` where these say nothing."""
        return Limits(
            **{
                f.name: getattr(general if getattr(self, f.name) is None else self, f.name)
                for f in fields(Limits)
            }
        )


@dataclass(frozen=True, slots=True)
class BudgetRules:
    """The limits of an image on every platform, and what single platforms have otherwise."""

    limits: Limits = Limits()
    platforms: Mapping["Platform", Limits] = field(default_factory=dict)

    def for_platform(self, platform: "Platform") -> Limits:
        """The limits that hold on this platform: its own first, field by field."""
        return self.platforms.get(platform, Limits()).over(self.limits)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One limit and what was measured against it.

    `limit` and `actual` are bytes, or a count for the rule `layers`. `limit` is None only for
    a growth in percent of a baseline that is not known; `actual` is None when unknown.
    """

    rule: str
    limit: int | None
    actual: int | None
    status: Status
    message: str


def status_of(limit: int | None, actual: int | None) -> Status:
    """Where a value stands to its limit. A limit of nothing has no margin to warn of."""
    if limit is None or actual is None:
        return "unknown"
    if actual > limit:
        return "fail"
    return "warn" if limit > 0 and actual * 10 >= limit * 9 else "pass"


def judge(
    sizes: "ImageSizes | None",
    rules: BudgetRules,
    platform: "Platform",
    *,
    update_bytes: int | None = None,
    baseline_pull: int | None = None,
    why_unknown: str = "",
) -> tuple[Verdict, ...]:
    """A verdict for each limit that holds on this platform, in the order of `RULES`.

    `sizes` are those of the image that will be delivered (slim, or fat where that one stands),
    None when there is none: the platform was skipped or failed, and `why_unknown` says it.
    `update_bytes` and `baseline_pull` are None without a baseline.
    """
    limits = rules.for_platform(platform)
    missing = why_unknown or "no image was measured"
    verdicts = []
    if limits.pull is not None:
        pull = sizes.pull_bytes if sizes else None
        about = sizes is not None and not sizes.pull_exact
        why = missing if sizes is None else "the compressed size was not measured"
        verdicts.append(_bytes_verdict("pull", limits.pull, pull, about, why))
    if limits.disk is not None:
        disk = sizes.disk_bytes if sizes else None
        about = sizes is not None and not sizes.disk_exact
        verdicts.append(_bytes_verdict("disk", limits.disk, disk, about, missing))
    if limits.update is not None:
        update = update_bytes if sizes else None
        why = missing if sizes is None else "there is no baseline"
        verdicts.append(_bytes_verdict("update", limits.update, update, False, why))
    if limits.growth is not None:
        verdicts.append(_growth_verdict(limits.growth, sizes, baseline_pull, missing))
    if limits.layers is not None:
        verdicts.append(_layers_verdict(limits.layers, sizes, missing))
    return tuple(verdicts)


def _bytes_verdict(rule: str, limit: int, actual: int | None, about: bool, why: str) -> Verdict:
    status = status_of(limit, actual)
    if actual is None:
        return Verdict(rule, limit, None, status, f"{rule} is unknown: {why}; limit {size(limit)}")
    shown = f"{rule} {'≈' if about else ''}{size(actual)}"
    if status == "fail":
        over = f" ({change(limit, actual)})" if limit else ""
        message = f"{shown} is over {size(limit)} by {size(actual - limit)}{over}"
    elif status == "warn":
        message = f"{shown} is close to {size(limit)} ({share(actual, limit)})"
    else:
        used = f" ({share(actual, limit)})" if limit else ""
        message = f"{shown} is within {size(limit)}{used}"
    return Verdict(rule, limit, actual, status, message)


def _growth_verdict(
    growth: GrowthLimit, sizes: "ImageSizes | None", baseline: int | None, missing: str
) -> Verdict:
    limit = growth.allowed(baseline)
    pull = sizes.pull_bytes if sizes else None
    if baseline is None or pull is None:
        why = "the compressed size was not measured"
        if sizes is None:
            why = missing
        elif baseline is None:
            why = "there is no baseline"
        return Verdict(
            "growth", limit, None, "unknown", f"growth is unknown: {why}; limit {growth}"
        )
    actual = pull - baseline
    status = status_of(limit, actual)
    words = {"pass": "within", "warn": "close to", "fail": "over"}
    relative = f" ({change(baseline, pull)})" if baseline > 0 and actual else ""
    message = f"growth {signed(actual)}{relative} is {words[status]} {growth}"
    return Verdict("growth", limit, actual, status, message)


def _layers_verdict(limit: int, sizes: "ImageSizes | None", missing: str) -> Verdict:
    if sizes is None:
        message = f"layers is unknown: {missing}; limit {limit}"
        return Verdict("layers", limit, None, "unknown", message)
    actual = len(sizes.layers)
    status = status_of(limit, actual)
    words = {"pass": "within", "warn": "close to", "fail": "over"}
    if status == "warn" and actual == limit:
        words["warn"] = "at the limit of"
    return Verdict("layers", limit, actual, status, f"layers {actual} is {words[status]} {limit}")
