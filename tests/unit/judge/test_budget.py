# ruff: noqa: RUF001 - the signs for minus and the like are meant as they are
from dataclasses import replace

import pytest
from reports import AMD64, ARM64, ARMV6, RULES, of, replaced, sample, sizes, slimmed

from ci_slim.judge.budget import (
    BudgetRules,
    Limits,
    judge,
)
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.result import PlatformReport, Report, Status, Tool, Verdict, outcome_of, status_of


@pytest.mark.parametrize(
    ("limit", "actual", "status"),
    [
        (1000, 0, "pass"),
        (1000, 899, "pass"),
        (1000, 900, "warn"),
        (1000, 1000, "warn"),
        (1000, 1001, "fail"),
        (10, 9, "warn"),
        (0, 0, "pass"),
        (0, 1, "fail"),
        (1000, -5, "pass"),
        (1000, None, "unknown"),
        (None, 5, "unknown"),
    ],
)
def test_warns_from_ninety_percent_up_to_the_limit(
    limit: int | None, actual: int | None, status: Status
) -> None:
    assert status_of(limit, actual) == status


def test_limits_of_a_platform_override_the_general_ones_field_by_field() -> None:
    rules = BudgetRules(
        Limits(pull=12, disk=30, growth=GrowthLimit(percent=2.0)),
        {ARMV6: Limits(pull=10, layers=3), ARM64: Limits()},
    )
    assert rules.for_platform(ARMV6) == Limits(
        pull=10, disk=30, growth=GrowthLimit(percent=2.0), layers=3
    )
    assert rules.for_platform(ARM64) == rules.limits
    assert rules.for_platform(AMD64) == rules.limits


@pytest.mark.parametrize("given", [{}, {"bytes": 1, "percent": 1.0}])
def test_growth_is_limited_in_bytes_or_in_percent(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="either in bytes or in percent"):
        GrowthLimit(**given)  # type: ignore[arg-type]


def messages(limits: Limits, pull: int | None, disk: int = 9_000_000, **given: object) -> list[str]:
    exact = bool(given.pop("exact", True))
    layers = int(str(given.pop("layers", 2)))
    image = sizes("a", pull, disk, exact=exact, layers=layers)
    verdicts = judge(image, BudgetRules(limits), ARMV6, **given)  # type: ignore[arg-type]
    return [f"{verdict.status}: {verdict.message}" for verdict in verdicts]


@pytest.mark.parametrize(
    ("pull", "exact", "message"),
    [
        (3_100_000, True, "pass: pull 3.1 MB is within 12 MB (25 %)"),
        (3_120_000, False, "pass: pull ≈3.12 MB is within 12 MB (26 %)"),
        (11_000_000, True, "warn: pull 11 MB is close to 12 MB (91 %)"),
        (11_999_999, True, "warn: pull 11.999999 MB is close to 12 MB (99 %)"),
        (12_000_000, True, "warn: pull 12 MB is at the limit of 12 MB (100 %)"),
        (12_000_001, True, "fail: pull 12.000001 MB is over 12 MB by 1 B (+<0.1 %)"),
        (12_500_000, True, "fail: pull 12.5 MB is over 12 MB by 500 kB (+4.2 %)"),
        (None, True, "unknown: pull unknown: the size was not measured (limit 12 MB)"),
    ],
)
def test_messages_give_the_size_and_the_limit(pull: int | None, exact: bool, message: str) -> None:
    assert messages(Limits(pull=12_000_000), pull, exact=exact) == [message]


def test_a_size_just_over_its_limit_is_told_from_it() -> None:
    said = messages(Limits(pull=2_400_000), 2_448_929)
    assert said == ["fail: pull 2.45 MB is over 2.4 MB by 48.9 kB (+2.0 %)"]


@pytest.mark.parametrize(
    ("growth", "pull", "baseline", "message"),
    [
        (
            GrowthLimit(percent=2.0),
            10_100_000,
            10_000_000,
            "pass: growth +100 kB (+1.0 %) is within 2 %",
        ),
        (
            GrowthLimit(percent=2.0),
            10_250_000,
            10_000_000,
            "fail: growth +250 kB (+2.5 %) is over 2 %",
        ),
        (
            GrowthLimit(bytes=500_000),
            9_000_000,
            10_000_000,
            "pass: growth −1 MB (−10.0 %) is within 500 kB",
        ),
        (GrowthLimit(bytes=0), 10_000_000, 10_000_000, "pass: growth ±0 B is within 0 B"),
        (
            GrowthLimit(percent=2.5),
            5,
            None,
            "unknown: growth unknown: there is no baseline (limit 2.5 %)",
        ),
    ],
)
def test_growth_is_held_against_the_baseline(
    growth: GrowthLimit, pull: int, baseline: int | None, message: str
) -> None:
    assert messages(Limits(growth=growth), pull, baseline_pull=baseline) == [message]


def test_a_growth_in_percent_without_baseline_has_no_limit_in_bytes() -> None:
    rules = BudgetRules(Limits(growth=GrowthLimit(percent=2.0)))
    (verdict,) = judge(sizes("a", 1, 1), rules, ARMV6)
    assert (verdict.limit, verdict.actual, verdict.status) == (None, None, "unknown")


def test_rules_are_judged_in_a_fixed_order_and_only_those_that_are_set() -> None:
    limits = Limits(layers=2, disk=8_000_000, update=4_000_000)
    assert messages(limits, 5_000_000, update_bytes=2_000_000) == [
        "fail: disk 9 MB is over 8 MB by 1 MB (+12.5 %)",
        "pass: update 2 MB is within 4 MB (50 %)",
        "warn: 2 layers are at the limit of 2",
    ]
    assert messages(Limits(), 5_000_000) == []


@pytest.mark.parametrize(
    ("baseline", "why"), [(None, "there is no baseline"), (5, "the size was not measured")]
)
def test_an_update_is_unknown_without_baseline_or_size(baseline: int | None, why: str) -> None:
    shown = messages(Limits(update=4_000_000), 5, baseline_pull=baseline)
    assert shown == [f"unknown: update unknown: {why} (limit 4 MB)"]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (1, "pass: 1 layer is within 10"),
        (9, "warn: 9 layers are close to 10"),
        (11, "fail: 11 layers are over 10"),
    ],
)
def test_layers_are_counted(layers: int, message: str) -> None:
    assert messages(Limits(layers=10), 1, layers=layers) == [message]


def test_a_skipped_platform_is_unknown_and_never_passes() -> None:
    assert judge(None, RULES, AMD64, why_unknown="the platform was skipped") == (
        Verdict(
            "pull",
            12_000_000,
            None,
            "unknown",
            "pull unknown: the platform was skipped (limit 12 MB)",
        ),
        Verdict(
            "disk",
            30_000_000,
            None,
            "unknown",
            "disk unknown: the platform was skipped (limit 30 MB)",
        ),
        Verdict(
            "layers", 10, None, "unknown", "layers unknown: the platform was skipped (limit 10)"
        ),
    )


GOOD = slimmed(ARMV6, sizes("a", 300_000_000, 900_000_000), sizes("b", 2_000_000, 6_000_000))
OVER = slimmed(ARM64, sizes("a", 300_000_000, 900_000_000), sizes("b", 5_000_000, 6_000_000))
SKIPPED = PlatformReport(AMD64, "skipped", reason="no handler")
FAILED = PlatformReport(AMD64, "failed", reason="a probe failed")


@pytest.mark.parametrize(
    ("platforms", "outcome"),
    [
        ((GOOD,), "passed"),
        ((GOOD, SKIPPED), "passed"),
        ((GOOD, OVER), "over-budget"),
        ((GOOD, OVER, FAILED), "failed"),
        ((SKIPPED,), "failed"),
        ((), "failed"),
    ],
)
def test_outcome_of_a_report(platforms: tuple[PlatformReport, ...], outcome: str) -> None:
    assert outcome_of(platforms) == outcome
    assert of(*platforms).outcome == outcome


def test_a_report_of_no_image_has_failed() -> None:
    assert Report(Tool("1"), "2026-11-23T10:20:30Z", ()).outcome == "failed"
    assert sample().outcome == "over-budget"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcome": "skipped", "fat": None, "slim": None}, "needs a reason"),
        ({"outcome": "slimmed", "slim": None}, "needs the sizes of its slim image"),
        ({"outcome": "unchanged"}, "has no slim image"),
        ({"fat": None}, "needs the sizes of its fat image"),
    ],
)
def test_a_platform_cannot_leave_a_gap(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replaced(GOOD, **changes)


def test_budgets_hold_for_the_image_that_is_delivered() -> None:
    unchanged = PlatformReport(ARMV6, "unchanged", reason="not smaller", fat=GOOD.fat)
    assert (GOOD.result, unchanged.result, SKIPPED.result) == (GOOD.slim, GOOD.fat, None)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (None, "unknown: files unknown: they were not counted (limit 10)"),
        (1, "pass: 1 file is within 10"),
        (9, "warn: 9 files are close to 10"),
        (11, "fail: 11 files are over 10"),
    ],
)
def test_files_are_counted(files: int | None, message: str) -> None:
    (verdict,) = judge(replace(sizes("a", 1, 1), files=files), BudgetRules(Limits(files=10)), ARMV6)
    assert f"{verdict.status}: {verdict.message}" == message


def test_a_limit_of_no_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="not a budget rule: inodes"):
        Limits(inodes=3)
