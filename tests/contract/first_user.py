"""A new user's repository, made from the README alone, and its pipelines run as they are.

act runs the README's workflow with the released image. Actions of others are folders here, since
github.com cannot be reached: `actions/checkout` is part of act, `actions/upload-artifact` is a
stand-in that keeps the same files.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from action_jobs import variables
from github_api import TOKEN, GitHubApi

ROOT = Path(__file__).parents[2]
WORKFLOW = ".github/workflows/image.yml"
KEEP = """\
name: upload-artifact
description: keeps the files in a folder of this machine
inputs:
  name: {{required: true}}
  path: {{required: true}}
runs:
  using: composite
  steps:
    - shell: sh
      env:
        NAME: ${{{{ inputs.name }}}}
        FILES: ${{{{ inputs.path }}}}
      run: mkdir -p "{to}/$NAME" && cp $FILES "{to}/$NAME/"
"""


def complete(language: str, heading: str) -> str:
    """The first code block of the README below a heading."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition(f"\n## {heading}\n")[2]
    found = re.search(rf"(?ms)^```{language}\n(.*?)^```", section)
    assert found is not None
    return found[1]


def under_act(
    repository: Path, work: Path, image: str, api: GitHubApi, name: str, event: Any, **changed: str
) -> subprocess.CompletedProcess[str]:
    """Run the README's workflow in a repository for an event. Artifacts go to `work/artifacts`."""
    actions, cache = work / "actions", work / "cache"
    for folder, text in (
        (
            "ci-slim",
            (ROOT / "action.yml")
            .read_text()
            .replace("image: Dockerfile", f"image: docker://{image}"),
        ),
        ("upload", KEEP.format(to=work / "artifacts")),
    ):
        (actions / folder).mkdir(parents=True, exist_ok=True)
        (actions / folder / "action.yml").write_text(text)
    (work / "event.json").write_text(json.dumps(event))
    command = [
        str(Path(sys.executable).parent / "act"), name, "--insecure-secrets", "--pull=false",
        "-P", "ubuntu-24.04=-self-hosted", "-e", str(work / "event.json"), "-s", "GITHUB_TOKEN",
        "--local-repository", f"ci-slim/ci-slim@v1={actions / 'ci-slim'}",
        "--local-repository", f"actions/upload-artifact@v4={actions / 'upload'}",
        "--container-options", f"-v {cache}:{cache}",
    ]  # fmt: skip
    given = variables(api, **changed)
    for each in (
        "GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID",
        "GITHUB_WORKFLOW_REF",
    ):  # fmt: skip
        command += ["--env", f"{each}={given[each]}"]
    known = {each: os.environ[each] for each in {"PATH", "HOME", "DOCKER_HOST"} & os.environ.keys()}
    return subprocess.run(
        command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**known, "GITHUB_TOKEN": TOKEN, "XDG_CACHE_HOME": str(cache)}, check=False,
    )  # fmt: skip


def commit(repository: Path, message: str) -> str:
    """Commit what lies in the repository. Returns the commit."""
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    if not (repository / ".git").exists():
        subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", message], check=True)
    done = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def made(work: Path, files: Mapping[str, str]) -> Path:
    """A repository with these files, and the README's workflow and .gitlab-ci.yml."""
    repository = work / "sensor"
    (repository / WORKFLOW).parent.mkdir(parents=True)
    for name, text in files.items():
        (repository / name).write_text(text)
    (repository / WORKFLOW).write_text(complete("yaml", "GitHub"))
    (repository / ".gitlab-ci.yml").write_text(complete("yaml", "GitLab"))
    return repository
