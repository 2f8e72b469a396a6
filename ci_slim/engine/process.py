"""Runs processes on this machine. Every process of ci-slim goes through `run`."""

import contextlib
import contextvars
import os
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_slim.errors import EngineError, Interrupted

TAIL_LINES = 200
"""The number of last lines of output that are kept for messages."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that ended: its exit code and its last lines (stdout and stderr mixed)."""

    code: int
    tail: tuple[str, ...]


def find(program: str) -> str | None:
    """The full path of a program on PATH, or None."""
    return shutil.which(program)


class Group:
    """The processes that some work starts, also in threads of its own. They end together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._closed = False

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Processes that are started in the block belong to the group."""
        token = _GROUP.set(self)
        try:
            yield
        finally:
            _GROUP.reset(token)

    def start(self, make: "Callable[[], subprocess.Popen[str]]") -> "subprocess.Popen[str]":
        """Start a process. Raises Interrupted when the group is closed."""
        with self._lock:
            if self._closed:
                raise Interrupted("the run is over")
            process = make()
            self._running.add(process)
            return process

    def ended(self, process: "subprocess.Popen[str]") -> None:
        """A process of the group has ended."""
        with self._lock:
            self._running.discard(process)

    def close(self) -> None:
        """End what runs, and refuse what comes. Safe to call twice."""
        with self._lock:
            self._closed = True
            left = list(self._running)
        for process in left:
            _end(process)


_GROUP: contextvars.ContextVar[Group | None] = contextvars.ContextVar("group", default=None)


def run(
    argv: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    each_line: Callable[[str], None] = lambda line: None,
    inherit: bool = True,
    seconds: float | None = None,
) -> Finished:
    """Run `argv` to its end, and pass each line of its output to `each_line`.

    The process has its own process group. If an exception leaves this call (Ctrl-C, SIGTERM), the
    whole group is ended, so that nothing continues in the background. `environment` is added to the
    inherited one, or replaces it without `inherit`. After `seconds` the group is ended, and the
    exit code is negative. Raises EngineError if the program is missing.
    """
    group = _GROUP.get()

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**(os.environ if inherit else {}), **(environment or {})},
            start_new_session=True,
            text=True,
            encoding="utf-8",
            errors="replace",
        )

    try:
        process = start() if group is None else group.start(start)
    except FileNotFoundError:
        raise _missing(argv[0]) from None
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    limit = threading.Timer(seconds or 0, _end, (process,))
    limit.daemon = True
    if seconds is not None:
        limit.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            tail.append(line.rstrip("\n"))
            each_line(line.rstrip("\n"))
        return Finished(process.wait(), tuple(tail))
    except BaseException:
        _end(process)
        raise
    finally:
        limit.cancel()
        if group is not None:
            group.ended(process)


class Running:
    """A process that goes on in the background until it is closed. What it writes goes to a file.

    Its standard input is a pipe that ends with this process, however that ends: a program that
    reads it to its end does not outlive us.
    """

    def __init__(self, argv: Sequence[str], output: Path, folder: Path) -> None:
        """Start `argv` in a folder. Raises EngineError when the program is missing."""
        try:
            with output.open("wb") as out:
                self._process = subprocess.Popen(
                    list(argv),
                    cwd=folder,
                    stdin=subprocess.PIPE,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
        except FileNotFoundError:
            raise _missing(argv[0]) from None

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it, with all that it started. Safe to call twice."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        _end(self._process)


def _missing(program: str) -> EngineError:
    return EngineError(
        f"the program {program!r} is not on this machine", hint=f"install {program!r}"
    )


def _end(process: "subprocess.Popen[Any]") -> None:
    """Ask the group to stop, then kill it."""
    for number, seconds in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=seconds)
            return
        except (ProcessLookupError, PermissionError):
            return
        except subprocess.TimeoutExpired:
            continue
