"""`ci-slim check`: judge a report against budgets again."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ci_slim import baselines, settings
from ci_slim.baselines import Baselines
from ci_slim.commands.edge import Edge, read_report
from ci_slim.commands.exit import exit_code, show_result
from ci_slim.errors import UsageError
from ci_slim.judge.budget import BudgetRules
from ci_slim.report import platform, render
from ci_slim.requests import CheckRequest
from ci_slim.result import ImageReport, Report


def check(request: CheckRequest, edge: Edge) -> int:
    """Show a report with new verdicts. Returns the exit code: 1 if a verdict fails the run.

    The budgets are those of the settings file, or only those of the flag if there is no file.
    """
    asked = request.asked
    rules: Mapping[str, BudgetRules] | BudgetRules
    if asked.gave("budget") and not asked.gave("config") and not Path(request.config).exists():
        known = settings.from_flags("any", asked, edge.environment)
        rules = known.images[0].budget
    else:
        known = settings.load(request.config, edge.environment, asked)
        rules = {image.name: image.budget for image in known.images}
    against = None  # the report has its own baseline
    if request.baseline:
        against = baselines.choose(request.baseline, known, edge.environment, settings.read_file)
    made = recheck(read_report(request.report), rules, against)
    code = exit_code(made, (), request.fail_on)
    return show_result(render(made, request.format), code, edge.hide)


def recheck(
    report: Report, rules: Mapping[str, BudgetRules] | BudgetRules, baselines: Baselines | None
) -> Report:
    """The report with new verdicts. `rules` are the budgets by image, or one for all images.
    Without `baselines`, the report keeps its own baseline.

    Raises UsageError for an image that the settings do not have.
    """
    images = []
    for image in report.images:
        budget = rules if isinstance(rules, BudgetRules) else _of(rules, image)
        platforms = image.platforms
        if baselines is not None:
            platforms = tuple(baselines.compared(image.name, p) for p in platforms)
        images.append(
            platform.all_judged(replace(image, platforms=platforms), budget, report.images)
        )
    return replace(report, images=tuple(images))


def _of(rules: Mapping[str, BudgetRules], image: ImageReport) -> BudgetRules:
    if image.name not in rules:
        raise UsageError(
            f"the report has the image {image.name!a}, but the settings file does not",
            where="--config",
            hint=f"the settings file has: {', '.join(rules)}",
        )
    return rules[image.name]
