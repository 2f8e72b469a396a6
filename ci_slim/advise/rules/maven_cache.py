"""Maven keeps each artifact that it downloaded in its local repository."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "maven-cache"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN of the image that builds with Maven and keeps its repository."""
    return missing(
        subject,
        CleanUp(
            NAME,
            lambda c: (
                c.name in ("mvn", "mvnw") and bool(c.arguments) and not c.has("-v", "--version")
            ),
            lambda c: c.name == "rm" and any(".m2" in argument for argument in c.arguments),
            "rm -rf /root/.m2/repository",
            "Maven's local repository stays in the layer",
            ("/root/.m2",),
            ("/root/.m2",),
        ),
    )
