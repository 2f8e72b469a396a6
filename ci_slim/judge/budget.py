"""Budgets: limits on sizes, and the verdict on each.

A verdict is `pass`, `warn` from 90 % of the limit up to the limit itself, `fail` above it, or
`unknown` if there is no value to compare with the limit. Unknown never counts as pass, and is
always shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ci_slim.judge.rules import RULES
from ci_slim.judge.verdicts import Measured, unknown
from ci_slim.result import Updates, Verdict

if TYPE_CHECKING:
    from ci_slim.image.sizes import ImageSizes
    from ci_slim.platforms import Platform


@dataclass(frozen=True, slots=True, init=False)
class Limits:
    """The limits of one image, by rule: `Limits(pull=12_000_000, layers=10)`."""

    by_rule: Mapping[str, Any]

    def __init__(self, **limits: Any) -> None:
        """None means no limit. Raises ValueError for an unknown rule."""
        if other := limits.keys() - RULES.keys():
            raise ValueError(f"not a budget rule: {', '.join(sorted(other))}")
        given = {rule: limit for rule, limit in limits.items() if limit is not None}
        object.__setattr__(self, "by_rule", given)

    def over(self, general: "Limits") -> "Limits":
        """These limits, and those of `general` for the other rules."""
        return Limits(**{**general.by_rule, **self.by_rule})


@dataclass(frozen=True, slots=True)
class BudgetRules:
    """The limits of an image on all platforms, and different limits for single platforms."""

    limits: Limits = Limits()
    platforms: Mapping["Platform", Limits] = field(default_factory=dict)

    def for_platform(self, platform: "Platform") -> Limits:
        """The limits on this platform: its own, and the general ones for other rules."""
        return self.platforms.get(platform, Limits()).over(self.limits)


def judge(
    sizes: "ImageSizes | None",
    rules: BudgetRules,
    platform: "Platform",
    *,
    update_bytes: int | None = None,
    baseline_pull: int | None = None,
    updates: Updates | None = None,
    delta_bytes: int | None = None,
    others_disk: int | None = 0,
    why_unknown: str = "",
) -> tuple[Verdict, ...]:
    """A verdict for each limit on this platform, in the order of `RULES`.

    `sizes` are those of the delivered image, slim or fat. They are None if the platform was skipped
    or failed; `why_unknown` says so. `update_bytes` and `baseline_pull` are None without a
    baseline. For the other values see `Measured`. Estimates are marked with `≈`.
    """
    limits = rules.for_platform(platform).by_rule
    verdicts = []
    measured = None
    if sizes is not None:
        measured = Measured(sizes, update_bytes, baseline_pull, updates, delta_bytes, others_disk)
    for name, rule in RULES.items():
        if name not in limits:
            continue
        limit = limits[name]
        if measured is None:
            why = why_unknown or "no image was measured"
            verdicts.append(unknown(name, rule.number(limit), rule.shown(limit), why))
        else:
            verdicts.append(rule.verdict(limit, measured))
    return tuple(verdicts)
