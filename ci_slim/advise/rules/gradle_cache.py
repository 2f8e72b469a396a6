"""Gradle keeps what it downloaded in its cache."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "gradle-cache"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN of the image that builds with Gradle and keeps its cache."""
    return missing(
        subject,
        CleanUp(
            NAME,
            lambda c: c.name in ("gradle", "gradlew") and not c.has("-v", "--version"),
            lambda c: c.name == "rm" and any(".gradle" in argument for argument in c.arguments),
            "rm -rf /root/.gradle /home/gradle/.gradle",
            "Gradle's cache stays in the layer",
            ("/root/.gradle", "/home/gradle/.gradle"),
            ("/root/.gradle", "/home/gradle/.gradle"),
        ),
    )
