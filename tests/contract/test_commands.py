"""`ci-slim comment` as a process, and the baseline of a run, against GitHub's API."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from github_api import HOME, READ_ONLY, SHA, TOKEN, GitHubApi, started
from github_jobs import environment, pull_request
from reports import of, replaced, sample

from ci_slim.baselines import Baselines
from ci_slim.report.json import to_json
from ci_slim.report.markdown import to_markdown
from ci_slim.result import Origin

GOOD = sample().images[0].platforms[0]
_WEB = f"https://github.com/{HOME}"
_RUN = f"{_WEB}/actions/runs/900"
ORIGIN = Origin(SHA, f"{_WEB}/commit/{SHA}", 900, _RUN, f"{_RUN}#artifacts")


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    yield from started()


def comment(api: GitHubApi, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """`ci-slim comment` of the report in a folder, in a job of pull request 7."""
    event = folder / "event.json"
    event.write_text(json.dumps(pull_request()))
    given = environment(api, GITHUB_EVENT_PATH=str(event), GITHUB_TOKEN=TOKEN)
    return subprocess.run(
        [sys.executable, "-m", "ci_slim", "comment", str(folder / "report.json"), *more],
        env={"PATH": os.environ["PATH"], **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_comment_is_made_then_updated_and_its_address_printed(
    api: GitHubApi, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    printed = []
    for report in (sample(), of(GOOD)):
        path.write_text(to_json(report))
        done = comment(api, tmp_path, "--key=arm")
        assert (done.returncode, done.stderr) == (0, "")
        printed.append(done.stdout)
        assert api.bodies() == [to_markdown(replace(report, origin=ORIGIN), "arm")]
    assert printed[0] == printed[1]
    assert printed[0].startswith("https://github.com/")


def test_without_a_key_each_workflow_and_job_has_its_own_comment(
    api: GitHubApi, tmp_path: Path
) -> None:
    (tmp_path / "report.json").write_text(to_json(sample()))
    assert comment(api, tmp_path).returncode == 0
    assert api.bodies()[0].startswith("<!-- ci-slim key=ci-image -->\n")


def test_a_token_that_may_only_read_fails_no_job(api: GitHubApi, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(to_json(sample()))
    api.fail("POST", "/issues/7/comments", status=403, body=READ_ONLY, times=9)
    done = comment(api, tmp_path)
    assert (done.returncode, done.stdout, api.bodies()) == (0, "", [])
    assert done.stderr == (
        "ci-slim: no comment: the token may only read\n"
        "  → give the job `permissions: pull-requests: write`\n"
    )


def test_a_report_that_is_none_is_bad_input(api: GitHubApi, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    done = comment(api, tmp_path)
    assert done.returncode == 2
    assert "this is not a report" in done.stderr
    assert api.calls == []


def test_the_run_is_compared_with_the_artifact_of_the_base_branch(api: GitHubApi) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as open_forge:
        open_forge.writestr("report.json", to_json(of(GOOD)))
    run = api.run()
    api.artifact(run["id"], packed.getvalue())

    def read(path: str) -> bytes:
        return json.dumps(pull_request()).encode()

    given = environment(api, GITHUB_TOKEN=TOKEN)
    baselines = Baselines(("artifact",), "", "", {}, given, read)
    got = baselines.compared("listener", replaced(GOOD, update_bytes=None))
    assert got.baseline is not None
    assert got.baseline.source == (
        f"artifact ci-slim-report-ci-image of run {run['id']} of main at {run['head_sha'][:12]}"
    )
    assert (got.update_bytes, got.baseline.base_growth) == (0, None)
