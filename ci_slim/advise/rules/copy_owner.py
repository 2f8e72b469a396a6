"""A RUN that changes owner or mode of what COPY brought stores all of it a second time."""

import posixpath
import re
from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Instruction, Stage

NAME = "copy-owner"
_MODE = re.compile(r"[0-7]{3,4}")
_RECURSIVE = ("-R", "--recursive")
_CREATES = ("useradd", "adduser", "groupadd", "addgroup")


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each `chown` or `chmod` of just what one earlier COPY wrote."""
    for stage in reversed(subject.lineage):
        folders = subject.workdirs(stage)
        for run in subject.runs(stage):
            for command in run.script.named("chown", "chmod"):
                found = _change(subject, stage, folders, run, command)
                if found is not None:
                    copy, option, edits = found
                    yield Finding(
                        NAME,
                        run.line_of(command, subject.text),
                        f"{command.name} stores a second copy of what line {copy.line} copied; "
                        f"use {option} there",
                        edits,
                        same_files=True,
                    )


def _change(
    subject: Subject, stage: Stage, folders: dict[int, str], run: Run, command: Command
) -> tuple[Instruction, str, tuple[Edit, ...]] | None:
    words = [word for word in command.own[1:] if not word.value.startswith("-")]
    recursive = command.has(*_RECURSIVE)
    if len(words) != 2 or not all(word.plain for word in words):
        return None
    value, path = words[0].value, _joined(folders[run.line], words[1].value)
    copy = _writer(stage, folders, run, path, list(subject.runs(stage)))
    flag = "chown" if command.name == "chown" else "chmod"
    if copy is None or copy.flag(flag) is not None:
        return None
    if flag == "chmod" and (recursive or not _MODE.fullmatch(value)):
        return None
    if flag == "chown" and _is_created_later(subject, stage, copy, run):
        return None
    gone: list[Edit | None]
    if recursive:
        # The folder itself may have been there before: COPY leaves its owner as it is.
        options = [word for word in command.own if word.value in _RECURSIVE]
        gone = [run.replace(word.start - 1, word.end, "") for word in options]
    else:
        gone = [_without(run, command)] if _is_file(copy) else [None]
    edits = [edit for edit in gone if edit is not None]
    if len(edits) != 1:
        return None
    at = copy.flags[-1].end if copy.flags else copy.start + _keyword_end(subject, copy)
    return copy, f"COPY --{flag}={value}", (Edit(at, at, f" --{flag}={value}"), *edits)


def _writer(
    stage: Stage, folders: dict[int, str], run: Run, path: str, between: list[Run]
) -> Instruction | None:
    """The one COPY or ADD before the RUN whose destination is the path, if nothing else may have
    written there."""
    before = [each for each in stage.instructions if each.start < run.instruction.start]
    copies = [each for each in before if each.keyword in ("COPY", "ADD")]
    found = [each for each in copies if _destination(each, folders[each.line]) == path]
    if len(found) != 1 or found[0].heredocs:
        return None
    inside = [
        each
        for each in copies
        if each is not found[0] and _destination(each, folders[each.line]).startswith(path + "/")
    ]
    runs = [
        each
        for each in between
        if found[0].start < each.instruction.start < run.instruction.start
        if any(command.name not in ("chown", "chmod") for command in each.script.commands)
    ]
    # What a RUN made below the path since then would keep its own owner.
    return None if inside or runs else found[0]


def _is_file(copy: Instruction) -> bool:
    """Whether a COPY is of one file, as far as its name tells."""
    *sources, to = copy.paths
    name = posixpath.basename(sources[0].rstrip("/"))
    return len(sources) == 1 and name not in ("", ".", "..") and "*" not in name and to != "."


def _destination(copy: Instruction, folder: str) -> str:
    """Where a COPY writes; for one file into a folder, the file."""
    if len(copy.paths) < 2:
        return ""
    *sources, to = copy.paths
    path = _joined(folder, to)
    name = posixpath.basename(sources[0].rstrip("/"))
    if len(sources) == 1 and to.endswith("/") and "." in name and name not in (".", ".."):
        return posixpath.join(path, name)
    return path


def _joined(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _is_created_later(subject: Subject, stage: Stage, copy: Instruction, run: Run) -> bool:
    """Whether the user is made between the two, so that COPY would not know it yet."""
    return any(
        copy.start < each.instruction.start <= run.instruction.start
        for each in subject.runs(stage)
        if any(each.script.named(*_CREATES))
    )


def _without(run: Run, command: Command) -> Edit | None:
    if len(run.script.commands) == 1 and not command.depth:
        return Edit(run.instruction.start, run.instruction.end, "")
    return run.without(command)


def _keyword_end(subject: Subject, copy: Instruction) -> int:
    written = subject.text[copy.start : copy.end]
    return written.upper().index(copy.keyword) + len(copy.keyword)
