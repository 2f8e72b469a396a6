"""Cargo keeps the sources and archives of the crates that it downloaded."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "cargo-cache"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN of the image that builds with Cargo and does not clean up."""
    return missing(
        subject,
        CleanUp(
            NAME,
            lambda c: c.name == "cargo" and c.sub("build", "install", "fetch") is not None,
            lambda c: c.name == "rm" and any("cargo" in argument for argument in c.arguments),
            "rm -rf /usr/local/cargo/registry /root/.cargo/registry",
            "Cargo's registry cache stays in the layer",
            ("/usr/local/cargo/registry", "/root/.cargo/registry"),
            ("/usr/local/cargo/registry",),
        ),
    )
