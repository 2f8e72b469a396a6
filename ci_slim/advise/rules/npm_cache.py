"""npm keeps each package that it downloaded in its cache, which stays in the layer."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "npm-cache"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that installs and does not clean the cache."""
    return missing(
        subject,
        CleanUp(
            NAME,
            lambda c: c.name == "npm" and c.sub("install", "ci", "i", "add") is not None,
            lambda c: (
                (c.name == "npm" and c.sub("cache") is not None)
                or (c.name == "rm" and any(".npm" in argument for argument in c.arguments))
            ),
            "npm cache clean --force",
            "npm's cache stays in the layer",
            ("/root/.npm",),
            ("/root/.npm",),
        ),
    )
