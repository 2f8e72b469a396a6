"""What a change loosens of the target branch's rules. Pure.

A change brings its own settings, so it could raise the limit that it breaks. The settings of both
branches are compared after reading. These loosen the rules: a raised or removed limit, a removed or
changed probe, another `keep` or `drop`, a missing platform or image.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_slim.judge.budget import BudgetRules, Limits
from ci_slim.judge.rules import RULES
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.platforms import Platform
from ci_slim.result import Loosened


@dataclass(frozen=True, slots=True)
class ImageRules:
    """The rules of one image. `probes` are by name, and compared as whole values."""

    budget: BudgetRules = field(default_factory=BudgetRules)
    probes: Mapping[str, object] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    platforms: tuple[Platform, ...] = ()
    slimmed: bool = True


@dataclass(frozen=True, slots=True)
class Approval:
    """What approves a change that loosens rules: a label, or the approval of one of these users."""

    label: str | None = None
    users: tuple[str, ...] = ()

    def __str__(self) -> str:
        """What is needed, in words; "" if nothing can approve a change."""
        by = f"an approval by {' or '.join(self.users)}" if self.users else ""
        return " or ".join(filter(None, (self.label and f"the label {self.label}", by)))


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a settings file."""

    images: Mapping[str, ImageRules] = field(default_factory=dict)
    fail_on: frozenset[str] = frozenset({"budget"})
    protect: bool = False
    approval: Approval = field(default_factory=Approval)


def loosened(before: Rules, after: Rules) -> tuple[Loosened, ...]:
    """What the rules after a change allow, but the rules before it did not."""
    return tuple(_loosened(before, after))


def _loosened(before: Rules, after: Rules) -> Iterator[Loosened]:
    if before.protect and not after.protect:
        yield Loosened("", "protect", "`protect` is removed")
    if before.protect and before.approval != after.approval:
        yield Loosened("", "approval", "the users or the label that approve are changed")
    for word in sorted(before.fail_on - after.fail_on):
        yield Loosened("", "fail_on", f"`fail_on` no longer names {word}")
    for name, rules in before.images.items():
        if name not in after.images:
            yield Loosened(name, "images", "the image is no longer judged")
        else:
            yield from _of_image(name, rules, after.images[name])


def _of_image(name: str, before: ImageRules, after: ImageRules) -> Iterator[Loosened]:
    if before.slimmed and not after.slimmed:
        yield Loosened(name, "slim.enabled", "the image is no longer slimmed and proved")
    if after.platforms:  # without platforms, the runner's own is built
        for platform in before.platforms:
            if platform not in after.platforms:
                message = f"the platform {platform} is no longer built"
                yield Loosened(name, "platforms", message)
    yield from _of_budget(name, before.budget, after.budget)
    for probe, value in before.probes.items():
        if probe not in after.probes:
            yield Loosened(name, "probes", f"the probe {probe} is removed")
        elif after.probes[probe] != value:
            yield Loosened(name, "probes", f"the probe {probe} is changed")
    for glob in after.drop:
        if glob not in before.drop:
            yield Loosened(name, "drop", f"{glob} is always dropped")
    for glob in before.keep:
        if glob not in after.keep:
            yield Loosened(name, "keep", f"{glob} is no longer always kept")
    for glob in after.keep:
        if glob not in before.keep:
            yield Loosened(name, "keep", f"{glob} is always kept")


def _of_budget(name: str, before: BudgetRules, after: BudgetRules) -> Iterator[Loosened]:
    general = dict(_changes(before.limits, after.limits))
    for rule, message in general.items():
        yield Loosened(name, f"budget.{rule}", message)
    for platform in sorted({*before.platforms, *after.platforms}):
        changes = _changes(before.for_platform(platform), after.for_platform(platform))
        for rule, message in changes:
            if general.get(rule) != message:
                key = f"budget.platforms.{platform}.{rule}"
                yield Loosened(name, key, f"{message} on {platform}")


def _changes(before: Limits, after: Limits) -> Iterator[tuple[str, str]]:
    """Rule and sentence for each limit that allows more."""
    for rule, limit in before.by_rule.items():
        now, shown = after.by_rule.get(rule), RULES[rule].shown
        if now is None:
            yield rule, f"the limit `{rule}` of {shown(limit)} is removed"
        elif _allows_more(limit, now):
            yield rule, f"the limit `{rule}` is raised from {shown(limit)} to {shown(now)}"


def _allows_more(before: Any, after: Any) -> bool:
    if not isinstance(before, GrowthLimit):
        return bool(after > before)
    if before.bytes is not None and after.bytes is not None:
        return bool(after.bytes > before.bytes)
    if before.percent is not None and after.percent is not None:
        return bool(after.percent > before.percent)
    return True  # bytes and percent cannot be compared
