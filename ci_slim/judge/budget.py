"""Budgets: limits on sizes, and the verdict on each.

A verdict is `pass`, `warn` from 90 % of the limit up to and including it, `fail` above it, or
`unknown` when there is nothing to hold against the limit. Unknown never counts as pass: it is
shown wherever verdicts are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from ci_slim.result import RULES, Status, Verdict, status_of
from ci_slim.units import change, count, share, signed, size, size_beside

if TYPE_CHECKING:
    from ci_slim.image.sizes import ImageSizes
    from ci_slim.platforms import Platform


@dataclass(frozen=True, slots=True)
class GrowthLimit:
    """How much the pull size may grow over the baseline's: `bytes`, or `percent` of it."""

    bytes: int | None = None
    percent: float | None = None

    def __post_init__(self) -> None:
        if (self.bytes is None) == (self.percent is None):
            raise ValueError("a growth limit is given either in bytes or in percent")

    def bytes_of(self, baseline: int) -> int:
        """The growth allowed over a baseline of so many bytes, in bytes."""
        if self.bytes is not None:
            return self.bytes
        return round(baseline * (self.percent or 0) / 100)

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
    `update_bytes` and `baseline_pull` are None without a baseline. Estimates are marked `≈`.
    """
    limits = rules.for_platform(platform)
    verdicts = []
    for rule in RULES:
        limit = getattr(limits, rule)
        if limit is None:
            continue
        if sizes is None:
            verdicts.append(_unknown(rule, limit, why_unknown or "no image was measured"))
        elif rule == "pull":
            verdicts.append(_judge_bytes(rule, limit, sizes.pull_bytes, sizes.pull_exact))
        elif rule == "disk":
            verdicts.append(_judge_bytes(rule, limit, sizes.disk_bytes, sizes.disk_exact))
        elif rule == "update":
            verdicts.append(_judge_update(limit, update_bytes, sizes, baseline_pull))
        elif rule == "growth":
            verdicts.append(_judge_growth(limit, sizes, baseline_pull))
        else:
            verdicts.append(_judge_layers(limit, len(sizes.layers)))
    return tuple(verdicts)


def _unknown(rule: str, limit: "int | GrowthLimit", why: str) -> Verdict:
    """A growth in percent has no limit in bytes without a baseline."""
    if isinstance(limit, GrowthLimit):
        return Verdict(rule, limit.bytes, None, "unknown", f"{rule} unknown: {why} (limit {limit})")
    shown = str(limit) if rule == "layers" else size(limit)
    return Verdict(rule, limit, None, "unknown", f"{rule} unknown: {why} (limit {shown})")


def _stands(limit: int, actual: int) -> tuple[Status, str]:
    status = status_of(limit, actual)
    if status == "warn" and actual == limit:
        return status, "at the limit of"
    words = {"pass": "within", "warn": "close to", "fail": "over", "unknown": "without"}
    return status, words[status]


def _judge_bytes(rule: str, limit: int, actual: int | None, exact: bool) -> Verdict:
    if actual is None:
        return _unknown(rule, limit, "the size was not measured")
    status, words = _stands(limit, actual)
    message = f"{rule} {'' if exact else '≈'}{size_beside(actual, limit)} is {words} {size(limit)}"
    if status == "fail":
        message += f" by {size(actual - limit)}" + (f" ({change(limit, actual)})" if limit else "")
    elif limit:
        message += f" ({share(actual, limit)})"
    return Verdict(rule, limit, actual, status, message)


def _judge_update(
    limit: int, update: int | None, sizes: "ImageSizes", baseline: int | None
) -> Verdict:
    if update is None and baseline is None:
        return _unknown("update", limit, "there is no baseline")
    return _judge_bytes("update", limit, update, sizes.pull_exact)


def _judge_growth(growth: GrowthLimit, sizes: "ImageSizes", baseline: int | None) -> Verdict:
    if baseline is None:
        return _unknown("growth", growth, "there is no baseline")
    if sizes.pull_bytes is None:
        return _unknown("growth", growth, "the size was not measured")
    limit = growth.bytes_of(baseline)
    actual = sizes.pull_bytes - baseline
    status, words = _stands(limit, actual)
    relative = f" ({change(baseline, sizes.pull_bytes)})" if baseline > 0 and actual else ""
    mark = "" if sizes.pull_exact else "≈"
    message = f"growth {mark}{signed(actual)}{relative} is {words} {growth}"
    return Verdict("growth", limit, actual, status, message)


def _judge_layers(limit: int, actual: int) -> Verdict:
    status, words = _stands(limit, actual)
    message = f"{count(actual, 'layer')} {'is' if actual == 1 else 'are'} {words} {limit}"
    return Verdict("layers", limit, actual, status, message)
