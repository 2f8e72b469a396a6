"""What a job says to GitHub's runner: commands, outputs, the summary, annotations. Pure.

Texts of images and of their builds are foreign: here they are escaped, so that none becomes a
command. The rules are those of `ActionCommand.cs` and `FileCommandManager.cs` of actions/runner.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ci_slim.report.foreign import visible

SUMMARY_MAX = 2**20
"""Bytes of the summary of a step; a longer one is an error and is not shown at all."""
ANNOTATION_MAX = 4096
"""Characters of an annotation; the rest would be cut."""
ANNOTATIONS_MAX = 10
"""Annotations that are shown of a step."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_DELIMITER = re.compile(r"[A-Za-z0-9_-]{16,}")
_FENCE = re.compile(r"^```", re.M)
_CUT = "\n\nThe rest did not fit: a job summary holds 1 MiB. The whole is in the report.\n"
_LEVELS = ("error", "warning", "notice")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on a line of a file of the repository, or on the run when `file` is empty.

    `file` is relative to the repository, `line` counts from 1 and is 0 for the whole file.
    """

    level: Literal["error", "warning", "notice"]
    message: str
    title: str = ""
    file: str = ""
    line: int = 0


def escape_data(text: str) -> str:
    """Text for behind the second `::` of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Text for the value of a command's property."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def command(name: str, message: str = "", **properties: str | int) -> str:
    """One line that makes the runner do something; properties without a value are left out."""
    given = ",".join(
        f"{key}={escape_property(str(value))}" for key, value in properties.items() if value
    )
    return f"::{name}{' ' if given else ''}{given}::{escape_data(message)}\n"


def mask(secret: str) -> str:
    """From now on the runner shows `***` for each line of this."""
    return "".join(command("add-mask", line) for line in secret.splitlines() if line.strip())


def foreign_output(text: str, delimiter: str) -> str:
    """Lines that others wrote, between commands that stop commands; `delimiter` is random."""
    _unguessed(delimiter, text)
    body = text if text.endswith("\n") or not text else f"{text}\n"
    return f"{command('stop-commands', delimiter)}{body}{command(delimiter)}"


def annotations(wanted: Sequence[Annotation]) -> str:
    """Commands for as many as the runner shows, the gravest first; the last says what is left."""
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
    """Lines for the file that GITHUB_OUTPUT names; `delimiter` is random, for this output only.

    ValueError for a name that no expression could read, and for a delimiter that can be guessed or
    stands in the value: what follows it could set any other output.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an output")
    _unguessed(delimiter, value)
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _unguessed(delimiter: str, value: str) -> None:
    if not _DELIMITER.fullmatch(delimiter):
        raise ValueError("a delimiter has 16 letters or digits at least, chosen at random")
    if delimiter in value:
        raise ValueError("the delimiter stands in the value: choose another at random")


def summary(markdown: str, already: int = 0) -> str:
    """Markdown for the file that GITHUB_STEP_SUMMARY names, of which `already` bytes are written.

    Cut after a line, with the folds closed and a line that says so; empty when nothing fits.
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
