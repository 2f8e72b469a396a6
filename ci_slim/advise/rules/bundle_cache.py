"""Bundler keeps the archive of each gem that it installed."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "bundle-cache"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN of the image that installs gems and keeps their archives."""
    return missing(
        subject,
        CleanUp(
            NAME,
            lambda c: c.name == "bundle" and c.sub("install") is not None,
            lambda c: c.name == "rm" and any("cache" in argument for argument in c.arguments),
            "rm -rf /usr/local/bundle/cache",
            "the archives of the gems stay in the layer",
            ("/usr/local/bundle/cache",),
        ),
    )
