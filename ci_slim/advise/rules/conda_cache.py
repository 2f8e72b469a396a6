"""conda and mamba keep packages, archives and indexes in the layer."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "conda-cache"
_TOOLS = ("conda", "mamba", "micromamba")


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that installs and does not clean up."""
    for tool in _TOOLS:
        yield from missing(
            subject,
            CleanUp(
                NAME,
                lambda c, tool=tool: (
                    c.name == tool  # type: ignore[misc]
                    and c.sub("install", "create", "update", "env") is not None
                ),
                lambda c: c.name in _TOOLS and c.sub("clean") is not None,
                f"{tool} clean --all --yes",
                f"{tool} keeps archives and indexes in the layer",
                ("/opt/conda/pkgs", "/root/.conda/pkgs"),
            ),
        )
