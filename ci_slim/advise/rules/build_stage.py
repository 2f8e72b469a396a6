"""Compilers, headers and installers that stay in the image: a build stage and a run stage."""

from collections.abc import Iterator

from ci_slim.advise.build_tools import BUILDS, is_build_package, is_installer
from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.rules import npm_dev
from ci_slim.advise.run import Run
from ci_slim.advise.split import BUILD, Split, installs, packages_of
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Stage

NAME = "build-stage"
_REPLACES = (NAME, "build-packages", "apt-lists", "apt-recommends", "removed-later", "copy-owner",
             "archive-left", "pip-cache", "npm-cache")  # fmt: skip
"""The other candidate; and what these rules change is in the build stage then, whose bytes do not
matter."""
_PRUNE = "RUN npm prune --omit=dev"


def find(subject: Subject) -> Iterator[Finding]:
    """Candidates for an image of one stage that installs with apt, and builds. What the run stage
    needs is read off the built image; without it there is nothing to try."""
    stage = subject.root()
    if stage is None or len(subject.lineage) != 1 or stage.name or stage.head.flags:
        return
    runs = [*subject.runs(stage)]
    tools = [*dict.fromkeys(name for run in runs for name in _tools(run))]
    if stage.number + 1 != len(subject.dockerfile.stages) or not tools or not _builds(runs):
        return
    message = f"{', '.join(tools)}: only the build needs them; build in a stage of its own"
    candidates = [*_candidates(subject, stage)]
    for edits in candidates:
        yield Finding(NAME, stage.head.line, message, edits, instead_of=_REPLACES)
    if not candidates:
        yield Finding(NAME, stage.head.line, message)


def _tools(run: Run) -> Iterator[str]:
    """The packages of a RUN that only a build needs, and that it does not remove again."""
    if any(c.sub("purge", "remove", "autoremove") for c in run.script.commands):
        return
    for command in installs(run):
        names = packages_of(command)
        if any(map(is_build_package, names)):
            yield from (name for name in names if is_build_package(name) or is_installer(name))


def _builds(runs: list[Run]) -> bool:
    """Whether something is built after the first installation."""
    first = next(n for n, run in enumerate(runs) if any(_tools(run)))
    installed = next(installs(runs[first])).end
    behind = any(c.start > installed for c in runs[first].script.named(*BUILDS))
    return behind or any(any(run.script.named(*BUILDS)) for run in runs[first + 1 :])


def _candidates(subject: Subject, stage: Stage) -> Iterator[tuple[Edit, ...]]:
    """With what the build made alone, for a program in machine code; and with the files of the
    build context too."""
    origins = subject.facts.origins if subject.facts is not None else None
    if origins is None:
        return
    text, base = subject.text, stage.head.arguments
    name = base.behind(len(base.value))
    end = "" if text.endswith("\n") else "\n"
    is_npm = any(any(run.script.named("npm")) for run in subject.runs(stage))
    pruned = f"{_PRUNE}\n" if is_npm and any(npm_dev.find(subject)) else ""
    for with_sources in (False, True):
        split = Split(subject, stage, origins, with_sources)
        if not with_sources and not split.is_compiled():
            continue
        lines = split.lines()
        if lines is not None:
            added = f"{end}{pruned}\nFROM {stage.base}\n" + "\n".join(lines) + "\n"
            yield Edit(name, name, f" AS {BUILD}"), Edit(len(text), len(text), added)
