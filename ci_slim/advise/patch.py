"""Edits → changed files → a diff that `patch -p1` applies. Pure."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ci_slim.advise.finding import Edit, Finding

_NO_NEWLINE = "\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it is: its path below the folder of the settings file; "" for one that is not
    there yet."""

    path: str
    text: str
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Sources:
    """What advice may change: the Dockerfile, and the file that says what the build leaves out."""

    dockerfile: SourceFile
    ignore: SourceFile


@dataclass(frozen=True, slots=True)
class Patch:
    """The text of each changed file by its path, the diff of all, and the findings that were left
    out because they change the same place as one before them."""

    texts: Mapping[str, str]
    diff: str
    conflicts: tuple[Finding, ...] = ()


def patched(sources: Sources, findings: Sequence[Finding]) -> Patch:
    """The edits of all findings applied; of two that change the same place, those of the first."""
    edits: list[Edit] = []
    ignores: list[str] = []
    conflicts: list[Finding] = []
    for finding in findings:
        new = [edit for edit in finding.edits if edit not in edits]
        if any(_overlap(edit, other) for edit in new for other in edits):
            conflicts.append(finding)
            continue
        edits += new
        ignores += [line for line in finding.ignores if line not in ignores]
    files = {sources.dockerfile: applied(sources.dockerfile.text, edits)}
    if ignores:
        files[sources.ignore] = _with_lines(sources.ignore.text, ignores)
    changed = {file: text for file, text in files.items() if text != file.text}
    diff = "".join(_diff(file, text) for file, text in changed.items())
    return Patch({file.path: text for file, text in changed.items()}, diff, tuple(conflicts))


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text with the edits; several at one place stand in their order."""
    placed = enumerate(edits)
    for _, edit in sorted(placed, key=lambda each: (-each[1].start, -each[1].end, -each[0])):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _overlap(one: Edit, other: Edit) -> bool:
    if one.start == one.end or other.start == other.end:
        # What is put at the border of a part that is replaced stays beside it.
        return one.start < other.end and other.start < one.end
    return max(one.start, other.start) < min(one.end, other.end)


def _with_lines(text: str, lines: Sequence[str]) -> str:
    joint = "" if not text or text.endswith("\n") else "\n"
    return text + joint + "".join(f"{line}\n" for line in lines)


def _diff(file: SourceFile, text: str) -> str:
    before = f"a/{file.path}" if file.exists else "/dev/null"
    lines = difflib.unified_diff(
        _lines(file.text), _lines(text), before, f"b/{file.path}", n=3, lineterm="\n"
    )
    return "".join(_ended(lines))


def _lines(text: str) -> list[str]:
    """Lines as patch(1) counts them: only a line feed ends one."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"
