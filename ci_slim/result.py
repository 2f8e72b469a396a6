"""The report `ci-slim/report/v1`: one value, of which JSON, Markdown and text are renderings.

Sizes are bytes, times are seconds (`ms` of a probe: milliseconds). Names, paths, reasons and
`created_by` come from images and are foreign text: every rendering escapes them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from ci_slim.image.inventory import Growth, Inventory
from ci_slim.image.sizes import ImageSizes
from ci_slim.platforms import Platform

SCHEMA = "ci-slim/report/v1"
PARTS_MAX = 1000
"""Jobs of a matrix; GitHub allows 256, GitLab 200."""

Outcome = Literal["passed", "over-budget", "failed"]
_LINE = re.compile(r"[1-9][0-9]{0,5}")

BaseImage = Literal["same", "changed", "unknown"]
PlatformOutcome = Literal["slimmed", "unchanged", "built", "skipped", "failed"]


Status = Literal["pass", "warn", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One limit and what was measured against it.

    `limit` and `actual` are bytes, or a count where the rule counts. `limit` is None only for
    a growth in percent of a baseline that is not known; `actual` is None when unknown.
    """

    rule: str
    limit: int | None
    actual: int | None
    status: Status
    message: str


def status_of(limit: int | None, actual: int | None) -> Status:
    """Where a value stands to its limit. A limit of nothing has no margin to warn of."""
    if limit is None or actual is None:
        return "unknown"
    if actual > limit:
        return "fail"
    return "warn" if limit > 0 and actual * 10 >= limit * 9 else "pass"


@dataclass(frozen=True, slots=True)
class Tool:
    """What wrote the report."""

    version: str
    name: str = "ci-slim"


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """One answer: `status` is the HTTP status or the exit code, None when none came."""

    ok: bool
    status: int | None
    ms: int


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """A probe on the fat and on the slim image; None where it was not sent."""

    name: str
    kind: str
    fat: ProbeRun | None = None
    slim: ProbeRun | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The image this one is compared with; `source` says where it was found."""

    source: str
    reference: str
    digest: str
    pull_bytes: int | None
    disk_bytes: int | None
    base_image: BaseImage = "unknown"
    """Whether the base image is still the one of the baseline."""
    base_growth: int | None = None
    """What the pull size grew in the layers of the base image; a part of the whole growth."""
    grown: Growth | None = None
    """What grew and what shrank; None where the baseline does not say what it holds."""


@dataclass(frozen=True, slots=True)
class Point:
    """What an earlier run of the base branch delivered; `commit` is "" where it is not known."""

    created: str
    commit: str
    pull_bytes: int | None
    disk_bytes: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """How many paths the slim image keeps, and how many, and how many bytes, for each reason."""

    files: int
    by_reason: Mapping[str, int] = field(default_factory=dict)
    bytes_by_reason: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that may be wanted and was too much to be kept unasked: a folder, a file or a
    package, its bytes, and the lines for `keep:` that bring it in."""

    what: str
    bytes: int
    keep: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A probe that was left out of the observation and then sent to the slim image."""

    probe: str
    held: bool
    """The slim image answered it like the fat one."""
    saved_by: Mapping[str, int] = field(default_factory=dict)
    """What only this probe used and is kept without it: how many paths, by the rule that keeps."""
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Paths that it looked for in vain."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long each stage took, in the order of the run; None for a stage that was not run.
    Together they are the time of the platform."""

    build: float | None = None
    fetch: float | None = None
    """Making an existing image present in the daemon."""
    observe: float | None = None
    read: float | None = None
    """What was left to read of the fat image when its observation was over."""
    closure: float | None = None
    write: float | None = None
    replay: float | None = None
    compress: float | None = None
    """What was left to compress and to measure when the proof was over."""
    profiles: float | None = None
    deliver: float | None = None
    """Writing the OCI layout and loading the image."""
    baseline: float | None = None


STAGES: tuple[str, ...] = tuple(each.name for each in fields(Seconds))


@dataclass(frozen=True, slots=True)
class Artifacts:
    """Paths of what was written, relative to the output folder; None where nothing was."""

    oci_layout: str | None = None
    seccomp: str | None = None
    apparmor: str | None = None
    files: str | None = None
    """Every file of the fat image and what became of it, see `report.page.files`."""


@dataclass(frozen=True, slots=True)
class PlatformReport:
    """One image on one platform. `reason` says why it was skipped, failed or left unchanged."""

    platform: Platform
    outcome: PlatformOutcome
    emulated: bool = False
    reason: str = ""
    fat: ImageSizes | None = None
    slim: ImageSizes | None = None
    """Given for `slimmed`; for `failed`, the one that could not be verified, if there is any."""
    baseline: Baseline | None = None
    no_baseline: str = ""
    """Why there is none; empty when there is one, or when none was asked for."""
    next_baseline: str = ""
    """One sentence: how the baseline that is missing comes about; "" where that is not known."""
    update_bytes: int | None = None
    """What a device that holds the baseline downloads; None without a baseline."""
    verified: bool = False
    """The slim image answered every probe as the fat one did."""
    rounds: int = 0
    """Replays it took; more than one when the image was healed."""
    probes: tuple[ProbeReport, ...] = ()
    kept: Kept | None = None
    dropped_nearby: tuple[LeftOut, ...] = ()
    """The application's own files that are too large to be kept unseen, by folder."""
    named_unused: tuple[LeftOut, ...] = ()
    """Packages that the Dockerfile installs by name and the run never used."""
    literal_dropped: tuple[LeftOut, ...] = ()
    """Files whose names stand in kept files."""
    healed: tuple[str, ...] = ()
    """Paths that the observation missed and a replay showed to be needed."""
    explained: tuple[str, ...] = ()
    """Of paths that were asked for: why each is in the slim image, or why it is not."""
    held_out: tuple[HeldOut, ...] = ()
    """What became of each probe when it was left out, where that was asked for."""
    warnings: tuple[str, ...] = ()
    """One sentence each; of a platform that failed, the lines that tell why: the end of a log."""
    verdicts: tuple[Verdict, ...] = ()
    seconds: Seconds = Seconds()
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds of what is inside the stages, by name: the application's own."""
    artifacts: Artifacts = Artifacts()
    history: tuple[Point, ...] = ()
    """Earlier runs, oldest first, handed on from baseline to baseline."""
    inventory: Inventory | None = None
    """What the delivered image holds, for the comparison with the next one."""

    def __post_init__(self) -> None:
        """Refuses with a ValueError what would leave a gap in the report."""
        if self.outcome in {"skipped", "failed"} and not self.reason:
            raise ValueError(f"a platform that is {self.outcome} needs a reason")
        if self.outcome in {"slimmed", "unchanged", "built"} and self.fat is None:
            raise ValueError(f"a platform that is {self.outcome} needs the sizes of its fat image")
        if self.outcome == "slimmed" and self.slim is None:
            raise ValueError("a platform that is slimmed needs the sizes of its slim image")
        if self.outcome in {"unchanged", "built", "skipped"} and self.slim is not None:
            raise ValueError(f"a platform that is {self.outcome} has no slim image")

    @property
    def result(self) -> ImageSizes | None:
        """The image that is delivered, and that budgets are held against."""
        if self.outcome in {"skipped", "failed"}:
            return None
        return self.slim if self.slim is not None else self.fat


@dataclass(frozen=True, slots=True)
class DockerfileLines:
    """The lines of a Dockerfile that made the layers of an image, by what its history says of the
    layer; `path` is relative to the repository, `stage` the line of the FROM."""

    path: str
    stage: int
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, created_by: str) -> int:
        """The line that made a layer; that of the FROM for layers of the base image."""
        return self.lines.get(created_by, self.stage)


@dataclass(frozen=True, slots=True)
class ImageReport:
    """One image of the settings file, on all its platforms. `dockerfile` is None for an image that
    was not built from a Dockerfile of the repository."""

    name: str
    platforms: tuple[PlatformReport, ...]
    dockerfile: DockerfileLines | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a run ended before any platform was measured: the error with its place (a file with line
    and column, an input, an image), the foreign lines behind it, and the next step."""

    message: str
    where: str = ""
    details: tuple[str, ...] = ()
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    @property
    def line(self) -> tuple[str, int] | None:
        """The file of the checkout and the line in it that `where` names, if it names one."""
        name, _, place = self.where.partition(":")
        line = place.partition(":")[0]
        inside = not name.startswith(("/", "../"))
        return (name, int(line)) if inside and _LINE.fullmatch(line) else None


@dataclass(frozen=True, slots=True)
class Part:
    """Which job of a matrix a report is of: the name they share, this one's number, from 1 on, and
    how many there are."""

    job: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Origin:
    """The commit and the run that a report is of, as the forge's runner says. What is not known is
    empty."""

    commit: str = ""
    commit_url: str = ""
    run: int = 0
    """Number of the run (GitHub) or the pipeline (GitLab), which grows with time; 0: unknown."""
    run_url: str = ""
    report_url: str = ""
    """Where the report can be downloaded."""
    fork: bool = False
    """A run of the fork itself reported it: the fork's author may have changed its workflow."""


@dataclass(frozen=True, slots=True)
class Loosened:
    """A rule of the target branch that a change loosens: `key` of the image's settings, such as
    `budget.pull`, and a sentence. `image` is empty for what holds for all."""

    image: str
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What a change loosens of the target branch's rules, and whether that fails the run."""

    branch: str
    """The target branch, whose settings it was compared with."""
    loosened: tuple[Loosened, ...] = ()
    protected: bool = False
    """`protect: true`: the target branch's rules were judged by, and loosening them fails."""
    approved: str = ""
    """What approves the loosening, such as "the label `size-approved`"; "" for nothing."""
    needs: str = ""
    """What would approve it; "" where it is approved or need not be."""
    unknown: str = ""
    """Why the settings of the target branch could not be compared; "" when they were."""

    @property
    def failed(self) -> bool:
        """Whether the run fails: unknown never counts as approved."""
        wrong = bool(self.loosened or self.unknown)
        return self.protected and wrong and not self.approved


@dataclass(frozen=True, slots=True)
class Report:
    """The whole run. `created` is RFC 3339 in UTC, e.g. `2026-11-23T10:20:30Z`. Merged reports have
    the problems of all."""

    tool: Tool
    created: str
    images: tuple[ImageReport, ...]
    problems: tuple[Problem, ...] = ()
    part: Part | None = None
    """None: it is of no matrix, or of all of one."""
    origin: Origin | None = None
    """None: on a laptop."""
    gate: Gate | None = None
    """None: there is no target branch to compare the settings with."""

    @property
    def outcome(self) -> Outcome:
        """See `outcome_of`; derived, so that it cannot disagree with what the report shows. With
        a problem it is `failed`; where the gate fails it is `over-budget` at least."""
        if self.problems:
            return "failed"
        found = outcome_of(p for image in self.images for p in image.platforms)
        refused = self.gate is not None and self.gate.failed
        return "over-budget" if refused and found == "passed" else found


def outcome_of(platforms: Iterable[PlatformReport]) -> Outcome:
    """`failed` when a platform failed or none was measured at all, else `over-budget` when a
    limit is broken, else `passed`.

    A skipped platform does not fail the run, nor does an unknown verdict, as neither says that
    anything is wrong; both are shown. A run that measured nothing has shown nothing: it fails.
    """
    seen = tuple(platforms)
    if any(p.outcome == "failed" for p in seen) or all(p.result is None for p in seen):
        return "failed"
    if any(verdict.status == "fail" for p in seen for verdict in p.verdicts):
        return "over-budget"
    return "passed"
