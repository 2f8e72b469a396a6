"""Where the reports of a run by hand go."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ci_slim import settings
from ci_slim.commands.own_folder import is_safe, make_own_folder

IMAGE = "version: 1\nimages:\n  a: {build: {context: CONTEXT, dockerfile: Dockerfile}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("context", "ignored", "safe"),
    [
        (".", "", False),
        (".", "*.log\n.ci-slim/\n", True),
        (".", "**/.ci-slim", True),
        ("..", ".ci-slim", False),
        ("..", "project/.ci-slim", True),
        ("app", "", True),
        ("https://git.example/a.git", "", True),
    ],
)
def test_it_is_written_where_no_build_gets_it(
    project: Path, context: str, ignored: str, safe: bool
) -> None:
    if "://" not in context:
        (project / context).mkdir(exist_ok=True)
        (project / context / ".dockerignore").write_text(ignored)
    read = settings.parse(IMAGE.replace("CONTEXT", context), ".ci-slim.yml", {})
    assert is_safe(read) is safe


def test_an_existing_image_is_built_from_nothing(project: Path) -> None:
    assert is_safe(settings.parse("version: 1\nimages: {a: {image: b}}\n", "f", {}))


def test_a_link_is_not_followed(project: Path, tmp_path: Path) -> None:
    (project / ".ci-slim").symlink_to(tmp_path)
    assert not is_safe(settings.parse("version: 1\nimages: {a: {image: b}}\n", "f", {}))


def test_git_ignores_it(project: Path) -> None:
    assert make_own_folder() == make_own_folder() == ".ci-slim"
    subprocess.run(["git", "init", "--quiet"], check=True)
    status = subprocess.run(["git", "status", "--short"], capture_output=True, check=True)
    assert status.stdout == b""


@pytest.mark.parametrize("terminal", [True, False])
def test_only_a_run_on_a_terminal_writes_it(project: Path, terminal: bool) -> None:
    """Without a daemon: what is written is the report of the error."""
    (project / ".ci-slim.yml").write_text("version: 1\nimages: {a: {image: b}}\n")
    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", "run"],
        env={"PATH": "/usr/bin:/bin", "DOCKER_HOST": "tcp://127.0.0.1:1"},
        stdin=subprocess.DEVNULL,
        stdout=slave if terminal else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(slave)
    os.close(master)
    assert done.returncode == 4, done.stderr
    assert Path(".ci-slim/report.html").exists() is terminal
