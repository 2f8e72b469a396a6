"""dnf, yum and microdnf keep metadata and packages in the layer."""

from collections.abc import Iterator

from ci_slim.advise.clean_up import CleanUp, missing
from ci_slim.advise.finding import Finding
from ci_slim.advise.subject import Subject

NAME = "dnf-cache"
_WRITES = ("install", "update", "upgrade", "groupinstall", "reinstall", "makecache", "module")


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each RUN that calls one of them and does not clean up."""
    for tool, folder in (
        ("dnf", "/var/cache/dnf"),
        ("microdnf", "/var/cache/yum"),
        ("yum", "/var/cache/yum"),
    ):
        yield from missing(
            subject,
            CleanUp(
                NAME,
                lambda c, tool=tool: c.name == tool and c.sub(*_WRITES) is not None,  # type: ignore[misc]
                lambda c: c.name in ("dnf", "yum", "microdnf") and c.sub("clean") is not None,
                f"{tool} clean all",
                f"{tool} keeps metadata and packages in the layer",
                (folder, "/var/cache/libdnf5"),
            ),
        )
