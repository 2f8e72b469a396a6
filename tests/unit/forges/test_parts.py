"""Which job of a matrix a report is of, and which of them left none."""

import json
from dataclasses import replace

import pytest
from reports import AMD64, ARM64, ARMV6, of, replaced, sample

from ci_slim.errors import UsageError
from ci_slim.forges.parts import VARIABLE, from_zero, part_of
from ci_slim.report import merge, render
from ci_slim.report.json import from_json, to_json
from ci_slim.result import Part, Report

GITLAB = {"GITLAB_CI": "true", "CI_JOB_NAME": "ci-slim: [linux/arm64]"}


@pytest.mark.parametrize(
    ("environment", "part"),
    [
        ({}, None),
        ({VARIABLE: "2/3"}, Part("this job", 2, 3)),
        ({VARIABLE: "2/3", "GITHUB_JOB": "image"}, Part("image", 2, 3)),
        ({VARIABLE: "1/1", "GITHUB_JOB": "image"}, None),
        ({**GITLAB, "CI_NODE_INDEX": "3", "CI_NODE_TOTAL": "3"}, Part("ci-slim", 3, 3)),
        ({**GITLAB, "CI_NODE_INDEX": "3", "CI_NODE_TOTAL": "3", VARIABLE: "1/1"}, None),
        ({**GITLAB, "CI_NODE_TOTAL": "1"}, None),  # as of a job that is of no matrix
        ({"CI_NODE_INDEX": "3", "CI_NODE_TOTAL": "3"}, None),  # CircleCI has them, too
        (
            {**GITLAB, "CI_JOB_NAME": "build 1/2", "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "2"},
            Part("build", 1, 2),
        ),
    ],
)
def test_the_environment_tells_which_job_it_is(
    environment: dict[str, str], part: Part | None
) -> None:
    assert part_of(environment) == part


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/9999", "-1/3", "1/3 ", "\u0661/3"])
def test_what_is_no_job_of_a_matrix_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"CI_SLIM_PART: .* is not a job of a matrix"):
        part_of({VARIABLE: text})


@pytest.mark.parametrize(
    ("text", "part"),
    [("0/3", "1/3"), (" 2/3\n", "3/3"), ("0/1", "1/1"), ("", ""), ("/", ""), ("${{ x }}/3", "")],
)
def test_github_counts_from_zero(text: str, part: str) -> None:
    assert from_zero(text) == part


def reports() -> list[Report]:
    p = sample().images[0].platforms[0]
    return [
        replace(of(replaced(p, platform=platform)), part=Part("image", number, 3))
        for number, platform in enumerate((ARMV6, ARM64, AMD64), 1)
    ]


def test_it_is_in_the_report() -> None:
    report = reports()[1]
    assert json.loads(to_json(report))["part"] == {"job": "image", "number": 2, "total": 3}
    assert from_json(to_json(report)) == report


@pytest.mark.parametrize("part", [{"number": 4}, {"number": 0}, {"total": 1001}, {"job": None}])
def test_a_report_of_an_impossible_part_is_refused(part: dict[str, object]) -> None:
    value = json.loads(to_json(reports()[1]))
    value["part"] |= part
    with pytest.raises(UsageError, match="part"):
        from_json(json.dumps(value))


def test_all_of_a_matrix_are_the_whole() -> None:
    joined = merge(reports())
    assert (joined.part, joined.problems) == (None, ())
    assert joined.outcome == "passed"
    assert len(joined.images[0].platforms) == 3


def test_a_job_that_left_no_report_is_missed() -> None:
    first, _, last = reports()
    joined = merge([last, first])
    assert joined.outcome == "failed"
    (problem,) = joined.problems
    assert str(problem) == "image: job 2 of 3 left no report"
    text = render(joined, "markdown")
    assert "incomplete: 1 job ended before anything was measured" in text
    assert "job 2 of 3 left no report" in text
    assert len(joined.images[0].platforms) == 2


def test_matrices_are_told_apart() -> None:
    first, second, last = reports()
    other = replace(of(name="other"), part=Part("other", 1, 2))
    joined = merge([first, second, last, other])
    assert [str(problem) for problem in joined.problems] == ["other: job 2 of 2 left no report"]
