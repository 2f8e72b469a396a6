"""Advice in the report and in its comment."""

import json
from dataclasses import replace

import pytest
from reports import sample as report

from ci_slim.advise.advice import Advice, Bytes, Tried
from ci_slim.advise.finding import Finding
from ci_slim.errors import UsageError
from ci_slim.platforms import Platform
from ci_slim.report import merge
from ci_slim.report.advice import to_json
from ci_slim.report.advised import advised
from ci_slim.report.folds import FOLDS, Room
from ci_slim.report.json import from_json
from ci_slim.report.json import to_json as report_json
from ci_slim.report.markdown import to_markdown
from ci_slim.result import Suggestion

AMD64 = Platform("linux", "amd64")


DIFF = "--- a/app/Dockerfile\n+++ b/app/Dockerfile\n@@ -3 +3 @@\n-RUN a\n+RUN b\n"


def tried(
    line: int, disk: int, outcome: str = "proven", message: str = "x", diff: str = ""
) -> Tried:
    finding = Finding("apt-lists", line, message)
    return Tried(finding, diff, outcome, {AMD64: Bytes(disk // 2, disk)})  # type: ignore[arg-type]


ADVICE = to_json(
    Advice(
        "app/Dockerfile",
        "app",
        (
            tried(2, 10),
            tried(3, 5_000_000, message="lists | @all stay", diff=DIFF),
            tried(4, 99, "too-small"),
            tried(5, 3000),
            tried(6, 400),
        ),
    ),
    every=True,
)


def test_a_report_has_the_three_proven_changes_that_save_most() -> None:
    found = advised(ADVICE, "advice.json")
    assert [(each.line, each.pull_bytes, each.disk_bytes) for each in found.changes] == [
        (3, 2_500_000, 5_000_000),
        (5, 1500, 3000),
        (6, 200, 400),
    ]
    assert (found.dockerfile, found.more) == ("app/Dockerfile", 1)
    assert [each.suggestion for each in found.changes] == [
        Suggestion(3, ("RUN a",), ("RUN b",)), None, None,
    ]  # fmt: skip
    made = replace(report(), advice=(found,))
    assert from_json(report_json(made)).advice == (found,)
    assert merge([made]).advice == (found,)


def test_the_comment_folds_them() -> None:
    made = replace(report(), advice=(advised(ADVICE, "advice.json"),))
    shown = to_markdown(made)
    assert "<summary><b>Advice</b>" in shown or "Advice" in shown
    fold = next(fold for fold in FOLDS if fold.name == "Advice")
    said = fold.said(made, Room())
    assert said is not None
    assert said.brief == "saves up to 5 MB"
    assert "`app/Dockerfile:3`" in said.body and "1 more proven change." in said.body
    assert "@all" not in said.body and "2.5\N{NO-BREAK SPACE}MB" in said.body
    assert fold.said(report(), Room()) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "ci-slim/report/v1"}, "this is no advice"),
        ({"findings": [{}]}, "the member 'rule' is missing"),
        ({"more": 1}, "unknown member 'more'"),
    ],
)
def test_what_is_no_advice_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        advised(json.dumps({**json.loads(ADVICE), **change}), "advice.json")
