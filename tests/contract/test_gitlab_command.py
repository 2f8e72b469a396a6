"""`ci-slim comment` as a process in a job of GitLab's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gitlab_api import OURS, TOKEN, GitLabApi, environment, started
from reports import of, sample

from ci_slim.report.json import to_json
from ci_slim.result import Report

OVER = sample()
WELL = of(sample().images[0].platforms[0])


@pytest.fixture
def api() -> Iterator[GitLabApi]:
    yield from started()


def comment(
    api: GitLabApi, folder: Path, report: Report, **changed: str
) -> "subprocess.CompletedProcess[str]":
    (folder / "report.json").write_text(to_json(report))
    return subprocess.run(
        [sys.executable, "-m", "ci_slim", "comment", str(folder / "report.json")],
        env={"PATH": os.environ["PATH"], **environment(api, **changed)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_thread_is_open_while_a_budget_is_broken(api: GitLabApi, tmp_path: Path) -> None:
    states = []
    for report in (OVER, WELL):
        given = {"CI_SLIM_TOKEN": TOKEN, "CI_SLIM_NOTE_THREAD": "true"}
        done = comment(api, tmp_path, report, **given)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("/group/project/-/merge_requests/7#note_301\n")
        (note,) = [item for item in api.notes if item["author"]["username"] == OURS]
        states.append(note["resolved"])
    assert states == [False, True]


def test_a_thread_that_stays_open_fails_no_job(api: GitLabApi, tmp_path: Path) -> None:
    api.fail("PUT", "/discussions/", status=403, body={"message": "403 Forbidden"})
    given = {"CI_SLIM_TOKEN": TOKEN, "CI_SLIM_NOTE_THREAD": "true"}
    done = comment(api, tmp_path, WELL, **given)
    assert done.returncode == 0
    assert "but its thread is unchanged: GitLab answers 403: Forbidden" in done.stderr
    assert len(api.bodies()) == 1


def test_without_a_token_a_line_says_how_to_set_one_up(api: GitLabApi, tmp_path: Path) -> None:
    done = comment(api, tmp_path, WELL)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no comment: the job's own token cannot write notes" in done.stderr
    assert "store it in the masked CI/CD variable CI_SLIM_TOKEN;" in done.stderr
    assert api.calls == []


def test_an_expired_token_is_told_and_not_shown(api: GitLabApi, tmp_path: Path) -> None:
    done = comment(api, tmp_path, WELL, CI_SLIM_NOTE_VARIABLE="BOT", BOT="glpat-expired-123456")
    assert done.returncode == 0
    assert "GitLab does not know the token, or it has expired (401)" in done.stderr
    assert "variable BOT" in done.stderr
    assert "glpat-expired" not in done.stdout + done.stderr
