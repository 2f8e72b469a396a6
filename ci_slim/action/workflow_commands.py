"""What a job writes for GitHub's runner: commands, outputs, the summary, annotations. Pure.

Texts of images and builds are foreign. This module escapes them, so that none becomes a command.
The rules are in `ActionCommand.cs` and `FileCommandManager.cs` of actions/runner.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ci_slim.report.foreign import visible

SUMMARY_MAX = 2**20
"""The most bytes in the summary of a step. A longer summary is an error, and GitHub shows none of
it."""
ANNOTATION_MAX = 4096
"""The most characters of an annotation. GitHub cuts the rest."""
ANNOTATIONS_MAX = 10
"""The most annotations that GitHub shows for a step."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_DELIMITER = re.compile(r"[A-Za-z0-9_-]{16,}")
_FENCE = re.compile(r"^```", re.M)
_CUT = "\n\nThe rest does not fit: a job summary holds 1 MiB. The report has everything.\n"
_LEVELS = ("error", "warning", "notice")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on a line of a file of the repository, or on the run if `file` is empty.

    `file` is relative to the repository, `line` counts from 1 and is 0 for the whole file.
    """

    level: Literal["error", "warning", "notice"]
    message: str
    title: str = ""
    file: str = ""
    line: int = 0


def escape_data(text: str) -> str:
    """Escape the text after the second `::` of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape the value of a property of a command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def command(name: str, message: str = "", **properties: str | int) -> str:
    """One line that makes the runner do something; properties without a value are left out."""
    given = ",".join(
        f"{key}={escape_property(str(value))}" for key, value in properties.items() if value
    )
    return f"::{name}{' ' if given else ''}{given}::{escape_data(message)}\n"


def mask(secret: str) -> str:
    """A command after which the runner shows `***` instead of each line of this secret."""
    return "".join(command("add-mask", line) for line in secret.splitlines() if line.strip())


def foreign_output(text: str, delimiter: str) -> str:
    """Lines that others wrote. The runner ignores commands in them; `delimiter` is random."""
    _check_delimiter(delimiter, text)
    body = text if text.endswith("\n") or not text else f"{text}\n"
    return f"{command('stop-commands', delimiter)}{body}{command(delimiter)}"


def annotations(wanted: Sequence[Annotation]) -> str:
    """Commands for as many annotations as GitHub shows, errors first. If there are more, the last
    one says how many."""
    ranked = sorted(wanted, key=lambda note: _LEVELS.index(note.level))
    shown = ranked if len(ranked) <= ANNOTATIONS_MAX else ranked[: ANNOTATIONS_MAX - 1]
    lines = [_annotation(note) for note in shown]
    left = len(ranked) - len(shown)
    if left:
        level = ranked[len(shown)].level
        lines.append(command(level, f"{left} more remarks are in the job summary", title="ci-slim"))
    return "".join(lines)


def _annotation(note: Annotation) -> str:
    place: dict[str, str | int] = {"file": note.file, "line": note.line} if note.file else {}
    title = visible(note.title, 200)
    return command(note.level, _cut(note.message), title=title, **place)


def _cut(message: str) -> str:
    if len(message) <= ANNOTATION_MAX:
        return message
    return message[: ANNOTATION_MAX - 1] + "…"


def output(name: str, value: str, delimiter: str) -> str:
    """Lines for the file that GITHUB_OUTPUT names. `delimiter` is random and used only once.

    Raises ValueError for a name that expressions cannot read, and for a delimiter that can be
    guessed or that is part of the value: a value could then set other outputs.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name for an output")
    _check_delimiter(delimiter, value)
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _check_delimiter(delimiter: str, value: str) -> None:
    if not _DELIMITER.fullmatch(delimiter):
        raise ValueError("a delimiter needs at least 16 random letters or digits")
    if delimiter in value:
        raise ValueError("the delimiter is part of the value: choose another random one")


def summary(markdown: str, already: int = 0) -> str:
    """Markdown for the file that GITHUB_STEP_SUMMARY names, which has `already` bytes.

    If the text is too long, it is cut after a line, its folds are closed, and a line says that it
    was cut. The result is empty if nothing fits.
    """
    text = markdown if markdown.endswith("\n") else f"{markdown}\n"
    room = SUMMARY_MAX - already
    if len(text.encode(errors="replace")) <= room:
        return text
    folds = 20 * len("</details>\n")
    short = text.encode(errors="replace")[: max(room - len(_CUT) - folds, 0)].decode(
        errors="ignore"
    )
    kept = short[: short.rfind("\n") + 1]
    if not kept:
        return ""
    open_folds = kept.count("<details>") - kept.count("</details>")
    fence = "```\n" if len(_FENCE.findall(kept)) % 2 else ""
    return kept + fence + "\n" + "</details>\n" * min(max(open_folds, 0), 19) + _CUT
