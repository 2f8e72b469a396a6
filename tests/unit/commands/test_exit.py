"""How a command that is stopped ends, as the operating system sees it."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import guarded

STOPPED = """
import os, signal, sys
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import guarded

def work(edge):
    exec({code!r})

sys.exit(guarded(work, Edge()))
"""
ITSELF = "os.kill(os.getpid(), {number})\nwhile True: pass"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("started", [["-m", "stopped"], ["stopped.py"]])
def test_a_signal_in_code_made_of_text_is_an_exit_code(
    number: signal.Signals, started: list[str], tmp_path: Path
) -> None:
    code = "import os\n" + ITSELF.format(number=int(number))
    (tmp_path / "stopped.py").write_text(STOPPED.format(code=code))
    done = subprocess.run(
        [sys.executable, *started],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == (
        f"ci-slim: stopped by {number.name}\n  → everything that it started is removed\n"
    )


def test_a_full_disk_is_no_bug(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def work(_: Edge) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/saved.tar")

    assert guarded(work, Edge()) == 4
    said = capsys.readouterr().err
    assert said.startswith("ci-slim: /tmp/saved.tar: No space left on device")
    assert "set TMPDIR to a folder on a larger disk" in said


def test_another_error_of_the_system_is_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def work(_: Edge) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    assert guarded(work, Edge()) == 3
    assert "this is a bug in ci-slim" in capsys.readouterr().err


LEAVING = """
import sys
from ci_slim.commands.exit import leave
from ci_slim.redact import Redactor
sys.stdout and print("x")
leave({code}, Redactor())
"""


@pytest.mark.parametrize(
    ("redirected", "code", "said"),
    [
        (">/dev/null", 6, ""),
        (">&-", 0, ""),
        (">&-", 6, ""),
        (">/dev/full", 0, "stdout: the result could not be written: No space left on device"),
        (">/dev/full", 6, "stdout: the result could not be written: No space left on device"),
        (">/dev/full 2>/dev/full", 6, ""),
        ("2>&- >&-", 6, ""),
    ],
)
def test_the_exit_code_is_the_runs_wherever_the_output_goes(
    redirected: str, code: int, said: str
) -> None:
    program = LEAVING.format(code=code)
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -c "$1" {redirected}', sys.executable, program],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[3]),
            "PYTHONUNBUFFERED": "",  # so that it is written when it is flushed
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == (code or (4 if said else 0))
    assert said in done.stderr
    assert bool(said) == bool(done.stderr)


def test_a_result_that_cannot_be_written_is_said_once() -> None:
    program = (
        "from ci_slim.commands.edge import Edge\n"
        "from ci_slim.commands.exit import *\n"
        "edge = Edge()\n"
        "leave(guarded(lambda _: show('x'), edge), edge.hide)"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" >/dev/full', sys.executable, program],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = "ci-slim: stdout: the result could not be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (4, said)


UNREAD = """
import sys, time
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import guarded, leave, show, say

def work(edge):
    sys.stdin.read()  # until nobody reads any more
    {line}
    return 1

edge = Edge()
leave(guarded(work, edge), edge.hide)
"""


@pytest.mark.parametrize(
    ("line", "unread", "code"),
    [
        ("show('a budget is broken')", "stdout", 1),
        ("show('a budget is broken\\n' * 100_000)", "stdout", 1),
        ("say(edge.hide, 'half way')", "stderr", 1),
    ],
)
def test_the_exit_code_is_the_runs_although_nobody_reads_on(
    line: str, unread: str, code: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", UNREAD.format(line=line)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin and process.stdout and process.stderr
    (process.stdout if unread == "stdout" else process.stderr).close()
    process.stdin.close()
    read = process.stderr if unread == "stdout" else process.stdout
    assert (read.read(), process.wait(60)) == (b"", code)
    read.close()


RESULT = """
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import guarded, leave, say, show_result

def work(edge):
    say(edge.hide, "half way")
    file = open(__import__("sys").argv[1], "w")
    code = show_result("a result", {code}, edge.hide)
    file.close()
    return code

edge = Edge()
leave(guarded(work, edge), edge.hide)
"""


@pytest.mark.parametrize(
    ("redirected", "own", "code"),
    [
        (">/dev/null", 0, 0),
        (">/dev/null", 1, 1),
        (">&-", 0, 4),
        (">&-", 1, 1),
        (">&-", 6, 6),
        (">/dev/full", 0, 4),
        (">/dev/full", 5, 5),
        ("2>/dev/full", 0, 0),
        ("2>/dev/full", 1, 1),
        ("2>&-", 0, 0),
        ("2>&-", 6, 6),
        (">&- 2>&-", 0, 4),
    ],
)
def test_a_result_that_is_lost_is_an_error_of_a_run_that_went_well(
    redirected: str, own: int, code: int, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    shell = f'exec "$0" -c "$1" "$2" {redirected}'
    done = subprocess.run(
        ["/bin/sh", "-c", shell, sys.executable, RESULT.format(code=own), str(file)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == code
    assert file.read_text() == "", "an opened file is not taken for a closed stream"
