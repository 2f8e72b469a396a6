"""What the rules for package managers share: a command that removes the leftovers of another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ci_slim.advise.finding import Finding
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Run, Subject

Is = Callable[[Command], bool]


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Commands that leave files behind: which commands; what shows that the files are removed; what
    removes them; and where the files are."""

    rule: str
    leaves: Is
    cleaned: Is
    removes: str
    message: str
    folders: tuple[str, ...]


def missing(subject: Subject, wanted: CleanUp) -> Iterator[Finding]:
    """A finding for each RUN of the image that leaves something behind."""
    for run in subject.image_runs():
        leaving = [command for command in run.script.commands if wanted.leaves(command)]
        if not leaving or any(map(wanted.cleaned, run.script.commands)):
            continue
        if _is_removed(run, wanted.folders) or any(map(run.caches, wanted.folders)):
            continue
        edit = run.append(wanted.removes)
        if edit is not None:
            yield Finding(
                wanted.rule,
                run.line_of(leaving[0], subject.text),
                wanted.message,
                (edit,),
                takes=wanted.folders,
            )


def _is_removed(run: Run, folders: tuple[str, ...]) -> bool:
    """Whether `rm` removes one of the folders or its content."""
    return any(
        argument.rstrip("/*") == folder or folder.startswith(argument.rstrip("/*") + "/")
        for command in run.script.named("rm")
        for argument in command.arguments
        if argument.startswith("/")
        for folder in folders
    )
