"""`apt-get update` leaves the lists of all packages in the layer, 20 MB with Debian.

Where the builder mounts caches, they are mounted at the folder of the lists: the next build fetches
only lists that have changed. The folder above is not mounted, because apt remembers there which
packages were installed by hand, and that belongs to the image.
"""

from collections.abc import Iterator

from ci_slim.advise.clean_up import MOUNTED
from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.subject import Subject

NAME = "apt-lists"
LISTS = "/var/lib/apt/lists"
_REMOVE = f"rm -rf {LISTS}/*"
_NEEDS = ("install", "build-dep", "upgrade", "dist-upgrade", "full-upgrade", "satisfy", "source")
"""What finds nothing to do, or fails, without lists."""
_TOOLS = ("apt-get", "apt", "aptitude")


def find(subject: Subject) -> Iterator[Finding]:
    """One finding a stage: the lists of an `update` are removed in the RUN that fetched them, or
    stay in a cache, and a later RUN that installs from them fetches its own."""
    for stage in reversed(subject.lineage):
        runs = [run for run in subject.runs(stage) if any(run.script.named(*_TOOLS))]
        leaving = [run for run in runs if _updates(run) and not _removes(run)]
        if not leaving or any(run.caches(LISTS) for run in runs):
            continue
        edits = _edits(runs, mounts=subject.mounts_caches)
        if edits is not None:
            better = MOUNTED if subject.mounts_caches else "remove them in the same RUN"
            yield Finding(
                NAME,
                leaving[0].line,
                f"the package lists that apt fetched stay in the layer; {better}",
                tuple(edits),
                takes=(LISTS,),
            )


def _updates(run: Run) -> bool:
    return any(command.sub("update") for command in run.script.named(*_TOOLS))


def _removes(run: Run) -> bool:
    return any(
        argument.startswith(LISTS) or argument.rstrip("/*") in ("/var/lib/apt", "/var/lib")
        for command in run.script.named("rm", "find")
        for argument in command.arguments
    )


def _edits(runs: list[Run], *, mounts: bool) -> list[Edit] | None:
    """None where the changes of one of the RUNs are not safe. `mounts`: with caches."""
    edits: list[Edit] = []
    for number in range(len(runs)):
        found = _of_run(runs, number, mounts=mounts)
        if found is None:
            return None
        edits += found
    return edits


def _of_run(runs: list[Run], number: int, *, mounts: bool) -> list[Edit] | None:
    run, joins = runs[number], number > 0 and _joined(runs[number - 1], runs[number:]) is not None
    installs = [c for c in run.script.named(*_TOOLS) if c.sub(*_NEEDS)]
    stays = not _removes(run)
    edits = [run.mount_caches((LISTS,), locked=True)] if mounts and stays and not joins else []
    joined = _joined(run, runs[number + 1 :])
    if _updates(run) and not installs and stays and joined is not None:
        return [*edits, joined]
    if installs and not _updates(run) and not joins:
        if installs[0].depth:
            return None
        at = run.text.at(installs[0].start)
        edits.append(Edit(at, at, "apt-get update && "))
    if mounts or not stays:
        return edits
    removed = run.append(_REMOVE)
    return None if removed is None else [*edits, removed]


def _joined(run: Run, later: list[Run]) -> Edit | None:
    """`RUN apt-get update` and the RUN behind it become one."""
    if len(run.script.commands) != 1 or not later or not _updates(run):
        return None
    after = later[0]
    own = run.script.commands[0]
    if run.is_heredoc or after.is_heredoc or after.instruction.flags or run.instruction.flags:
        return None
    if run.script.commented or run.script.last:
        return None
    between = after.instruction.start - run.instruction.end
    if between or not after.script.commands:
        return None
    joint = f" {run.escape}\n    && "
    return Edit(run.text.behind(own.end), after.text.at(0), joint)
