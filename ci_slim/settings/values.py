"""The settings of the file and the flags, as values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ci_slim.judge.budget import BudgetRules
from ci_slim.judge.gate import Approval
from ci_slim.platforms import Platform
from ci_slim.probes import Probe
from ci_slim.result import Device
from ci_slim.settings.plans import BuildPlan, RunPlan, SlimPlan


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """The settings of one image. It has either `build` or `source`.

    `platforms` is empty for the daemon's own platform. `tag` and `tags` may contain `{version}`.
    `annotations` are for the pushed index. `where` is the place of the image in the settings file.
    """

    name: str
    where: str
    build: BuildPlan | None
    source: str | None
    tag: str | None
    platforms: tuple[Platform, ...]
    run: RunPlan
    probes: tuple[Probe, ...]
    slim: SlimPlan
    budget: BudgetRules
    tags: tuple[str, ...] = ()
    deltas_from: int | tuple[str, ...] | None = None
    """The releases that deltas are made from: the number of latest releases, or their tags."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    unpack_limit: int | None = None
    """The most bytes to which a layer may unpack; None for the usual limits."""


@dataclass(frozen=True, slots=True)
class BaselineSettings:
    """The places to look for the baseline, in this order; the branch that it belongs to; and the
    path for the source `file`."""

    sources: tuple[str, ...]
    ref: str | None
    file: str = "ci-slim-baseline.json"


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """The Docker hosts on real hardware, by platform, and the image that tools for them come from;
    None: ci-slim's own."""

    hosts: Mapping[Platform, str] = field(default_factory=dict)
    tools: str | None = None


@dataclass(frozen=True, slots=True)
class AdviseSettings:
    """The base images that advice tries besides those of its own table, by patterns of the present
    base; and patterns of those of the table that it does not try."""

    bases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without_bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. The images are in the order of the file."""

    images: tuple[ImageSettings, ...]
    baseline: BaselineSettings
    fail_on: tuple[str, ...] = ()
    """What fails the run besides errors; empty if the file does not say."""
    protect: bool = False
    approval: Approval = field(default_factory=Approval)
    device: Device | None = None
    """None where the file does not speak of devices."""
    remote: RemoteSettings = RemoteSettings()
    advise: AdviseSettings = AdviseSettings()


def without_slimming(settings: Settings) -> Settings:
    """The same images, only built and judged."""
    images = (replace(image, slim=replace(image.slim, enabled=False)) for image in settings.images)
    return replace(settings, images=tuple(images))


def with_own_platforms(
    settings: Settings, own: Callable[[str], Platform | None], daemon: Platform
) -> Settings:
    """Add the platform of images that have none: for an existing image its own platform, as `own`
    finds it; for an image that is built, or if `own` does not know, the platform of the daemon."""

    def platforms(image: ImageSettings) -> tuple[Platform, ...]:
        if image.platforms:
            return image.platforms
        return ((image.source and own(image.source)) or daemon,)

    images = (replace(image, platforms=platforms(image)) for image in settings.images)
    return replace(settings, images=tuple(images))
