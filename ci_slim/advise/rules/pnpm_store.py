"""pnpm keeps its store in the layer. What is installed links to it, so only the rest is waste."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "pnpm-store"


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that installs and does not prune the store."""
    return missing(
        subject,
        CleanUp(
            NAME,
            lambda c: c.name == "pnpm" and c.sub("install", "i", "add") is not None,
            lambda c: c.name == "pnpm" and c.sub("store") is not None,
            "pnpm store prune",
            "pnpm's store keeps packages that nothing links to",
            ("/root/.local/share/pnpm/store", "/root/.cache/pnpm"),
        ),
    )
