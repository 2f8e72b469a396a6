"""What the settings file and the flags say, as values."""

from dataclasses import dataclass, replace

from ci_slim.judge.budget import BudgetRules
from ci_slim.plan import BuildPlan, RunPlan, SlimPlan
from ci_slim.platforms import Platform
from ci_slim.slim.probes import Probe


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """What is wanted of one image. Exactly one of `build` and `source` is given.

    `platforms` is empty for the daemon's own; `tag` may hold `{version}`; `where` is the place of
    the image in the settings file.
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


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where the baseline is looked for, in this order, and the branch it belongs to."""

    sources: tuple[str, ...]
    ref: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is wanted, in the order of the file."""

    images: tuple[ImageSettings, ...]
    baseline: Baseline


def without_slimming(settings: Settings) -> Settings:
    """The same images, only built and judged."""
    images = (replace(image, slim=replace(image.slim, enabled=False)) for image in settings.images)
    return replace(settings, images=tuple(images))
