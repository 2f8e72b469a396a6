"""Find and open the forge of the pipeline that this process runs in.

A forge is one folder and one line in `FORGES`. The `__init__` of the folder has what `ForgeModule`
declares.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from ci_slim.errors import UsageError
from ci_slim.forges import Forge, github, gitlab
from ci_slim.forges.revision import Revision
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.result import Origin, Report

Read = Callable[[str], bytes]


class ForgeModule(Protocol):
    """What the folder of a forge provides before its client is loaded."""

    TITLE: str
    """The name of the forge as people write it."""

    def runs_here(self, environment: Mapping[str, str], /) -> bool:
        """Whether the forge's runner set this environment."""

    def revision(self, environment: Mapping[str, str], read: Read, /) -> Revision:
        """The tag, commit and base branch of this job, from the environment. Raises UsageError for
        an invalid environment."""

    def open_forge(self, environment: Mapping[str, str], read: Read, /) -> Forge:
        """The forge of this job. `read` reads a file and may raise OSError.

        It makes no call yet. Raises UsageError for an invalid environment.
        """

    def secret_names(self, environment: Mapping[str, str], /) -> frozenset[str]:
        """The environment variables with the runner's tokens and passwords, and with the token for
        comments. Raises UsageError for an invalid environment."""

    def origin(self, environment: Mapping[str, str], read: Read, /) -> Origin:
        """The commit and the run of this job, from the environment. Raises UsageError for an
        invalid environment."""

    def is_fork(self, environment: Mapping[str, str], read: Read, /) -> bool:
        """Whether the job runs the code of a fork. UsageError for an environment that makes no
        sense."""

    def write_reports(
        self, report: Report, dockerfiles: Mapping[str, Dockerfile], folder: Path, settings: str, /
    ) -> None:
        """Write the files that only this forge's widgets read into the output folder, next to
        report.json. `dockerfiles` are by the name of the image; `settings` is the path of the
        settings file."""


FORGES: Mapping[str, ForgeModule] = {"github": github, "gitlab": gitlab}

NOWHERE = f"this is not a job of {' or '.join(forge.TITLE for forge in FORGES.values())}"


def detect(environment: Mapping[str, str]) -> str | None:
    """The name of the forge whose runner set this environment; None on a laptop."""
    return next((name for name, forge in FORGES.items() if forge.runs_here(environment)), None)


def open_forge(environment: Mapping[str, str], read: Read) -> Forge | None:
    """The forge whose runner set the environment; None on a laptop. See `ForgeModule`."""
    name = detect(environment)
    return FORGES[name].open_forge(environment, read) if name else None


def origin(environment: Mapping[str, str], read: Read) -> Origin | None:
    """Where the report of this job comes from, see `ForgeModule`. None on a laptop, and for an
    invalid environment: that must not prevent the report."""
    name = detect(environment)
    try:
        return FORGES[name].origin(environment, read) if name else None
    except UsageError:
        return None


def is_fork(environment: Mapping[str, str], read: Read) -> bool:
    """Whether this job runs the code of a fork; also where that cannot be told. False on a
    laptop."""
    name = detect(environment)
    try:
        return name is not None and FORGES[name].is_fork(environment, read)
    except UsageError:
        return True


def secret_names(environment: Mapping[str, str]) -> frozenset[str]:
    """The environment variables that nothing of the repository may see, see `ForgeModule`; none on
    a laptop."""
    name = detect(environment)
    return FORGES[name].secret_names(environment) if name else frozenset()


def version(asked: str | None, environment: Mapping[str, str], read: Read) -> str:
    """The {version} in a tag: what was asked for, else what the forge says, else `dev` on a laptop.
    In CI it is "" and not `dev` if the forge does not say."""
    if asked:
        return asked
    found = revision(environment, read)
    return "dev" if found is None else found.version


def revision(environment: Mapping[str, str], read: Read) -> Revision | None:
    """The revision of this job, see `ForgeModule`. None on a laptop; empty for an invalid
    environment."""
    name = detect(environment)
    try:
        return FORGES[name].revision(environment, read) if name else None
    except UsageError:
        return Revision()
