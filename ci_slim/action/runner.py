"""What a step tells GitHub's runner: in the log, and in the files that the runner reads."""

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
    """The runner of this step. Lines and notes are redacted by `hide` before they are escaped; the
    caller has removed the secrets from annotations, outputs and the summary."""

    def __init__(self, environment: Mapping[str, str], hide: Redactor) -> None:
        self.hide = hide
        self._environment = environment
        self._given: set[str] = set()

    def annotate(self, notes: Sequence[Annotation]) -> None:
        """Show annotations on the lines of files."""
        self._say(workflow_commands.annotations(notes))

    def warn(self, text: str) -> None:
        """Show a warning about the whole run."""
        self.annotate([Annotation("warning", self.hide(foreign(text)), "ci-slim")])

    def note(self, text: str) -> None:
        """Show a notice about the whole run."""
        self.annotate([Annotation("notice", self.hide(foreign(text)), "ci-slim")])

    def line(self, text: str) -> None:
        """Write a line to the log."""
        self._say(f"  | {self.hide(foreign(text))}\n")

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Inside the block, the runner takes no line of the log for a command."""
        pause = secrets.token_hex(16)
        self._say(workflow_commands.command("stop-commands", pause))
        try:
            yield
        finally:
            sys.stderr.flush()
            self._say(workflow_commands.command(pause))

    def output(self, name: str, value: str) -> None:
        """Set an output of the step."""
        text = workflow_commands.output(name, value, secrets.token_hex(16))
        self._append("GITHUB_OUTPUT", lambda _: text)
        self._given.add(name)

    def results(self, report: "Report", path: str, key: str) -> None:
        """Set the outputs about a report; `path` is relative to the workspace."""
        from ci_slim.action.results import sizes
        from ci_slim.forges.github.artifacts import artifact_name

        self.output("outcome", report.outcome)
        self.output("report", path)
        self.output("artifact", artifact_name(key))
        self.output("sizes", sizes(report))

    def failed(self) -> None:
        """Set the outcome of a step that ended without one: failed."""
        if "outcome" not in self._given:
            self.output("outcome", "failed")

    def summary(self, text: str) -> None:
        """Add to the summary of the job."""
        self._append(
            "GITHUB_STEP_SUMMARY", lambda already: workflow_commands.summary(text, already)
        )

    def _append(self, variable: str, text: Callable[[int], str]) -> None:
        """Append to one of the runner's files; `text` gets the number of bytes that it has already.
        Runners that imitate GitHub's may not have the file: the step goes on without it."""
        if not (name := self._environment.get(variable)):
            return
        try:
            with Path(name).open("a", encoding="utf-8", errors="replace") as file:
                file.write(text(file.tell()))
        except OSError as error:
            self.line(f"{variable} cannot be written: {error.strerror}")

    def debug(self, given: Inputs) -> None:
        """If debug logging is on, log the names of the given inputs and the calls of clients."""
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
    """Log records on one line, with secrets masked."""

    def __init__(self, hide: Redactor) -> None:
        super().__init__("debug: %(name)s: %(message)s")
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        return foreign(self._hide(super().format(record)))
