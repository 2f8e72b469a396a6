"""What the settings file and the flags say, as values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ci_slim.judge.budget import BudgetRules
from ci_slim.judge.gate import Approval
from ci_slim.platforms import Platform
from ci_slim.probes import Probe
from ci_slim.settings.plans import BuildPlan, RunPlan, SlimPlan


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """What is wanted of one image. Exactly one of `build` and `source` is given.

    `platforms` is empty for the daemon's own; `tag` and the further `tags` may hold `{version}`;
    `annotations` are those of what is pushed; `where` is the place of the image in the settings
    file.
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
    """The releases that deltas are made from: how many of the last, or their tags."""
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BaselineSettings:
    """Where the baseline is looked for, in this order, the branch it belongs to, and the file that
    the source `file` stands for."""

    sources: tuple[str, ...]
    ref: str | None
    file: str = "ci-slim-baseline.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is wanted, in the order of the file."""

    images: tuple[ImageSettings, ...]
    baseline: BaselineSettings
    fail_on: tuple[str, ...] = ()
    """What fails besides errors; empty where the file does not say."""
    protect: bool = False
    approval: Approval = field(default_factory=Approval)


def without_slimming(settings: Settings) -> Settings:
    """The same images, only built and judged."""
    images = (replace(image, slim=replace(image.slim, enabled=False)) for image in settings.images)
    return replace(settings, images=tuple(images))


def with_own_platforms(
    settings: Settings, own: Callable[[str], Platform | None], daemon: Platform
) -> Settings:
    """Existing images without platforms are taken as what they are; `daemon` where `own` cannot
    tell, and for images that are built."""

    def platforms(image: ImageSettings) -> tuple[Platform, ...]:
        if image.platforms:
            return image.platforms
        return ((image.source and own(image.source)) or daemon,)

    images = (replace(image, platforms=platforms(image)) for image in settings.images)
    return replace(settings, images=tuple(images))
