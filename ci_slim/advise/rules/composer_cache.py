"""Composer keeps archives in its cache, which stays in the layer."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "composer-cache"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that installs and does not clear the cache."""
    return missing(
        subject,
        CleanUp(
            NAME,
            lambda c: (
                c.name == "composer"
                and c.sub("install", "require", "update", "create-project") is not None
                and not c.has("--no-cache")
            ),
            lambda c: c.name == "composer" and c.sub("clear-cache", "clearcache", "cc") is not None,
            "composer clear-cache",
            "Composer's cache stays in the layer",
            ("/root/.composer/cache", "/root/.cache/composer", "/tmp/cache"),
            ("/root/.composer/cache", "/root/.cache/composer", "/tmp/cache"),
        ),
    )
