"""The request of each command, as one frozen value. Both click and the action make it. Pure.

The fields have the names and types of the options that `options` declares. `settings.requests`
makes a request from the given texts, with the readers of the settings file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Protocol

from ci_slim.options import (
    ADVISE,
    BUILD,
    CHECK,
    CLEAN,
    COMMENT,
    DELTA,
    DEVICE_PLAN,
    DEVICE_UNITS,
    DIFF,
    DOCKERFILE,
    EXPLORE,
    FLEET,
    HARDEN,
    HISTORY,
    INIT,
    MEASURE,
    PUSH,
    REPORT,
    RUN,
    SLIM,
    Option,
)
from ci_slim.platforms import Platform


class Headroom(Protocol):
    """What a limit has above what was measured: bytes, or a part of it."""

    def bytes_of(self, baseline: int) -> int: ...


_FLAGS = {"images": "image"}
"""Options whose flag has another name."""


@dataclass(frozen=True, slots=True)
class Given:
    """One option as the caller gave it: its texts, which may be secrets. `where` is its name in
    messages: `--tag` or "the input `tag`"."""

    option: Option
    texts: tuple[str, ...] = field(repr=False)
    where: str


@dataclass(frozen=True, slots=True)
class Asked:
    """All options that a caller gave for one command."""

    given: tuple[Given, ...] = ()

    def gave(self, name: str) -> bool:
        """Whether the option was given."""
        return any(each.option.name == name for each in self.given)

    def text(self, name: str) -> str | None:
        """The text that was given for an option; None if it was not given."""
        return next(iter(self.texts(name)), None)

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts that were given for an option; empty if it was not given."""
        return next((each.texts for each in self.given if each.option.name == name), ())

    def place(self, name: str) -> str:
        """Where the option was given, for messages; its flag if it was not given."""
        named = (each.where for each in self.given if each.option.name == name)
        return next(named, "--" + _FLAGS.get(name, name).replace("_", "-"))

    def settings(self) -> Iterator[Given]:
        """The options that override the settings file."""
        return (each for each in self.given if each.option.sets)

    def without(self, name: str) -> "Asked":
        """The same options without this one."""
        return Asked(tuple(each for each in self.given if each.option.name != name))

    def instead(self, option: Option, text: str) -> "Asked":
        """The same options, with this text for one of them."""
        where = self.place(option.name)
        others = (each for each in self.given if each.option.name != option.name)
        return replace(self, given=(*others, Given(option, (text,), where)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRequest:
    """What `run`, `build` and `slim` have in common: how the pipeline runs, where its results go
    and what fails the run. `asked` holds the options that override the settings."""

    asked: Asked
    image_version: str | None
    output: str | None
    load: bool | None
    report: str | None
    format: str
    quiet: bool
    jobs: int | None
    emulators: str | None
    baseline: str | None
    fail_on: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest(PipelineRequest):
    """`ci-slim run`."""

    command: ClassVar = RUN
    config: str
    images: tuple[str, ...]
    explain: tuple[str, ...]
    why: bool
    advice: tuple[str, ...]
    remote_host: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest(PipelineRequest):
    """`ci-slim build`."""

    command: ClassVar = BUILD
    config: str
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlimRequest(PipelineRequest):
    """`ci-slim slim IMAGE`."""

    command: ClassVar = SLIM
    image: str
    explain: tuple[str, ...]
    why: bool
    remote_host: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRequest:
    """`ci-slim measure IMAGE…`."""

    command: ClassVar = MEASURE
    asked: Asked
    images: tuple[str, ...]
    platform: str | None
    format: str
    read: bool
    unpack_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRequest:
    """`ci-slim fleet IMAGE|REPORT…`."""

    command: ClassVar = FLEET
    asked: Asked
    images: tuple[str, ...]
    before: tuple[str, ...]
    base: tuple[str, ...]
    platform: str | None
    unpack_limit: int | None
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExploreRequest:
    """`ci-slim explore IMAGE|REPORT`."""

    command: ClassVar = EXPLORE
    asked: Asked
    target: str
    slim: str | None
    platform: str | None
    unpack_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRequest:
    """`ci-slim diff A B`."""

    command: ClassVar = DIFF
    asked: Asked
    before: str
    after: str
    platform: str | None
    format: str
    read: bool
    unpack_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaRequest:
    """`ci-slim delta OLD NEW`."""

    command: ClassVar = DELTA
    asked: Asked
    old: str
    new: str
    platform: str | None
    output: str
    format: str
    tar_diff: str
    unpack_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerfileRequest:
    """`ci-slim dockerfile REPORT`."""

    command: ClassVar = DOCKERFILE
    asked: Asked
    report: str
    image: str | None
    dockerfile: str | None
    target: str | None
    output: str | None
    unpack_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviseRequest:
    """`ci-slim advise`. `asked` holds what is laid over the settings."""

    command: ClassVar = ADVISE
    asked: Asked
    config: str
    images: tuple[str, ...]
    format: str
    quiet: bool
    emulators: str | None
    write: bool
    all: bool
    quick: bool
    built: str | None
    budget_minutes: int
    at_least: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePlanRequest:
    """`ci-slim device plan`."""

    command: ClassVar = DEVICE_PLAN
    asked: Asked
    keep: tuple[str, ...]
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUnitsRequest:
    """`ci-slim device units IMAGE`."""

    command: ClassVar = DEVICE_UNITS
    asked: Asked
    image: str
    recreate: tuple[str, ...]
    restart: tuple[str, ...]
    probe: str | None
    every: float
    key: str | None
    engine: str
    output: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """`ci-slim check REPORT`."""

    command: ClassVar = CHECK
    asked: Asked
    report: str
    config: str
    format: str
    baseline: str | None
    fail_on: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """`ci-slim report REPORT…`."""

    command: ClassVar = REPORT
    asked: Asked
    reports: tuple[str, ...]
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """`ci-slim history REPORT|IMAGE…`."""

    command: ClassVar = HISTORY
    asked: Asked
    reports: tuple[str, ...]
    format: str | None
    output: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRequest:
    """`ci-slim push REPORT…`."""

    command: ClassVar = PUSH
    asked: Asked
    reports: tuple[str, ...]
    config: str
    images: tuple[str, ...]
    image_version: str | None
    attest: bool
    prune_deltas: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRequest:
    """`ci-slim comment REPORT…`."""

    command: ClassVar = COMMENT
    asked: Asked
    reports: tuple[str, ...]
    key: str | None
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HardenRequest:
    """`ci-slim harden REPORT|IMAGE`."""

    command: ClassVar = HARDEN
    asked: Asked
    target: str
    config: str
    images: tuple[str, ...]
    output: str | None
    format: str
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRequest:
    """`ci-slim clean`."""

    command: ClassVar = CLEAN
    asked: Asked
    remove: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InitRequest:
    """`ci-slim init`."""

    command: ClassVar = INIT
    asked: Asked
    yes: bool
    build: bool
    forge: Literal["github", "gitlab", "none"] | None
    platform: tuple[Platform, ...]
    secret: tuple[str, ...]
    budget_headroom: Headroom | None
    quiet: bool


Request = (
    RunRequest
    | BuildRequest
    | SlimRequest
    | MeasureRequest
    | DiffRequest
    | ExploreRequest
    | DeltaRequest
    | FleetRequest
    | DevicePlanRequest
    | DeviceUnitsRequest
    | DockerfileRequest
    | AdviseRequest
    | HardenRequest
    | CheckRequest
    | HistoryRequest
    | ReportRequest
    | PushRequest
    | CommentRequest
    | CleanRequest
    | InitRequest
)
"""The request of any command."""

REQUESTS: tuple[type[Request], ...] = (
    RunRequest,
    BuildRequest,
    SlimRequest,
    MeasureRequest,
    DiffRequest,
    ExploreRequest,
    DeltaRequest,
    FleetRequest,
    DevicePlanRequest,
    DeviceUnitsRequest,
    DockerfileRequest,
    AdviseRequest,
    HardenRequest,
    CheckRequest,
    HistoryRequest,
    ReportRequest,
    PushRequest,
    CommentRequest,
    CleanRequest,
    InitRequest,
)
