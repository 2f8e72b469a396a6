"""A table of docs/results.md: its rows, and when, on what and with what they were measured."""

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ci_slim import __version__

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results.md"


@dataclass(frozen=True, slots=True)
class Table:
    """The rows, and the sentences above them. The first `left` columns are text."""

    said: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1

    def text(self) -> str:
        """Markdown."""
        lines = [self.head, *self.rows]
        rule = "|" + " --- |" * self.left + " ---: |" * (len(self.head) - self.left)
        shown = [f"| {' | '.join(cells)} |" for cells in lines]
        return "\n".join((self.said, "", shown[0], rule, *shown[1:])) + "\n"


def measured_on(*tools: Sequence[str]) -> str:
    """The date, the machine with its load, and the versions; `tools` are commands that say
    theirs."""
    day = datetime.now(UTC)
    versions = [f"ci-slim {__version__}", f"Docker {_docker()}", *map(_version, tools)]
    return (
        f"Measured on {day.day} {day:%B %Y} on {platform.machine()} ({platform.system()} "
        f"{platform.release()}, {os.cpu_count()} processors, load {os.getloadavg()[2]:.1f} in the "
        f"last 15 minutes), with {', '.join(versions)}."
    )


def _docker() -> str:
    return _output(["docker", "version", "--format", "{{.Server.Version}}"])


def _version(command: Sequence[str]) -> str:
    return _output(command).splitlines()[0]


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def ci_slim(*argv: str, cwd: Path = ROOT, accepted: tuple[int, ...] = (0,)) -> str:
    """Run ci-slim and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", *argv], cwd=cwd, stdout=subprocess.PIPE, text=True
    )
    if done.returncode not in accepted:
        raise SystemExit(f"ci-slim {' '.join(argv)} failed: exit code {done.returncode}")
    return done.stdout


def section(document: str, name: str) -> str:
    """The text between the marks of a table. Raises ValueError if there are none."""
    begin, end = _marks(name)
    start = document.index(begin) + len(begin)
    return document[start : document.index(end, start)]


def rows_of(document: str, name: str) -> list[tuple[str, ...]]:
    """The cells of the rows of a table, without its head."""
    lines = [line for line in section(document, name).splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]


def written(document: str, name: str, text: str) -> str:
    """The document with this text between the marks of a table."""
    begin, end = _marks(name)
    return document.replace(f"{begin}{section(document, name)}{end}", f"{begin}{text}{end}")


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
