"""A job of the action for the tests: its environment, also with act, and what it must not show."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import runner
from github_api import READ_ONLY_TOKEN, TOKEN, GitHubApi
from github_jobs import environment

_ROOT = Path(__file__).parents[2]


def variables(api: GitHubApi, **changed: str) -> dict[str, str]:
    """The environment of a job with debug logging on."""
    return environment(api, RUNNER_DEBUG="1", **changed)


def keeps_secrets(ended: runner.Ended) -> bool:
    """Check that no token is in the log, the summary or an output."""
    written = ended.log + ended.summary + json.dumps(ended.outputs)
    secrets = (TOKEN, READ_ONLY_TOKEN, *runner.RUNNER_TOKENS.values())
    return not any(secret in written for secret in secrets)


def report_of(work: Path) -> bytes:
    return (work / "workspace/ci-slim/report.json").read_bytes()


def packed(report: bytes | str) -> bytes:
    """An artifact with this report, as GitHub stores it."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("report.json", report)
    return stored.getvalue()


def under_act(
    work: Path, image: str, api: GitHubApi, workflow: str, event: Any
) -> subprocess.CompletedProcess[str]:
    """Run a workflow for a pull request of `work/workspace`, in which the action is a folder.

    act does not mask secrets here: what the action itself prints has to be without them.
    """
    checkout, cache = work / "workspace", work / "cache"
    action = checkout / ".github/actions/ci-slim/action.yml"
    action.parent.mkdir(parents=True)
    text = (_ROOT / "action.yml").read_text()
    action.write_text(text.replace("image: Dockerfile", f"image: docker://{image}"))
    (checkout / ".github/workflows").mkdir()
    (checkout / ".github/workflows/ci.yml").write_text(workflow)
    for git in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *git], cwd=checkout, check=True)
    (work / "event.json").write_text(json.dumps(event))
    command = [
        str(Path(sys.executable).parent / "act"), "pull_request", "--insecure-secrets",
        "--pull=false", "-P", "ubuntu-latest=-self-hosted", "-e", str(work / "event.json"),
        "-s", "GITHUB_TOKEN", "--container-options", f"-v {cache}:{cache}",
    ]  # fmt: skip
    for name in (
        "GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_REPOSITORY", "GITHUB_WORKFLOW_REF",
        "RUNNER_DEBUG",
    ):  # fmt: skip
        command += ["--env", f"{name}={variables(api)[name]}"]
    # act gives the job all that it has itself: no PYTHONPATH, no bundle of this machine
    known = {"PATH", "HOME", "DOCKER_HOST"} & os.environ.keys()
    return subprocess.run(
        command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={
            **{name: os.environ[name] for name in known},
            "GITHUB_TOKEN": TOKEN, "XDG_CACHE_HOME": str(cache),
        },
        check=False,
    )  # fmt: skip
