"""A signal that comes while things are being removed does not leave them there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ci_slim.cleanup import Cleanup

PROGRAM = """
import os, signal, sys
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import guarded

class Thing:
    def __init__(self):
        self.there = True
        self.calls = 0
    def close(self):
        self.calls += 1
        if self.calls == 1:
            os.kill(os.getpid(), signal.SIGTERM)  # raises here, before anything is removed
            for _ in range(1000): pass
        self.there = False

thing = Thing()

def work(edge):
    edge.held.hold(thing.close)
    try:
        pass
    finally:
        thing.close()
        edge.held.release(thing.close)

code = guarded(work, Edge())
print(thing.there, thing.calls)
sys.exit(code)
"""

FOLDER = """
import os, shutil, signal, sys
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import guarded

remove = shutil.rmtree

def rmtree(folder, **more):
    shutil.rmtree = remove
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(1000): pass

def work(edge):
    with edge.held.scratch("left-") as folder:
        (folder / "file").write_text("x")
        shutil.rmtree = rmtree

sys.exit(guarded(work, Edge()))
"""


LOST = """
import os, signal, sys, time
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import guarded

class Forgotten:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)  # Python drops what this raises
        for _ in range(1000): pass

def work(edge):
    Forgotten()
    time.sleep({seconds})
    print("went on")
    return 0

sys.exit(guarded(work, Edge()))
"""


def call(program: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_what_a_signal_kept_from_closing_is_closed_after_it(tmp_path: Path) -> None:
    done = call(PROGRAM, tmp_path)
    assert done.returncode == 130, done.stderr
    assert done.stdout == "False 2\n"


def test_a_scratch_folder_goes_although_its_removal_was_cut_short(tmp_path: Path) -> None:
    done = call(FOLDER, tmp_path)
    assert done.returncode == 130, done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("seconds", "shown"), [(30, ""), (0, "went on\n")])
def test_a_stop_that_python_drops_still_ends_the_run(
    seconds: int, shown: str, tmp_path: Path
) -> None:
    done = call(LOST.format(seconds=seconds), tmp_path)
    assert done.returncode == 130, done.stderr
    assert done.stdout == shown
    assert "stopped by SIGTERM" in done.stderr


def test_the_newest_is_closed_first_and_each_once() -> None:
    closed: list[str] = []
    cleanup = Cleanup()
    closers = [lambda name=name: closed.append(name) for name in ("first", "second", "third")]
    for each in closers:
        cleanup.hold(each)
    cleanup.release(closers[1])
    cleanup.release(closers[1])
    cleanup.close_all()
    cleanup.close_all()
    assert closed == ["third", "first"]


def test_one_that_fails_does_not_keep_the_others() -> None:
    closed: list[str] = []
    cleanup = Cleanup()

    def fails() -> None:
        raise OSError("it is stuck")

    cleanup.hold(lambda: closed.append("first"))
    cleanup.hold(fails)
    cleanup.hold(lambda: closed.append("third"))
    with pytest.raises(OSError, match="it is stuck"):
        cleanup.close_all()
    assert closed == ["third", "first"]
    cleanup.close_all()


def test_a_scratch_folder_goes_although_a_file_is_made_meanwhile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    remove, late = shutil.rmtree, iter([True])

    def rmtree(folder: Path, *, ignore_errors: bool) -> None:
        remove(folder, ignore_errors=ignore_errors)
        if next(late, False):
            folder.mkdir()
            (folder / "late").write_text("x")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(shutil, "rmtree", rmtree)
    with Cleanup().scratch("ci-slim-") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("named", "taken"), [("own", "own"), ("missing", "usual"), ("", "usual")])
def test_the_folder_that_tmpdir_names_is_taken_although_its_disk_is_full(
    named: str, taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "usual").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / named) if named else "")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "usual"))  # as if that disk were full
    with Cleanup().scratch("ci-slim-") as folder:
        assert folder.parent == tmp_path / taken


def test_a_scratch_folder_is_gone_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError), Cleanup().scratch("ci-slim-") as folder:
        (folder / "file").write_text("x")
        raise ValueError
    assert not folder.exists()
