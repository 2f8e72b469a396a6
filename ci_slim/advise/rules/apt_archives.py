"""The packages that apt downloaded stay in the layer where nothing removes them."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "apt-archives"
FOLDER = "/var/cache/apt/archives"
_HOOK = "docker-clean"
"""Debian's and Ubuntu's images have apt remove each package behind itself by this file."""


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that installs, where packages lie in the image, or the Dockerfile
    takes the clean-up of the base image away."""
    texts = [run.text.value for run in subject.image_runs()]
    facts = subject.facts
    there = facts is not None and any(
        path.startswith(FOLDER) and path.endswith(".deb") for path in facts.files
    )
    if there or any(_HOOK in text for text in texts):
        yield from missing(
            subject,
            CleanUp(
                NAME,
                lambda c: c.name in ("apt-get", "apt") and c.sub("install") is not None,
                lambda c: c.name in ("apt-get", "apt") and c.sub("clean") is not None,
                "apt-get clean",
                "the packages that apt downloaded stay in the layer",
                (FOLDER,),
            ),
        )
