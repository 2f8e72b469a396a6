"""podman's own command, as ci-slim-update calls it: a double that does what a script says."""

import time
from pathlib import Path
from typing import Any

import pytest

from ci_slim.device import ci_slim_update as update


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the double."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def make(text: str) -> update.Podman:
        (tmp_path / "podman").write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "podman").chmod(0o755)
        return update.Podman()

    return make


def pull(podman: update.Podman) -> None:
    registry = update.Registry("r.example/app", False, Path("/nonexistent"))
    podman.pull("r.example/app", "1", "", registry)


@pytest.mark.parametrize(
    ("limit", "work"),
    [
        ("PULL_SECONDS", pull),
        ("STREAM_SECONDS", lambda podman: podman.save("app:1", Path("/dev/null"))),
        ("STREAM_SECONDS", lambda podman: podman.load(lambda out: out.write(b"x" * 10**7))),
    ],
)
def test_a_command_that_hangs_is_killed_and_told(
    limit: str, work: Any, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, limit, 0.2)
    podman = script("exec sleep 60")
    began = time.monotonic()
    with pytest.raises(update.Problem, match=r"did not end within 0\.2|cannot be loaded"):
        work(podman)
    assert time.monotonic() - began < 20


def test_the_last_words_of_a_command_that_fails_are_told(script: Any) -> None:
    podman = script("echo first; echo wrong name >&2; exit 125")
    with pytest.raises(update.Problem, match="`podman pull` failed: wrong name"):
        pull(podman)
    assert not podman.remove("app:1")
    assert podman.image_id("app:1") == ""
    with pytest.raises(update.Problem, match="`podman save` failed: wrong name"):
        podman.save("app:1", Path("/dev/null"))


def test_podman_copies_images_where_the_next_call_removes_them(script: Any, tmp_path: Path) -> None:
    podman = script(f'echo "$1 $TMPDIR" >>{tmp_path}/told')
    podman.temporary = tmp_path / "work"
    pull(podman)
    podman.save("app:1", Path("/dev/null"))
    podman.load(lambda out: out.write(b"x"))
    told = (tmp_path / "told").read_text().splitlines()
    assert told == [f"{each} {tmp_path}/work" for each in ("pull", "save", "load")]


def test_what_has_no_image_has_no_tags(script: Any) -> None:
    assert script("exit 125").tags("app:1") == ()
    told = """echo '[{"Id": "1", "RepoTags": ["app:1", "<none>:<none>"]}]'"""
    assert script(told).tags("app:1") == ("app:1",)
