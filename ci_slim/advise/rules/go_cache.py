"""Go keeps its build cache and the modules that it downloaded."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "go-cache"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN of the image that builds with Go and does not clean up."""
    return missing(
        subject,
        CleanUp(
            NAME,
            lambda c: c.name == "go" and c.sub("build", "install", "get", "mod", "run") is not None,
            lambda c: c.name == "go" and c.sub("clean") is not None,
            "go clean -cache -modcache",
            "Go's build cache and module cache stay in the layer",
            ("/root/.cache/go-build", "/go/pkg/mod"),
            ("/root/.cache/go-build", "/go/pkg/mod"),
        ),
    )
