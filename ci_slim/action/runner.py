"""What a step tells GitHub's runner: on its log, and in the files that the runner reads."""

import contextlib
import logging
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ci_slim import __version__
from ci_slim.action import workflow_commands
from ci_slim.action.inputs import Inputs
from ci_slim.action.workflow_commands import Annotation
from ci_slim.redact import Redactor, foreign

if TYPE_CHECKING:
    from ci_slim.result import Report


class Runner:
    """The runner of this step. Lines and notes go through `hide` before they are escaped as
    commands; annotations, outputs and the summary are given without secrets."""

    def __init__(self, environment: Mapping[str, str], hide: Redactor) -> None:
        self.hide = hide
        self._environment = environment
        self._given: set[str] = set()

    def annotate(self, notes: Sequence[Annotation]) -> None:
        """Show remarks on the lines of files."""
        self._say(workflow_commands.annotations(notes))

    def warn(self, text: str) -> None:
        """A warning about the run as a whole."""
        self.annotate([Annotation("warning", self.hide(foreign(text)), "ci-slim")])

    def note(self, text: str) -> None:
        """A remark on the run as a whole."""
        self.annotate([Annotation("notice", self.hide(foreign(text)), "ci-slim")])

    def line(self, text: str) -> None:
        """A line of the log."""
        self._say(f"  | {self.hide(foreign(text))}\n")

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Within it, no line of the log is a command to the runner."""
        pause = secrets.token_hex(16)
        self._say(workflow_commands.command("stop-commands", pause))
        try:
            yield
        finally:
            sys.stderr.flush()
            self._say(workflow_commands.command(pause))

    def output(self, name: str, value: str) -> None:
        """An output of the step."""
        text = workflow_commands.output(name, value, secrets.token_hex(16))
        self._append("GITHUB_OUTPUT", lambda _: text)
        self._given.add(name)

    def results(self, report: "Report", path: str, key: str) -> None:
        """The outputs that a report is told by; `path` is relative to the workspace."""
        from ci_slim.action.results import sizes
        from ci_slim.forges.github.artifacts import artifact_name

        self.output("outcome", report.outcome)
        self.output("report", path)
        self.output("artifact", artifact_name(key))
        self.output("sizes", sizes(report))

    def failed(self) -> None:
        """The outcome of a step that came to none."""
        if "outcome" not in self._given:
            self.output("outcome", "failed")

    def summary(self, text: str) -> None:
        """A part of the job's summary."""
        self._append(
            "GITHUB_STEP_SUMMARY", lambda already: workflow_commands.summary(text, already)
        )

    def _append(self, variable: str, text: Callable[[int], str]) -> None:
        """Write to one of the runner's files, of which so many bytes are written. Runners that
        are not GitHub's may not have it: that is no reason to fail."""
        if not (name := self._environment.get(variable)):
            return
        try:
            with Path(name).open("a", encoding="utf-8", errors="replace") as file:
                file.write(text(file.tell()))
        except OSError as error:
            self.line(f"{variable} cannot be written: {error.strerror}")

    def debug(self, given: Inputs) -> None:
        """With debug logging on: what was given, by name, and the calls that clients make."""
        if self._environment.get("RUNNER_DEBUG") != "1":
            return
        python = sys.version.split()[0]
        told = self.hide(f"ci-slim {__version__}, Python {python}, {given!r}")
        self._say(workflow_commands.command("debug", told))
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_RedactingFormatter(self.hide))
        logging.basicConfig(level=logging.DEBUG, handlers=[handler])

    def _say(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


class _RedactingFormatter(logging.Formatter):
    """Records on one line, with secrets masked."""

    def __init__(self, hide: Redactor) -> None:
        super().__init__("debug: %(name)s: %(message)s")
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        return foreign(self._hide(super().format(record)))
