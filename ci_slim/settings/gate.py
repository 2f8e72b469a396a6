"""Settings → the rules that a change may loosen; and settings judged by other rules."""

from collections.abc import Collection
from dataclasses import replace

from ci_slim.judge.gate import ImageRules, Rules
from ci_slim.settings.values import ImageSettings, Settings


def rules_of(settings: Settings, fail_on: Collection[str]) -> Rules:
    """The rules in these settings; `fail_on` is what fails the run."""
    images = {image.name: _image(image) for image in settings.images}
    return Rules(images, frozenset(fail_on), settings.protect, settings.approval)


def _image(image: ImageSettings) -> ImageRules:
    return ImageRules(
        image.budget,
        {probe.name: probe for probe in image.probes},
        image.slim.keep,
        image.slim.drop,
        image.platforms,
        image.slim.enabled,
    )


def judged_by(settings: Settings, rules: Rules) -> Settings:
    """The same images, with the budgets of these rules."""
    images = (
        replace(image, budget=rules.images[image.name].budget)
        if image.name in rules.images
        else image
        for image in settings.images
    )
    return replace(settings, images=tuple(images))
