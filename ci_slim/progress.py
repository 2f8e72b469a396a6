"""What the user sees while waiting: on stderr, live on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, TextIO

from ci_slim.redact import Redactor, foreign

if TYPE_CHECKING:
    from rich.console import Console


class Progress(Protocol):
    """How a run tells where it is."""

    def stage(self, where: str, what: str) -> contextlib.AbstractContextManager[None]:
        """A stage of a platform, from its start to its end."""

    def output(self, line: str) -> None:
        """A line of foreign output: a build, a log."""

    def note(self, text: str) -> None:
        """Something the user should know."""


class Silent:
    """`--quiet`."""

    @contextlib.contextmanager
    def stage(self, where: str, what: str) -> Iterator[None]:
        yield

    def output(self, line: str) -> None:
        pass

    def note(self, text: str) -> None:
        pass


class Lines:
    """Plain lines, for CI logs."""

    def __init__(self, redact: Redactor, stream: TextIO) -> None:
        self._redact, self._stream = redact, stream

    @contextlib.contextmanager
    def stage(self, where: str, what: str) -> Iterator[None]:
        began = time.monotonic()
        self._write(f"{where}: {what} …")
        yield
        self._write(f"{where}: {what} done in {time.monotonic() - began:.1f} s")

    def output(self, line: str) -> None:
        self._write(f"  | {line}")

    def note(self, text: str) -> None:
        self._write(text)

    def _write(self, text: str) -> None:
        self._stream.write(self._redact(foreign(text)) + "\n")
        self._stream.flush()


class Live:
    """A spinner with the stage and its seconds, for terminals."""

    def __init__(self, redact: Redactor, console: "Console") -> None:
        self._redact, self._console = redact, console

    @contextlib.contextmanager
    def stage(self, where: str, what: str) -> Iterator[None]:
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        began = time.monotonic()
        text = self._clean(f"{where}: {what}")
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Bar(*columns, console=self._console, transient=True) as bar:
            bar.add_task(text.replace("[", r"\["), total=None)
            yield
        seconds = time.monotonic() - began
        self._console.print(f"✓ {text} {seconds:.1f} s", markup=False, highlight=False)

    def output(self, line: str) -> None:
        self._console.print(
            self._clean(f"  │ {line}"), style="dim", markup=False, highlight=False, soft_wrap=True
        )

    def note(self, text: str) -> None:
        self._console.print(self._clean(text), markup=False, highlight=False, soft_wrap=True)

    def _clean(self, text: str) -> str:
        return self._redact(foreign(text))


def choose(redact: Redactor, *, quiet: bool, stream: TextIO | None = sys.stderr) -> Progress:
    """Silence when asked for or with stderr closed, live on a terminal that can, else lines."""
    if quiet or stream is None:
        return Silent()
    if stream.isatty():
        from rich.console import Console

        console = Console(file=stream)
        if not console.is_dumb_terminal and console.encoding.startswith("utf"):
            return Live(redact, console)
    return Lines(redact, stream)
