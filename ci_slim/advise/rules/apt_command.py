"""`apt` is for people at a terminal; its options and its output may change."""

from collections.abc import Iterator

from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "apt-command"
_SUBCOMMANDS = ("update", "install", "upgrade", "full-upgrade", "remove", "purge", "autoremove")


def find(subject: Subject) -> Iterator[Finding]:
    """One finding for each RUN that calls `apt`."""
    for run in subject.image_runs():
        found = [
            command.own[0]
            for command in run.script.named("apt")
            if command.sub(*_SUBCOMMANDS) and command.own[0].text == "apt"
        ]
        if found:
            yield Finding(
                NAME,
                run.line,
                "`apt` has no stable command line; scripts use `apt-get`",
                tuple(run.replace(word.start, word.end, "apt-get") for word in found),
            )
