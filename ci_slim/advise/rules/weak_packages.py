"""dnf and zypper install packages that others only recommend, unless they are told not to."""

from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.run import Run
from ci_slim.advise.shell import Command
from ci_slim.advise.subject import Subject

NAME = "weak-packages"
_DNF = "--setopt=install_weak_deps=False"
_ZYPPER = "--no-recommends"
_CONFIGURED = ("install_weak_deps", "solver.onlyRequires")


def find(subject: Subject) -> Iterator[Finding]:
    """One finding for each RUN that installs without the option, unless it is configured so. yum
    has no such packages."""
    for run in subject.image_runs():
        if any(word in run.text.value for word in _CONFIGURED):
            return
        found = [edit for command in run.script.commands if (edit := _edit(run, command))]
        if found:
            yield Finding(
                NAME,
                run.line,
                "packages that others only recommend are installed as well; "
                f"add {found[0].text.strip()}",
                tuple(found),
            )


def _edit(run: Run, command: Command) -> Edit | None:
    if command.name in ("dnf", "microdnf") and (word := command.sub("install", "groupinstall")):
        return run.insert(word.end, f" {_DNF}")
    if command.name == "zypper" and (word := command.sub("install", "in")):
        return None if command.has(_ZYPPER) else run.insert(word.end, f" {_ZYPPER}")
    return None
