"""The progress of a run on stderr: live on a terminal, plain lines elsewhere."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol, TextIO

from ci_slim.redact import Redactor, foreign

if TYPE_CHECKING:
    from rich.console import Console


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


class Lines:
    """Plain lines, for CI logs."""

    def __init__(self, redact: Redactor, stream: TextIO) -> None:
        self._redact, self._stream = redact, stream
        self._doing, self._unread = "", False

    @contextlib.contextmanager
    def stage(self, where: str, what: str, measure: Measure = lambda: "") -> Iterator[None]:
        began, self._doing = time.monotonic(), ""
        self._write(f"{where}: {what} …")

        def tell() -> None:
            if text := self._doing or measure():
                self._write(f"{where}: {what}, {time.monotonic() - began:.0f} s: {text}")

        with _repeated(tell, EACH):
            yield
        self._write(f"{where}: {what} done in {time.monotonic() - began:.1f} s")

    def doing(self, text: str) -> None:
        self._doing = text

    def output(self, line: str) -> None:
        self._write(f"  | {line}")

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
    """A spinner with the stage and its seconds, for terminals."""

    def __init__(self, redact: Redactor, console: "Console") -> None:
        self._redact, self._console = redact, console
        self._doing = ""

    @contextlib.contextmanager
    def stage(self, where: str, what: str, measure: Measure = lambda: "") -> Iterator[None]:
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        began, self._doing = time.monotonic(), ""
        text = self._clean(f"{where}: {what}")
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Bar(*columns, console=self._console, transient=True) as bar:
            task = bar.add_task(_plain(text), total=None)

            def tell() -> None:
                if time.monotonic() - began >= SHOWN_AFTER and (now := self._doing or measure()):
                    bar.update(task, description=_plain(f"{text}: {self._clean(now)}"))

            with _repeated(tell, SHOWN_AFTER / 4):
                yield
        seconds = time.monotonic() - began
        self._console.print(f"✓ {text} {seconds:.1f} s", markup=False, highlight=False)

    def doing(self, text: str) -> None:
        self._doing = text

    def output(self, line: str) -> None:
        self._console.print(
            self._clean(f"  │ {line}"), style="dim", markup=False, highlight=False, soft_wrap=True
        )

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


def choose(redact: Redactor, *, quiet: bool, stream: TextIO | None = sys.stderr) -> Progress:
    """No progress if `quiet` or if stderr is closed; live on a terminal that supports it; else
    plain lines."""
    if quiet or stream is None:
        return Silent()
    if stream.isatty():
        from rich.console import Console

        console = Console(file=stream)
        if not console.is_dumb_terminal and console.encoding.startswith("utf"):
            return Live(redact, console)
    return Lines(redact, stream)
