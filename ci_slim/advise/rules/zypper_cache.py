"""zypper keeps metadata and packages in the layer."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "zypper-cache"
_WRITES = ("install", "in", "update", "up", "refresh", "ref", "dist-upgrade", "dup")


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that calls zypper and does not clean up."""
    return missing(
        subject,
        CleanUp(
            NAME,
            lambda c: c.name == "zypper" and c.sub(*_WRITES) is not None,
            lambda c: c.name == "zypper" and c.sub("clean", "cc") is not None,
            "zypper clean --all",
            "zypper keeps metadata and packages in the layer",
            ("/var/cache/zypp",),
        ),
    )
