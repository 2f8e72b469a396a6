"""A run that ends before anything was measured, as a process without a daemon: its report."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

WRONG = "version: 1\nimages:\n  app:\n    bild: {context: .}\n"
SOUND = "version: 1\nimages:\n  app:\n    build: {context: .}\n"


def ci_slim(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "DOCKER_HOST": "tcp://127.0.0.1:1", **variables}
    return subprocess.run(
        [sys.executable, "-m", "ci_slim", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("settings", "code", "where"), [(WRONG, 2, ".ci-slim.yml:4:5"), (SOUND, 4, "tcp://127.0.0.1:1")]
)
def test_the_output_folder_says_why_in_place_of_an_earlier_report(
    tmp_path: Path, settings: str, code: int, where: str
) -> None:
    (tmp_path / ".ci-slim.yml").write_text(settings)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/report.json").write_text("of an earlier run")
    done = ci_slim(tmp_path, "run", "--output=out", "--quiet", GITLAB_CI="true", CI_PROJECT_ID="1")
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    report = json.loads((tmp_path / "out/report.json").read_text())
    (problem,) = report["problems"]
    assert (report["outcome"], report["images"], problem["where"]) == ("failed", [], where)
    assert problem["message"] in done.stderr
    assert problem["hint"] in done.stderr
    assert "nothing was measured" in (tmp_path / "out/comment.md").read_text()
    remarks = json.loads((tmp_path / "out/codequality.json").read_text())
    assert [remark["location"]["lines"]["begin"] for remark in remarks] == (
        [4] if code == 2 else []
    )


def test_the_result_on_stdout_is_of_the_form_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / ".ci-slim.yml").write_text(WRONG)
    done = ci_slim(tmp_path, "build", "--format=json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["problems"][0]["message"].startswith("unknown key `bild`")


def test_a_folder_that_cannot_be_written_is_the_error_that_is_told(tmp_path: Path) -> None:
    (tmp_path / ".ci-slim.yml").write_text(SOUND)
    (tmp_path / "out").write_text("a file")
    done = ci_slim(tmp_path, "run", "--output=out")
    assert done.returncode == 2
    assert done.stderr.startswith("ci-slim: out: cannot write")


GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PROJECT_ID": "5",
    "CI_SLIM_NOTE_VARIABLE": "MY_PAT",
}
GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r"}


@pytest.mark.parametrize(
    ("forge", "name"),
    [(GITLAB, name) for name in (
        "CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD", "CI_SLIM_TOKEN", "MY_PAT",
        "CI_DEPENDENCY_PROXY_PASSWORD", "CI_REPOSITORY_URL",
    )] + [(GITHUB, "GITHUB_TOKEN"), (GITHUB, "INPUT_PASSWORD")],
)  # fmt: skip
def test_settings_cannot_name_a_token_of_the_runner(
    tmp_path: Path, forge: dict[str, str], name: str
) -> None:
    text = SOUND + f"    run: {{env: {{A: '${{{name}}}'}}}}\n"
    (tmp_path / ".ci-slim.yml").write_text(text)
    done = ci_slim(tmp_path, "run", "--output=out", **forge, **{name: "hunter22hunter22"})
    assert done.returncode == 2, done.stderr
    assert f"the environment variable `{name}` is not set" in done.stderr
    assert "hunter22" not in done.stderr


def test_an_error_names_no_secret_in_the_report(tmp_path: Path) -> None:
    (tmp_path / ".ci-slim.yml").write_text("version: 1\nimages: {app: {tag: '${MY_TOKEN}:::'}}\n")
    done = ci_slim(tmp_path, "run", "--output=out", MY_TOKEN="hunter22hunter22")
    assert done.returncode == 2
    assert "hunter22" not in done.stderr + (tmp_path / "out/report.json").read_text()


def test_a_secret_that_the_settings_quote_is_not_in_the_report(tmp_path: Path) -> None:
    text = SOUND + "    tag: ${MY_PAT}\n"
    (tmp_path / ".ci-slim.yml").write_text(text)
    variables = {"CI_SLIM_NOTE_VARIABLE": "MY_PAT", "MY_PAT": "Of-The-Note!"}
    done = ci_slim(tmp_path, "run", "--output=out", **variables)
    told = (tmp_path / "out/report.json").read_text() + (tmp_path / "out/comment.md").read_text()
    assert done.returncode == 2
    assert "***" in told
    assert "Of-The-Note!" not in told + done.stderr
