"""`apt-get upgrade` stores a second copy of each package of the base image that it renews."""

from collections.abc import Iterator

from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "apt-upgrade"


def find(subject: Subject) -> Iterator[Finding]:
    """Only reported: without the upgrade, the image may lack a security update."""
    for run in subject.image_runs():
        for command in run.script.named("apt-get", "apt"):
            if command.sub("upgrade", "dist-upgrade", "full-upgrade"):
                yield Finding(
                    NAME,
                    run.line_of(command, subject.text),
                    "an upgrade stores renewed packages twice; a newer base image has them once. "
                    "Not changed, as security updates may depend on it",
                )
