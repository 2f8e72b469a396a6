"""Find and open the forge of the pipeline that this process runs in.

A forge is one folder, whose `__init__` has what `ForgeModule` says, and one line in `FORGES`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from ci_slim.errors import UsageError
from ci_slim.forges import Forge, github, gitlab
from ci_slim.result import Origin, Report
from ci_slim.settings.plans import BuildPlan

Read = Callable[[str], bytes]


class ForgeModule(Protocol):
    """What the folder of a forge offers before its client is loaded."""

    TITLE: str
    """The forge's name as people write it."""

    def runs_here(self, environment: Mapping[str, str], /) -> bool:
        """Whether the forge's runner set this environment."""

    def base_branch(self, environment: Mapping[str, str], /) -> str:
        """The branch to compare with, as far as the environment alone says: the branch that the
        change goes to, or the pushed branch itself; "" where neither is set."""

    def open_forge(self, environment: Mapping[str, str], read: Read, /) -> Forge:
        """The forge of this job. `read` gives the bytes of a file and may raise OSError.

        Raises UsageError for an environment that makes no sense. No call is made yet.
        """

    def origin(self, environment: Mapping[str, str], read: Read, /) -> Origin:
        """The commit and the run of this job, as the environment says. UsageError for an
        environment that makes no sense."""

    def write_reports(
        self, report: Report, builds: Mapping[str, BuildPlan | None], folder: Path, settings: str, /
    ) -> None:
        """Write what only this forge's widgets read into the output folder, next to
        report.json. `builds` is how each image is built; `settings` is the settings file's path.
        """


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
    """Where the report of this job is from, see `ForgeModule`; None on a laptop, and where the
    environment makes no sense: the report itself is not to fail for that."""
    name = detect(environment)
    try:
        return FORGES[name].origin(environment, read) if name else None
    except UsageError:
        return None


def base_branch(environment: Mapping[str, str]) -> str:
    """The branch to compare with, see `ForgeModule`; "" on a laptop."""
    name = detect(environment)
    return FORGES[name].base_branch(environment) if name else ""
