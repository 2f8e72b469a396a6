"""Several reports as one: what a matrix of jobs, one a platform, has found."""

from collections.abc import Sequence

from ci_slim.errors import UsageError
from ci_slim.report.model import ImageReport, Report


def merge(reports: Sequence[Report]) -> Report:
    """One report of all images; the platforms of an image of the same name are joined, sorted.

    Images stand in the order in which they are first met; tool and time are the newest report's.
    UsageError when an image has the same platform in two reports: which one holds is not ours to
    guess.
    """
    if not reports:
        raise UsageError("there is no report to merge", hint="Name at least one report.json.")
    joined: dict[str, ImageReport] = {}
    for report in reports:
        for image in report.images:
            known = joined.get(image.name)
            joined[image.name] = image if known is None else _join(known, image)
    newest = max(reports, key=lambda report: report.created)
    problems = tuple(problem for report in reports for problem in report.problems)
    return Report(newest.tool, newest.created, tuple(joined.values()), problems)


def _join(one: ImageReport, other: ImageReport) -> ImageReport:
    twice = {p.platform for p in one.platforms} & {p.platform for p in other.platforms}
    if twice:
        raise UsageError(
            f"two reports have {min(twice)} of the image {one.name!a}",
            hint="Give each platform's report once.",
        )
    platforms = sorted(one.platforms + other.platforms, key=lambda p: p.platform)
    return ImageReport(one.name, tuple(platforms))
