"""Sizes over time, as a table, and as a chart in Markdown. `history_picture` draws them. Pure.

The chart is in Mermaid, which GitHub and GitLab draw. Mermaid has no legend, so a chart shows only
one platform.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ci_slim.report.cells import about
from ci_slim.report.columns import table
from ci_slim.report.foreign import code, visible
from ci_slim.result import Origin, PlatformReport, Point, Report
from ci_slim.units import size

_TAG = re.compile(r"[A-Za-z0-9._+-]{1,20}")
CHART_LEAST, CHART_MOST = 3, 12
"""The fewest and the most runs of a chart."""


@dataclass(frozen=True, slots=True)
class Series:
    """The runs of one image on one platform, oldest first; `limit` is for the pull size."""

    image: str
    platform: str
    points: tuple[Point, ...]
    limit: int | None = None


def series(reports: Sequence[Report]) -> tuple[Series, ...]:
    """For every image and platform: the runs of these reports and of their histories, without
    duplicates. The limits are those of the newest report."""
    found: dict[tuple[str, str], dict[tuple[str, str], Point]] = {}
    limits: dict[tuple[str, str], int | None] = {}
    for report in sorted(reports, key=lambda each: each.created):
        for image in report.images:
            for p in image.platforms:
                name = image.name, str(p.platform)
                limits[name] = _limit(p)
                known = found.setdefault(name, {})
                for point in (*p.history, *_now(report, p)):
                    run = point.created, point.commit
                    known[run] = point if point.release else known.get(run, point)
    return tuple(
        Series(*name, _released(points.values()), limits[name])
        for name, points in found.items()
        if points
    )


def _now(report: Report, p: PlatformReport) -> Iterable[Point]:
    if p.result is not None:
        origin, now = report.origin or Origin(), p.result
        yield Point(report.created, origin.commit, now.pull_bytes, now.disk_bytes, origin.tag)


def _released(points: Iterable[Point]) -> tuple[Point, ...]:
    """The runs by time. The run of a tag marks the branch's run of the same commit."""
    known = sorted(points, key=lambda each: each.created)
    tags = {point.commit: point.release for point in known if point.release and point.commit}
    runs = {point.commit for point in known if not point.release}
    return tuple(
        replace(point, release=point.release or tags.get(point.commit, ""))
        for point in known
        if not (point.release and point.commit in runs)
    )


def _limit(p: PlatformReport) -> int | None:
    return next((verdict.limit for verdict in p.verdicts if verdict.rule == "pull"), None)


def to_text(found: Sequence[Series]) -> str:
    """A table for each image and platform."""
    blocks = []
    for each in found:
        marked = any(point.release for point in each.points)
        head = ("time", "commit", "pull", "disk", *(("release",) if marked else ()))
        rows = [
            (point.created, point.commit[:12], about(point.pull_bytes, True),
             about(point.disk_bytes, True), *((visible(point.release, 40),) if marked else ()))
            for point in each.points
        ]  # fmt: skip
        limit = f", limit {size(each.limit)} to pull" if each.limit is not None else ""
        blocks.append(f"{visible(each.image, 80)} {visible(each.platform, 40)}{limit}")
        blocks.append(table(rows, head, right=(2, 3)))
    return "\n\n".join(blocks) + "\n" if blocks else "No run has measured anything.\n"


def to_markdown(found: Sequence[Series]) -> str:
    """A chart for each image and platform with enough runs."""
    charts = (f"{code(each.image, 80)} {code(each.platform, 40)}\n\n{chart(each)}"
              for each in found if len(pulled(each)) >= CHART_LEAST)  # fmt: skip
    return "\n".join(charts) or "There are too few runs for a chart.\n"


def chart(of: Series) -> str:
    """The pull sizes of the newest runs as a Mermaid block. The limit is a second line."""
    points = pulled(of)[-CHART_MOST:]
    values = [pull for _, pull in points]
    unit, scale = ("kB", 1e3) if max(values) < 10**6 else ("MB", 1e6)
    limit = of.limit if of.limit is not None and of.limit <= 2 * max(values) else None
    edges = [*values, *([limit] if limit is not None else [])]
    names = ", ".join(f'"{run_name(point)}"' for point, _ in points)
    lines = [values, *([[limit] * len(values)] if limit is not None else [])]
    drawn = "\n".join(f"  line [{', '.join(f'{n / scale:.3f}' for n in line)}]" for line in lines)
    low, high = min(edges) * 0.95 / scale, max(edges) * 1.05 / scale
    return (
        f"```mermaid\nxychart-beta\n  x-axis [{names}]\n"
        f'  y-axis "pull in {unit}" {low:.3f} --> {high:.3f}\n{drawn}\n```\n'
    )


def pulled(of: Series) -> list[tuple[Point, int]]:
    """The runs whose pull size is known, with that size."""
    return [(point, point.pull_bytes) for point in of.points if point.pull_bytes is not None]


def run_name(point: Point) -> str:
    """The name of a run: a simple tag, hexadecimal digits or a date, so it needs no escaping."""
    if _TAG.fullmatch(point.release):
        return point.release
    return point.commit[:7] if point.commit else point.created[:10]
