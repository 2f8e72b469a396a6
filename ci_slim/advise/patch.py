"""Edits → changed files → a diff that `patch -p1` applies. Pure."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ci_slim.advise.finding import Edit, Finding

_NO_NEWLINE = "\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file before the change: its path below the folder of the settings file, and its text. The
    text is "" if the file does not exist yet."""

    path: str
    text: str
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that advice may change: the Dockerfile and the .dockerignore."""

    dockerfile: SourceFile
    ignore: SourceFile


@dataclass(frozen=True, slots=True)
class Patch:
    """The text of each changed file by its path; the diff; and the findings that were left out
    because an earlier finding changes the same place, or makes them pointless."""

    texts: Mapping[str, str]
    diff: str
    conflicts: tuple[Finding, ...] = ()


def patched(sources: Sources, findings: Sequence[Finding]) -> Patch:
    """Apply the edits of all findings. If two change the same place, or one makes the other
    pointless, only the first is applied."""
    edits: list[Edit] = []
    ignores: list[str] = []
    conflicts: list[Finding] = []
    taken: list[Finding] = []
    for finding in findings:
        new = [edit for edit in finding.edits if edit not in edits]
        pointless = any(_excludes(finding, other) for other in taken)
        if pointless or any(_overlap(edit, other) for edit in new for other in edits):
            conflicts.append(finding)
            continue
        taken.append(finding)
        edits += new
        ignores += [line for line in finding.ignores if line not in ignores]
    files = {sources.dockerfile: applied(sources.dockerfile.text, edits)}
    if ignores:
        files[sources.ignore] = _with_lines(sources.ignore.text, ignores)
    changed = {file: text for file, text in files.items() if text != file.text}
    diff = "".join(_diff(file, text) for file, text in changed.items())
    return Patch({file.path: text for file, text in changed.items()}, diff, tuple(conflicts))


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text after the edits. Several edits at one place keep their order, with flags first."""
    placed = sorted(
        enumerate(edits),
        key=lambda each: (-each[1].start, -each[1].end, each[1].is_flag, -each[0]),
    )
    for _, edit in placed:
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _excludes(one: Finding, other: Finding) -> bool:
    return one.rule in other.instead_of or other.rule in one.instead_of


def _overlap(one: Edit, other: Edit) -> bool:
    if one.start == one.end or other.start == other.end:
        # An insertion at the border of a replaced part stays next to it.
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
