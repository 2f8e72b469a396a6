"""`ci-slim check`: a report held against budgets once more."""

from collections.abc import Mapping
from dataclasses import replace

from ci_slim.baselines import Baselines
from ci_slim.errors import UsageError
from ci_slim.judge.budget import BudgetRules
from ci_slim.report import platform
from ci_slim.result import ImageReport, Report


def recheck(
    report: Report, rules: Mapping[str, BudgetRules] | BudgetRules, baselines: Baselines | None
) -> Report:
    """The report with new verdicts. `rules` are the budgets by image, or one for them all; the
    baseline stays the one of the report where none is given.

    UsageError for an image that has no budget because the settings do not know it.
    """
    images = []
    for image in report.images:
        budget = rules if isinstance(rules, BudgetRules) else _of(rules, image)
        platforms = image.platforms
        if baselines is not None:
            platforms = tuple(baselines.compared(image.name, p) for p in platforms)
        judged = tuple(platform.judged(p, budget) for p in platforms)
        images.append(ImageReport(image.name, judged))
    return replace(report, images=tuple(images))


def _of(rules: Mapping[str, BudgetRules], image: ImageReport) -> BudgetRules:
    if image.name not in rules:
        raise UsageError(
            f"the report is of the image {image.name!a}, which the settings file does not have",
            where="--config",
            hint=f"known there: {', '.join(rules)}",
        )
    return rules[image.name]
