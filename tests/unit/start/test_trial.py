"""Budgets from a first report, and probes that did not work."""

from dataclasses import replace

import pytest
from reports import of, sample

from ci_slim.judge.budget import BudgetRules, Limits
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.platforms import parse
from ci_slim.result import LeftOut, PlatformReport
from ci_slim.start import (
    Proposal,
    ProposedImage,
    ProposedProbe,
    failed_probes,
    skipped,
    unreached_after,
    with_budgets,
    without_guesses,
    without_probes,
)

GOOD = replace(sample().images[0].platforms[0], platform=parse("linux/amd64"))
REPORT = of(GOOD)
NAME = REPORT.images[0].name
TEN = GrowthLimit(percent=10)


def proposal(*platforms: str) -> Proposal:
    probes = (ProposedProbe({"http": "GET /"}, "a"), ProposedProbe({"http": "GET /b"}, "b"))
    return Proposal(
        (ProposedImage(NAME, ".", "Dockerfile", tuple(map(parse, platforms)), probes=probes),)
    )


def test_a_limit_is_the_size_and_headroom_rounded_up() -> None:
    assert GOOD.result is not None
    result = replace(GOOD.result, pull_bytes=2_404_001, disk_bytes=999)
    report = of(replace(GOOD, slim=result))
    (image,) = with_budgets(proposal("linux/amd64"), report, TEN, {}).images
    assert image.budget == {"pull": "2.65 MB", "disk": "1.1 kB"}
    assert image.budget_why == "What was measured on linux/amd64, and 10 % more."


def test_with_several_platforms_the_limit_is_of_the_measured_one() -> None:
    (image,) = with_budgets(proposal("linux/arm64", "linux/amd64"), REPORT, TEN, {}).images
    assert list(image.budget) == ["platforms"]
    assert list(image.budget["platforms"]) == ["linux/amd64"]  # type: ignore[call-overload]


@pytest.mark.parametrize(("limit", "stays"), [(10**9, True), (1, False)])
def test_a_limit_that_is_kept_stays(limit: int, stays: bool) -> None:
    earlier = {NAME: BudgetRules(Limits(pull=limit))}
    (image,) = with_budgets(proposal("linux/amd64"), REPORT, TEN, earlier).images
    assert (image.budget["pull"] == "1 GB") is stays


def test_probes_that_the_error_names_are_left_out() -> None:
    details = ("GET /b: HTTP 404, expected 2xx or 3xx", "a line of the log")
    assert failed_probes(("GET /", "GET /b"), details) == ("GET /b",)
    (image,) = without_probes(proposal("linux/amd64"), NAME, frozenset({1})).images
    assert [each.value for each in image.probes] == [{"http": "GET /"}]


def test_what_the_slim_image_lost_is_told() -> None:
    report = of(replace(GOOD, dropped_nearby=(LeftOut("/app/\x1blocales", 2_000_000, ()),)))
    assert list(unreached_after(report)) == [
        f"{NAME}: no probe used /app/\\x1blocales (2 MB), so it goes"
    ]


def test_a_guess_is_nothing_without_a_first_run() -> None:
    (image,) = proposal("linux/amd64").images
    guess = ProposedProbe({"http": "GET /c"}, "a route in app.py:1", is_guess=True)
    guessed = Proposal((replace(image, probes=(*image.probes, guess)),))
    assert without_guesses(guessed) == Proposal((image,))
    assert without_guesses(guessed, REPORT) == guessed
    assert without_guesses(guessed, SKIPPED) == Proposal((image,))


SKIPPED = of(PlatformReport(parse("linux/arm/v6"), "skipped", reason="no \x1bhandler"))


def test_a_platform_that_cannot_run_is_told() -> None:
    assert list(skipped(SKIPPED)) == [
        f"{NAME}: nothing was measured on linux/arm/v6: no \\x1bhandler"
    ]
    assert list(skipped(REPORT)) == []
