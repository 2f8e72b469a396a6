"""Details of every platform: probes, limits, reasons, digests, layers."""

from ci_slim.report.against import baselines, missing_baselines
from ci_slim.report.details import SECTIONS
from ci_slim.report.folds.fold import Room, Said, folded
from ci_slim.report.foreign import code, plain
from ci_slim.report.history import CHART_LEAST, chart, series
from ci_slim.report.summary import ran
from ci_slim.result import ImageReport, PlatformReport, Report
from ci_slim.units import count

_PLATFORMS = 50
"""The most platforms of all images together."""
_BASELINES, _DIGESTS, _CHARTS = 5, 10, 3


def said(report: Report, room: Room) -> Said | None:
    """A fold for each platform, and which baseline was used, or which places were searched."""
    kinds = SECTIONS[: room.kinds]
    every = [(image, p) for image in report.images for p in image.platforms]
    shown, left = every[:_PLATFORMS], len(every) - _PLATFORMS
    several = len(report.images) > 1
    folds = [_platform(image, p, room, several) for image, p in shown]
    more = f"{count(left, 'platform')} more in the report.\n" if left > 0 and kinds else ""
    charts = _charts(report) if room.kinds else []
    body = "\n".join(filter(None, [*_baselines(report, room.signs), *charts, *folds, more]))
    names = [name for name, render in kinds if any(render(p) for _, p in shown)]
    return Said(", ".join(names), body) if body else None


def _charts(report: Report) -> list[str]:
    """For each image, a chart of the last pull sizes of the platform that is now the largest."""
    found = [each for each in series([report]) if len(each.points) >= CHART_LEAST]
    lines = []
    for image in report.images[:_CHARTS]:
        own = [each for each in found if each.image == image.name]
        if own:
            largest = max(own, key=lambda each: each.points[-1].pull_bytes or 0)
            title = f"{plain(image.name, 100)}, " if len(report.images) > 1 else ""
            lines.append(f"{title}{plain(largest.platform, 60)}, last runs:\n\n{chart(largest)}")
    return lines


def _platform(image: ImageReport, p: PlatformReport, room: Room, several: bool) -> str:
    parts = [render(p) for _, render in SECTIONS[: room.kinds]]
    body = "\n".join(part for part in parts if part)
    if not body:
        return ""
    title = f"{plain(image.name, 100)}, " if several else ""
    how = "".join(f" ({word})" for word in map(plain, ran(p)))
    return folded(f"{title}{plain(str(p.platform), 60)}{how}", body)


def _baselines(report: Report, signs: int) -> list[str]:
    """Which baseline was used, or which places were searched."""
    lines = []
    for found in baselines(report)[:_BASELINES]:
        digests = [
            f"{plain(platform, 60)} {code(digest.partition(':')[2][:12]) or 'without a digest'}"
            for platform, digest in found.digests[:_DIGESTS]
        ]
        if len(found.digests) > _DIGESTS:
            digests.append(f"{len(found.digests) - _DIGESTS} more")
        name = f"{code(found.reference, signs)}, " if found.reference else ""
        lines.append(f"Baseline: {plain(found.source, signs)}: {name}{', '.join(digests)}\n")
    for missing in missing_baselines(report)[:_BASELINES]:
        if missing.sentence:
            lines.append(f"Looked for a baseline: {plain(missing.why, 4 * signs)}\n")
    return lines
