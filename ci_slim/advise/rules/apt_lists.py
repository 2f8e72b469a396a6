"""`apt-get update` leaves the lists of all packages in the layer, 20 MB with Debian."""

from collections.abc import Iterator

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
    """One finding a stage: the lists of an `update` are removed in the RUN that fetched them, and
    a later RUN that installs from them fetches its own."""
    for stage in reversed(subject.lineage):
        runs = [run for run in subject.runs(stage) if any(run.script.named(*_TOOLS))]
        leaving = [run for run in runs if _updates(run) and not _removes(run)]
        if not leaving or any(run.caches(LISTS) for run in runs):
            continue
        edits = _edits(runs, stage_removes=any(map(_removes, runs)))
        if edits is not None:
            yield Finding(
                NAME,
                leaving[0].line,
                "the package lists that apt fetched stay in the layer; remove them in the same RUN",
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


def _edits(runs: list[Run], *, stage_removes: bool) -> list[Edit] | None:
    """None where the changes of one of the RUNs are not safe."""
    edits: list[Edit] = []
    for number, run in enumerate(runs):
        installs = [c for c in run.script.named(*_TOOLS) if c.sub(*_NEEDS)]
        if _updates(run) and not installs and not _removes(run):
            joined = _joined(run, runs[number + 1 :])
            if joined is not None:
                edits.append(joined)
                continue
        if installs and not _updates(run) and not _joins(runs, number):
            first = installs[0]
            if first.depth:
                return None
            at = run.text.at(first.start)
            edits.append(Edit(at, at, "apt-get update && "))
        if not _removes(run):
            edit = run.append(_REMOVE)
            if edit is None:
                return None
            edits.append(edit)
    return edits


def _joins(runs: list[Run], number: int) -> bool:
    """Whether the RUN before is an `update` that becomes the first command of this one."""
    return number > 0 and _joined(runs[number - 1], runs[number:]) is not None


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
