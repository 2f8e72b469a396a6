"""The advice: each tried change with its result, and all changes together. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ci_slim.advise.finding import Finding
from ci_slim.advise.patch import Sources
from ci_slim.platforms import Platform
from ci_slim.units import count, size

Outcome = Literal["proven", "failed-to-build", "failed-probe", "too-small", "estimated"]
OUTCOMES: tuple[Outcome, ...] = (
    "proven",
    "failed-to-build",
    "failed-probe",
    "too-small",
    "estimated",
)


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes to pull and on disk, of an image or of what a change saves."""

    pull: int
    disk: int

    def less(self, other: "Bytes") -> "Bytes":
        """How much smaller the other image is."""
        return Bytes(self.pull - other.pull, self.disk - other.disk)


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a change must save to be shown: bytes, or a share of the image. One of the two is
    enough, either for bytes to pull or for bytes on disk."""

    bytes: int | None = 500_000
    percent: float | None = 1.0

    def is_met(self, saved: Bytes, before: Bytes) -> bool:
        """Whether a change saves enough. One that makes the image larger on disk does not."""
        if saved.disk < 0 or (saved.disk == 0 and saved.pull <= 0):
            return False
        return self._is_met(saved.disk, before.disk) or self._is_met(saved.pull, before.pull)

    def _is_met(self, saved: int, before: int) -> bool:
        enough = self.bytes is not None and saved >= self.bytes
        share = self.percent is not None and 100 * saved >= self.percent * before
        return saved > 0 and (enough or share)


@dataclass(frozen=True, slots=True)
class Updates:
    """The bytes that a device fetches for the last commits together, with the Dockerfile as it is
    and with the change."""

    commits: int
    before: int
    after: int

    def told(self) -> str:
        """A sentence for people."""
        return (
            f"updates by the last {count(self.commits, 'commit')}: {size(self.before)}, then "
            f"{size(self.after)}"
        )


BuildSeconds = tuple[Platform, float, float]
"""The seconds of a build without cache, before and after a change."""


def seconds_told(seconds: BuildSeconds | None) -> str:
    """A sentence for people; "" if they are not known."""
    if seconds is None:
        return ""
    platform, before, after = seconds
    return f"a build without cache on {platform} takes {before:.0f} s, then {after:.0f} s"


@dataclass(frozen=True, slots=True)
class Tried:
    """A finding and its result. `saved` is by platform, and empty if it is unknown. `why` says why
    the change is not proven."""

    finding: Finding
    diff: str
    outcome: Outcome
    saved: Mapping[Platform, Bytes] = field(default_factory=dict)
    why: str = ""
    updates: Updates | None = None
    seconds: BuildSeconds | None = None

    @property
    def remark(self) -> str:
        """What is said of it besides its bytes."""
        updates = self.updates.told() if self.updates else ""
        return "; ".join(filter(None, (updates, seconds_told(self.seconds), self.why)))

    @property
    def told(self) -> str:
        """The remark, with the names that other linters have for the finding."""
        names = ", ".join(self.finding.aliases)
        return "; ".join(filter(None, (self.remark, f"also found by {names}" if names else "")))

    @property
    def largest(self) -> Bytes:
        """What it saves on the platform where it saves most."""
        return max(self.saved.values(), key=lambda each: each.disk, default=Bytes(0, 0))


@dataclass(frozen=True, slots=True)
class Together:
    """All proven changes together. `why` says why there are none, or what was left out."""

    diff: str
    saved: Mapping[Platform, Bytes] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """The changed files, by their paths below the folder of the settings file."""
    why: tuple[str, ...] = ()
    seconds: BuildSeconds | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """Advice on one Dockerfile."""

    dockerfile: str
    image: str
    tried: tuple[Tried, ...]
    together: Together | None = None
    before: Mapping[Platform, Bytes] = field(default_factory=dict)
    """The unchanged image."""
    notes: tuple[str, ...] = ()
    sources: Sources | None = None
    """The unchanged files."""
    folder: str = "."
    """The folder of the settings file, seen from the working folder."""

    def shown(self, *, every: bool) -> tuple[Tried, ...]:
        """The findings to show: proven or estimated ones, largest first; with `every`, then all
        others."""
        order = {"proven": 0, "estimated": 1}
        kept = [each for each in self.tried if every or each.outcome in order]
        return tuple(
            sorted(kept, key=lambda each: (order.get(each.outcome, 2), -each.largest.disk))
        )
