"""The progress of a run on stderr: live on a terminal, plain lines elsewhere."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO

from ci_slim.redact import Redactor, foreign

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


Measure = Callable[[], str]
SHOWN_AFTER, EACH = 2.0, 10.0
"""Seconds until a live stage shows what it is doing; seconds between two plain lines about it."""


class Progress(Protocol):
    """Shows how far a run is."""

    def stage(
        self, where: str, what: str, measure: Measure = lambda: ""
    ) -> contextlib.AbstractContextManager[None]:
        """Show a stage of a platform while the block runs. `measure` says how far it is, if nobody
        calls `doing`."""

    def doing(self, text: str) -> None:
        """Set what the stage is doing now. It is shown if the stage takes longer."""

    def output(self, line: str) -> None:
        """Show a line of foreign output, of a build or a log."""

    def note(self, text: str) -> None:
        """Show a message that the user should know."""


class Silent:
    """No progress, for `--quiet`."""

    @contextlib.contextmanager
    def stage(self, where: str, what: str, measure: Measure = lambda: "") -> Iterator[None]:
        yield

    def doing(self, text: str) -> None:
        pass

    def output(self, line: str) -> None:
        pass

    def note(self, text: str) -> None:
        pass


@dataclass
class _Stage:
    """A stage that runs: its platform, and what it is doing now."""

    where: str
    doing: str = ""


_STAGE: ContextVar[_Stage | None] = ContextVar("stage", default=None)
"""The stage of this thread, and of the background tasks that it starts."""


@contextlib.contextmanager
def _begun(where: str) -> Iterator[_Stage]:
    stage = _Stage(where)
    token = _STAGE.set(stage)
    try:
        yield stage
    finally:
        _STAGE.reset(token)


def _set_doing(text: str) -> None:
    if stage := _STAGE.get():
        stage.doing = text


def _named(line: str, several: bool) -> str:
    """A line of foreign output; with its platform where platforms run side by side."""
    stage = _STAGE.get()
    return f"{stage.where}: {line}" if several and stage else line


class Lines:
    """Plain lines, for CI logs. `several`: platforms run side by side."""

    def __init__(self, redact: Redactor, stream: TextIO, *, several: bool = False) -> None:
        self._redact, self._stream, self._several = redact, stream, several
        self._unread = False

    @contextlib.contextmanager
    def stage(self, where: str, what: str, measure: Measure = lambda: "") -> Iterator[None]:
        began = time.monotonic()
        self._write(f"{where}: {what} …")
        with _begun(where) as stage:

            def tell() -> None:
                if text := stage.doing or measure():
                    self._write(f"{where}: {what}, {time.monotonic() - began:.0f} s: {text}")

            with _repeated(tell, EACH):
                yield
        self._write(f"{where}: {what} done in {time.monotonic() - began:.1f} s")

    def doing(self, text: str) -> None:
        _set_doing(text)

    def output(self, line: str) -> None:
        if line or not self._several:  # empty lines separate nothing where platforms take turns
            self._write(f"  | {_named(line, self._several)}")

    def note(self, text: str) -> None:
        self._write(text)

    def _write(self, text: str) -> None:
        if self._unread:
            return
        try:
            self._stream.write(self._redact(foreign(text)) + "\n")
            self._stream.flush()
        except OSError:  # the disk is full or the reader is gone: the run goes on without progress
            self._unread = True


class Live:
    """A spinner for each stage with its seconds, for terminals. `several`: platforms run side by
    side."""

    def __init__(self, redact: Redactor, console: "Console", *, several: bool = False) -> None:
        self._redact, self._console, self._several = redact, console, several
        self._lock = threading.Lock()
        self._bar: Bar | None = None
        self._stages = 0

    @contextlib.contextmanager
    def stage(self, where: str, what: str, measure: Measure = lambda: "") -> Iterator[None]:
        began = time.monotonic()
        text = self._clean(f"{where}: {what}")
        with self._shown(text) as (bar, task), _begun(where) as stage:

            def tell() -> None:
                if time.monotonic() - began >= SHOWN_AFTER and (now := stage.doing or measure()):
                    bar.update(task, description=_plain(f"{text}: {self._clean(now)}"))

            with _repeated(tell, SHOWN_AFTER / 4):
                yield
        seconds = time.monotonic() - began
        self._console.print(f"✓ {text} {seconds:.1f} s", markup=False, highlight=False)

    @contextlib.contextmanager
    def _shown(self, text: str) -> "Iterator[tuple[Bar, TaskID]]":
        """A line in the one live display that a console can have."""
        from rich.progress import Progress as LiveBar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._bar is None:
                columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
                self._bar = LiveBar(*columns, console=self._console, transient=True)
                self._bar.start()
            bar, self._stages = self._bar, self._stages + 1
            task = bar.add_task(_plain(text), total=None)
        try:
            yield bar, task
        finally:
            with self._lock:
                bar.remove_task(task)
                self._stages -= 1
                if not self._stages:
                    bar.stop()
                    self._bar = None

    def doing(self, text: str) -> None:
        _set_doing(text)

    def output(self, line: str) -> None:
        if line or not self._several:
            text = self._clean(f"  │ {_named(line, self._several)}")
            self._console.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        self._console.print(self._clean(text), markup=False, highlight=False, soft_wrap=True)

    def _clean(self, text: str) -> str:
        return self._redact(foreign(text))


def _plain(text: str) -> str:
    """A text that rich does not read as markup."""
    return text.replace("[", r"\[")


@contextlib.contextmanager
def _repeated(call: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call `call` every `seconds` in the background, until the block ends."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(seconds):
            with contextlib.suppress(OSError, ValueError):  # the reader is gone
                call()

    thread = threading.Thread(target=run, name="ci-slim-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(1.0)


def choose(
    redact: Redactor, *, quiet: bool, stream: TextIO | None = sys.stderr, several: bool = False
) -> Progress:
    """No progress if `quiet` or if stderr is closed; live on a terminal that supports it; else
    plain lines. `several`: platforms run side by side."""
    if quiet or stream is None:
        return Silent()
    if stream.isatty():
        from rich.console import Console

        console = Console(file=stream)
        if not console.is_dumb_terminal and console.encoding.startswith("utf"):
            return Live(redact, console, several=several)
    return Lines(redact, stream, several=several)
