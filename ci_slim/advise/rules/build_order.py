"""Packages are installed above files that change often, so each commit installs them anew."""

import re
from collections.abc import Iterator, Sequence

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Instruction, Stage

NAME = "build-order"
_MANAGERS = {
    "apt-get": ("update", "install", "clean"),
    "apt": ("update", "install", "clean"),
    "apk": ("add", "update"),
    "dnf": ("install", "clean"),
    "microdnf": ("install", "clean"),
    "zypper": ("install", "in", "clean"),
}
_LISTS = re.compile(r"/var/(?:lib/apt|cache)/[\w/*.-]*")
_MOVES_PAST = frozenset({"COPY", "ADD", "WORKDIR", "EXPOSE", "LABEL", "CMD", "ENTRYPOINT"})


def find(subject: Subject) -> Iterator[Finding]:
    """One finding a stage: each RUN that only installs packages of the distribution, and stands
    above a COPY of the build context, moves below it."""
    for stage in reversed(subject.lineage):
        runs = {run.instruction.start: run for run in subject.runs(stage)}
        moves = [*_moves(stage, runs)]
        if moves:
            (_, first), *_ = moves
            yield Finding(
                NAME,
                first.line,
                "packages are installed anew whenever a file changes that is copied before; "
                "install them first",
                tuple(edit for to, run in moves for edit in _moved(subject, to, run)),
                same_files=True,
                saves_updates=True,
            )


def _moves(stage: Stage, runs: dict[int, Run]) -> Iterator[tuple[Instruction, Run]]:
    """Each RUN that moves, with the instruction before which it moves."""
    above: list[Instruction] = []
    for each in stage.instructions[1:]:
        run = runs.get(each.start)
        if run is not None and _only_installs(run):
            to = _place(above)
            if to is not None:
                yield to, run
                continue  # what follows may move past it too
        above.append(each)


def _place(above: Sequence[Instruction]) -> Instruction | None:
    """The lowest COPY of the build context that a RUN may move past."""
    found = None
    for each in reversed(above):
        if each.keyword not in _MOVES_PAST:
            break
        if each.keyword in ("COPY", "ADD") and each.flag("from") is None:
            if any(path.endswith((".list", ".sources", ".gpg", ".asc", ".deb", ".conf", ".repo"))
                   or "/etc/" in path for path in each.paths):  # fmt: skip
                break  # apt may read it
            found = each
    return found


def _only_installs(run: Run) -> bool:
    commands = run.script.commands
    flags = {flag.name for flag in run.instruction.flags}
    installs = [c for c in commands if c.sub("install", "add", "in") and c.name in _MANAGERS]
    return (
        bool(installs)
        and not flags
        and not run.is_heredoc
        and "$" not in run.text.value
        and all(map(_is_plain, commands))
    )


def _is_plain(command: Command) -> bool:
    if command.name == "rm":
        paths = [word for word in command.arguments if not word.startswith("-")]
        return all(map(_LISTS.fullmatch, paths))
    if command.name == "set":
        return True
    subs = _MANAGERS.get(command.name, ())
    files = any("/" in word or word.endswith(".deb") for word in command.arguments
                if not word.startswith("-"))  # fmt: skip
    return command.sub(*subs) is not None and not files


def _moved(subject: Subject, to: Instruction, run: Run) -> Iterator[Edit]:
    instruction = run.instruction
    text = subject.text[instruction.start : instruction.end]
    yield Edit(to.start, to.start, text if text.endswith("\n") else text + "\n")
    yield Edit(instruction.start, instruction.end, "")
