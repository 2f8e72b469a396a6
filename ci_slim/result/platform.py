"""What a run found out about one image on one platform."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from ci_slim.image.inventory import Growth, Inventory
from ci_slim.image.sizes import ImageSizes
from ci_slim.platforms import Platform
from ci_slim.result.packed import Packed
from ci_slim.result.updates import UpdateCost, Updates
from ci_slim.result.verdict import Verdict

BaseImage = Literal["same", "changed", "unknown"]
PlatformOutcome = Literal["slimmed", "unchanged", "built", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """One answer: `status` is the HTTP status or the exit code, None if there was no answer."""

    ok: bool
    status: int | None
    ms: int


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """A probe on the fat and on the slim image; None if it was not sent there."""

    name: str
    kind: str
    fat: ProbeRun | None = None
    slim: ProbeRun | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The image that this one is compared with; `source` says where it was found."""

    source: str
    reference: str
    digest: str
    pull_bytes: int | None
    disk_bytes: int | None
    base_image: BaseImage = "unknown"
    """Whether the base image is still the same as in the baseline."""
    base_growth: int | None = None
    """How much the pull size of the base image's layers grew; a part of the whole growth."""
    grown: Growth | None = None
    """What grew and what shrank; None if the baseline does not list its content."""
    shared_layers: tuple[int, ...] | None = None
    """The layers of this image that the baseline has too, counted from 0; None if not known."""


@dataclass(frozen=True, slots=True)
class Point:
    """The sizes of an earlier run of the base branch; `commit` is "" if it is not known."""

    created: str
    commit: str
    pull_bytes: int | None
    disk_bytes: int | None
    release: str = ""
    """The git tag of the commit, if a run of this tag is known."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many files the slim image keeps; and for each reason, how many files and bytes."""

    files: int
    by_reason: Mapping[str, int] = field(default_factory=dict)
    bytes_by_reason: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A folder, file or package that the user may want, but that is too large to keep without
    being asked: its bytes, and the lines for `keep:` that add it."""

    what: str
    bytes: int
    keep: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A probe that was left out of the observation and then sent to the slim image."""

    probe: str
    held: bool
    """Whether the slim image answered like the fat one."""
    saved_by: Mapping[str, int] = field(default_factory=dict)
    """Paths that only this probe used, but that rules keep without it: how many, by rule."""
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Paths that the probe looked for and did not find."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long each stage took, in the order of the run; None for a stage that did not run. The
    sum is the time of the platform."""

    start: float | None = None
    """Reading the settings, connecting and planning; only the first platform of a run has it."""
    build: float | None = None
    fetch: float | None = None
    """Getting an existing image into the daemon."""
    send: float | None = None
    """Sending the fat image to another Docker host."""
    observe: float | None = None
    read: float | None = None
    """Reading the rest of the fat image after the observation; it starts in the background."""
    closure: float | None = None
    write: float | None = None
    replay: float | None = None
    compress: float | None = None
    """Compressing and measuring the rest after the proof; it starts in the background."""
    hold_out: float | None = None
    """Proving the image without each of its probes."""
    pack: float | None = None
    """Packing the proved image, and the proof of the packed one."""
    profiles: float | None = None
    deliver: float | None = None
    """Writing the OCI layout and loading the image."""
    baseline: float | None = None
    clean_up: float | None = None
    """Removing containers, images and temporary files; only the last platform of a run has it."""


STAGES: tuple[str, ...] = tuple(each.name for each in fields(Seconds))


@dataclass(frozen=True, slots=True)
class Artifacts:
    """Paths of written files and folders, relative to the output folder; None if not written."""

    oci_layout: str | None = None
    seccomp: str | None = None
    apparmor: str | None = None
    files: str | None = None
    """A list of all files of the fat image, with what became of each, see `report.page.files`."""


@dataclass(frozen=True, slots=True)
class PlatformReport:
    """One image on one platform. `reason` says why it was skipped, failed or left unchanged."""

    platform: Platform
    outcome: PlatformOutcome
    emulated: bool = False
    host: str = ""
    """The Docker host that observed and proved it; "" for the daemon of the run."""
    reason: str = ""
    fat: ImageSizes | None = None
    slim: ImageSizes | None = None
    """Always there for `slimmed`. For `failed`, the image that could not be verified, if any."""
    baseline: Baseline | None = None
    no_baseline: str = ""
    """Why there is no baseline; "" if there is one, or if none was asked for."""
    next_baseline: str = ""
    """One sentence: what will create the missing baseline; "" if that is not known."""
    update_bytes: int | None = None
    """What a device that holds the baseline downloads; None without a baseline."""
    verified: bool = False
    """The slim image answered every probe as the fat one did."""
    rounds: int = 0
    """How many replays were needed; more than one if the image was healed."""
    probes: tuple[ProbeReport, ...] = ()
    kept: Kept | None = None
    dropped_nearby: tuple[LeftOut, ...] = ()
    """The application's own files that were not used and are too large to keep, by folder."""
    named_unused: tuple[LeftOut, ...] = ()
    """Packages that the Dockerfile installs by name and that the run did not use."""
    literal_dropped: tuple[LeftOut, ...] = ()
    """Files whose names are in kept files."""
    healed: tuple[str, ...] = ()
    """Paths that the observation missed, and that a replay showed to be needed."""
    explained: tuple[str, ...] = ()
    """The answers to `--explain`: why the slim image has each of these paths or not."""
    held_out: tuple[HeldOut, ...] = ()
    """The result for each probe that was held out, if that was asked for."""
    packed: Packed | None = None
    """What `slim.pack` did; None if it was not asked for."""
    warnings: tuple[str, ...] = ()
    """One sentence each. For a platform that failed: log lines that show why."""
    verdicts: tuple[Verdict, ...] = ()
    seconds: Seconds = Seconds()
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds of parts of the stages, by name, such as the application's own time."""
    artifacts: Artifacts = Artifacts()
    history: tuple[Point, ...] = ()
    """Earlier runs, oldest first; each report takes them from its baseline."""
    inventory: Inventory | None = None
    """The content of the delivered image, to compare the next one with."""
    updates: Updates | None = None
    """What updates cost; None if the settings have neither `device` nor `deltas`."""

    def __post_init__(self) -> None:
        """Raise ValueError if a value is missing that this outcome needs."""
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
        """The image that is delivered and that the budgets apply to."""
        if self.outcome in {"skipped", "failed"}:
            return None
        return self.slim if self.slim is not None else self.fat

    @property
    def by_delta(self) -> UpdateCost | None:
        """The newest release's update, where devices use deltas and it has one."""
        updates = self.updates
        if updates is None or updates.device.updates != "delta" or not updates.costs:
            return None
        return updates.costs[0] if updates.costs[0].delta_bytes is not None else None

    @property
    def download_bytes(self) -> int | None:
        """What a device downloads for the update: the delta where it uses deltas, else what a
        device with the baseline pulls."""
        cost = self.by_delta
        return self.update_bytes if cost is None else cost.delta_bytes
