"""A run that ends before anything was measured: what its report holds, and how it is shown."""

import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from reports import of, sample

from ci_slim.action.results import annotations
from ci_slim.errors import EngineError, UsageError
from ci_slim.report import RENDERINGS, merge, platform, render
from ci_slim.report.json import from_json, to_json
from ci_slim.result import Report

NOW = "2026-11-23T10:20:30Z"
ERROR = UsageError(
    "unknown key `bild`", where=".ci-slim.yml:4:5", hint="did you mean `build`?", details=("a", "b")
)
ENDED = platform.ended(ERROR, NOW)
PASSED = replace(sample(), images=of(sample().images[0].platforms[0]).images)


def test_it_failed_and_is_read_back_as_it_was() -> None:
    assert ENDED.outcome == "failed"
    assert from_json(to_json(ENDED)) == ENDED


def test_the_comment_says_what_where_and_what_to_do() -> None:
    assert render(ENDED, "markdown") == (
        "<!-- ci-slim key=default -->\n"
        "### ❌ ci-slim: nothing was measured\n\n"
        "- ❌ `.ci-slim.yml:4:5`: unknown key &#96;bild&#96;\n\n"
        "  ```text\n  a\n  b\n  ```\n\n"
        "  → did you mean &#96;build&#96;?\n"
    )


def test_the_terminal_text_says_it_too() -> None:
    assert render(ENDED, "text") == (
        "ci-slim: nothing was measured\n\n"
        "error: .ci-slim.yml:4:5: unknown key `bild`\n  | a\n  | b\n  → did you mean `build`?\n"
    )


def test_without_a_line_in_a_file_it_is_an_error_among_the_test_cases() -> None:
    ended = platform.ended(EngineError("no daemon answers", where="tcp://docker:2376"), NOW)
    (suite,) = Xml.fromstring(render(ended, "junit"))
    assert (suite.get("name"), suite.get("tests"), suite.get("errors")) == ("ci-slim", "1", "1")
    assert suite[0][0].get("message") == "tcp://docker:2376: no daemon answers"


def test_it_is_a_remark_on_the_line_that_it_names() -> None:
    (issue,) = json.loads(render(ENDED, "codequality"))
    assert issue["location"] == {"path": ".ci-slim.yml", "lines": {"begin": 4}}
    assert (issue["severity"], issue["check_name"]) == ("blocker", "ci-slim/ended")
    assert list(Xml.fromstring(render(ENDED, "junit"))) == []  # one cause is one alarm
    (note,) = annotations(ENDED, {})
    assert (note.level, note.file, note.line) == ("error", ".ci-slim.yml", 4)


@pytest.mark.parametrize(
    ("where", "path", "line"),
    [
        ("", "", 0),
        ("the input `push`", "", 0),
        ("/etc/x:3:1", "", 0),
        ("../x:3:1", "", 0),
        ("sub/x.yml:3", "sub/x.yml", 3),
        ("host:5000/app", "", 0),
        ("x:0:0", "", 0),
    ],
)
def test_only_a_place_in_a_file_of_the_checkout_is_one(where: str, path: str, line: int) -> None:
    ended = platform.ended(EngineError("no daemon answers", where=where), NOW)
    places = [issue["location"] for issue in json.loads(render(ended, "codequality"))]
    assert places == ([{"path": path, "lines": {"begin": line}}] if line else [])
    (note,) = annotations(ended, {})
    assert (note.file, note.line) == (path, line)


def test_a_job_of_a_matrix_that_ended_early_is_seen_in_the_merged_report() -> None:
    merged = merge([PASSED, ENDED])
    assert (merged.outcome, len(merged.images)) == ("failed", 1)
    shown = render(merged, "markdown")
    head = "### ❌ ci-slim: `listener` incomplete: 1 job ended before anything was measured; pull"
    assert shown.splitlines()[1].startswith(head)
    assert "unknown key" in shown


@pytest.mark.parametrize("form", sorted(RENDERINGS))
def test_every_form_takes_many_of_them(form: str) -> None:
    many: Report = replace(ENDED, problems=ENDED.problems * 300)
    assert len(render(many, form)) > 0
    assert len(render(many, "markdown")) < 65_536
