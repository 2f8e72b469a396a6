"""The whole run: every image on every platform, and the outcome."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ci_slim.result.advice import AdvisedDockerfile
from ci_slim.result.gate import Gate
from ci_slim.result.origin import Origin, Part
from ci_slim.result.platform import PlatformReport
from ci_slim.result.problem import Problem

SCHEMA = "ci-slim/report/v1"
Outcome = Literal["passed", "over-budget", "failed"]


@dataclass(frozen=True, slots=True)
class Tool:
    """The program that wrote the report."""

    version: str
    name: str = "ci-slim"


@dataclass(frozen=True, slots=True)
class DockerfileLines:
    """The lines of a Dockerfile that made the layers of an image, by the `created_by` of the layer.
    `path` is relative to the repository; `stage` is the line of the FROM."""

    path: str
    stage: int
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, created_by: str) -> int:
        """The line that made a layer; the line of the FROM for a layer of the base image."""
        return self.lines.get(created_by, self.stage)


@dataclass(frozen=True, slots=True)
class ImageReport:
    """One image of the settings file, on all its platforms. `dockerfile` is None if the image was
    not built from a Dockerfile in the repository."""

    name: str
    platforms: tuple[PlatformReport, ...]
    dockerfile: DockerfileLines | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The whole run. `created` is RFC 3339 in UTC, e.g. `2026-11-23T10:20:30Z`. A merged report has
    the problems of all its parts."""

    tool: Tool
    created: str
    images: tuple[ImageReport, ...]
    problems: tuple[Problem, ...] = ()
    part: Part | None = None
    """None: the run is not part of a matrix, or the report is of the whole matrix."""
    origin: Origin | None = None
    """None: the run was not a job of a forge."""
    gate: Gate | None = None
    """None: there is no target branch to compare the settings with."""
    advice: tuple[AdvisedDockerfile, ...] = ()
    """Proven changes of Dockerfiles, where these were given."""

    @property
    def outcome(self) -> Outcome:
        """See `outcome_of`. It is computed, so that it always agrees with the rest of the report.
        With a problem it is `failed`; if the gate fails, it is at least `over-budget`."""
        if self.problems:
            return "failed"
        found = outcome_of(p for image in self.images for p in image.platforms)
        refused = self.gate is not None and self.gate.failed
        return "over-budget" if refused and found == "passed" else found


def outcome_of(platforms: Iterable[PlatformReport]) -> Outcome:
    """`failed` if a platform failed or no platform was measured, else `over-budget` if a limit is
    broken, else `passed`.

    A skipped platform or an unknown verdict does not fail the run: neither says that something is
    wrong. Both are shown. A run that measured nothing fails.
    """
    seen = tuple(platforms)
    if any(p.outcome == "failed" for p in seen) or all(p.result is None for p in seen):
        return "failed"
    if any(verdict.status == "fail" for p in seen for verdict in p.verdicts):
        return "over-budget"
    return "passed"
