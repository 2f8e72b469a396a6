"""`ci-slim check`: which budgets a report is held against."""

from pathlib import Path

import pytest
from reports import of, sample

from ci_slim.cli import carry_out
from ci_slim.commands.edge import Edge
from ci_slim.errors import UsageError
from ci_slim.report import render

BUDGET = "--budget=pull: 1 GB"


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.json").write_text(render(of(sample().images[0].platforms[0]), "json"))
    return "report.json"


def check(*arguments: str) -> int:
    return carry_out(["check", *arguments], Edge())


def test_a_budget_alone_needs_no_settings_file(report: str) -> None:
    assert check(BUDGET, report) == 0
    assert check("--budget=pull: 1 kB", report) == 1


@pytest.mark.parametrize("arguments", [(), ("--config=typo.yml", BUDGET)])
def test_a_settings_file_that_is_named_or_needed_must_be_there(
    report: str, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as error:
        check(*arguments, report)
    assert error.value.message == "the settings file cannot be read: no such file or directory"
