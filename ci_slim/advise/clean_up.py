"""What the rules for package managers share: a command that removes the leftovers of another."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ci_slim.advise.finding import Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject

Is = Callable[[Command], bool]


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Commands that leave files behind: which commands; what shows that the files are removed; what
    removes them; and where the files are. At `mounts`, caches of the builder can be mounted
    instead, so that the next build has the files."""

    rule: str
    leaves: Is
    cleaned: Is
    removes: str
    message: str
    folders: tuple[str, ...]
    mounts: tuple[str, ...] = ()


MOUNTED = "a cache that is mounted does not, and later builds use it again"


def missing(subject: Subject, wanted: CleanUp) -> Iterator[Finding]:
    """A finding for each RUN of the image that leaves something behind; or, where caches are
    mounted, for each stage, as one RUN may need what another left."""
    if wanted.mounts and subject.mounts_caches:
        for stage in reversed(subject.lineage):
            found = [*_leaving(subject.runs(stage), wanted)]
            if found:
                run, first = found[0]
                yield Finding(
                    wanted.rule,
                    run.line_of(first, subject.text),
                    f"{wanted.message}; {MOUNTED}",
                    tuple(run.mount_caches(wanted.mounts) for run, _ in found),
                    takes=wanted.folders,
                )
        return
    for run, first in _leaving(subject.image_runs(), wanted):
        edit = run.append(wanted.removes)
        if edit is not None:
            yield Finding(
                wanted.rule,
                run.line_of(first, subject.text),
                wanted.message,
                (edit,),
                takes=wanted.folders,
            )


def _leaving(runs: Iterable[Run], wanted: CleanUp) -> Iterator[tuple[Run, Command]]:
    """The RUNs that leave something behind, each with its first such command."""
    for run in runs:
        leaving = [command for command in run.script.commands if wanted.leaves(command)]
        if not leaving or any(map(wanted.cleaned, run.script.commands)):
            continue
        if _is_removed(run, wanted.folders) or any(map(run.caches, wanted.folders)):
            continue
        yield run, leaving[0]


def _is_removed(run: Run, folders: tuple[str, ...]) -> bool:
    """Whether `rm` removes one of the folders or its content."""
    return any(
        argument.rstrip("/*") == folder or folder.startswith(argument.rstrip("/*") + "/")
        for command in run.script.named("rm")
        for argument in command.arguments
        if argument.startswith("/")
        for folder in folders
    )
