"""What a later layer deletes is still in the layer that wrote it."""

import posixpath
from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Instruction, Stage

NAME = "removed-later"


def find(subject: Subject) -> Iterator[Finding]:
    """A RUN that only removes joins the RUN before it; an archive that is copied in, unpacked and
    removed is mounted instead."""
    for stage in reversed(subject.lineage):
        runs = {run.instruction.start: run for run in subject.runs(stage)}
        for before, after in zip(stage.instructions, stage.instructions[1:], strict=False):
            run, earlier = runs.get(after.start), runs.get(before.start)
            if run is None:
                continue
            if earlier is not None and _only_removes(run):
                edit = _joined(earlier, run)
                if edit is not None:
                    yield _finding(run, "what this RUN removes stays in the layer before it", edit)
            elif before.keyword in ("COPY", "ADD"):
                yield from _mounted(subject, stage, before, run)


def _finding(run: Run, message: str, *edits: Edit) -> Finding:
    return Finding(NAME, run.line, message, edits, same_files=True)


def _only_removes(run: Run) -> bool:
    commands = run.script.commands
    return (
        bool(commands)
        and not run.instruction.flags
        and not run.is_heredoc
        and all(command.name in ("rm", "rmdir") and not command.depth for command in commands)
    )


def _joined(earlier: Run, run: Run) -> Edit | None:
    """The two RUNs as one."""
    script = earlier.script
    if script.commented or script.last or earlier.is_heredoc or not script.balanced:
        return None
    # Empty lines and comments between the two come after the new RUN.
    if earlier.instruction.end != run.instruction.start:
        return None
    start = earlier.text.behind(len(earlier.text.value))
    return Edit(start, run.text.at(0), f" {run.escape}\n    && ")


def _mounted(subject: Subject, stage: Stage, copy: Instruction, run: Run) -> Iterator[Finding]:
    """`COPY a.tar.gz /tmp/`, then a RUN that unpacks and removes it."""
    if copy.keyword != "COPY" or len(copy.paths) != 2 or copy.heredocs or run.is_heredoc:
        return
    source, to = copy.paths
    if any(char in source + to for char in "*?[$"):
        return
    folder = subject.workdirs(stage)[copy.line]
    path = posixpath.normpath(posixpath.join(folder, to))
    if to.endswith("/") or to in (".", "./"):
        path = posixpath.join(path, posixpath.basename(source))
    removing = [c for c in run.script.named("rm") if _removes_just(c, path, folder)]
    if len(removing) != 1 or any(flag.name != "from" for flag in copy.flags):
        return
    gone = run.without(removing[0])
    if gone is None or not posixpath.splitext(source)[1]:
        return
    origin = f",from={copy.flag('from')}" if copy.flag("from") else ""
    mount = f"--mount=type=bind{origin},source={source},target={path}"
    yield _finding(
        run,
        f"{source} is in the layer of line {copy.line}, though this RUN removes it; mount it",
        Edit(copy.start, copy.end, ""),
        run.add_flags((mount,)),
        gone,
    )


def _removes_just(command: Command, path: str, folder: str) -> bool:
    words = [argument for argument in command.arguments if not argument.startswith("-")]
    return len(words) == 1 and posixpath.normpath(posixpath.join(folder, words[0])) == path
