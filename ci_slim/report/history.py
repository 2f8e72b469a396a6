"""Sizes over time, as a table, a picture, and a chart in Markdown. Pure.

The chart is in Mermaid, which GitHub and GitLab draw. Mermaid has no legend, so a chart shows only
one platform.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ci_slim.report.cells import about
from ci_slim.report.columns import table
from ci_slim.report.foreign import code, visible
from ci_slim.result import PlatformReport, Point, Report
from ci_slim.units import size

CHART_LEAST, CHART_MOST = 3, 12
"""The fewest and the most runs of a chart."""
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 220, 80, 28, 40
_STEPS = 4


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
                    known.setdefault((point.created, point.commit), point)
    return tuple(
        Series(*name, tuple(sorted(points.values(), key=lambda each: each.created)), limits[name])
        for name, points in found.items()
        if points
    )


def _now(report: Report, p: PlatformReport) -> Iterable[Point]:
    if p.result is not None:
        commit = report.origin.commit if report.origin is not None else ""
        yield Point(report.created, commit, p.result.pull_bytes, p.result.disk_bytes)


def _limit(p: PlatformReport) -> int | None:
    return next((verdict.limit for verdict in p.verdicts if verdict.rule == "pull"), None)


def to_text(found: Sequence[Series]) -> str:
    """A table for each image and platform."""
    blocks = []
    for each in found:
        rows = [
            (point.created, point.commit[:12], about(point.pull_bytes, True),
             about(point.disk_bytes, True))
            for point in each.points
        ]  # fmt: skip
        limit = f", limit {size(each.limit)} to pull" if each.limit is not None else ""
        blocks.append(f"{visible(each.image, 80)} {visible(each.platform, 40)}{limit}")
        blocks.append(table(rows, ("time", "commit", "pull", "disk"), right=(2, 3)))
    return "\n\n".join(blocks) + "\n" if blocks else "No run has measured anything.\n"


def to_markdown(found: Sequence[Series]) -> str:
    """A chart for each image and platform with enough runs."""
    charts = (f"{code(each.image, 80)} {code(each.platform, 40)}\n\n{chart(each)}"
              for each in found if len(_pulled(each)) >= CHART_LEAST)  # fmt: skip
    return "\n".join(charts) or "There are too few runs for a chart.\n"


def chart(of: Series) -> str:
    """The pull sizes of the newest runs as a Mermaid block. The limit is a second line."""
    points = _pulled(of)[-CHART_MOST:]
    values = [pull for _, pull in points]
    unit, scale = ("kB", 1e3) if max(values) < 10**6 else ("MB", 1e6)
    limit = of.limit if of.limit is not None and of.limit <= 2 * max(values) else None
    edges = [*values, *([limit] if limit is not None else [])]
    names = ", ".join(f'"{_name(point)}"' for point, _ in points)
    lines = [values, *([[limit] * len(values)] if limit is not None else [])]
    drawn = "\n".join(f"  line [{', '.join(f'{n / scale:.3f}' for n in line)}]" for line in lines)
    low, high = min(edges) * 0.95 / scale, max(edges) * 1.05 / scale
    return (
        f"```mermaid\nxychart-beta\n  x-axis [{names}]\n"
        f'  y-axis "pull in {unit}" {low:.3f} --> {high:.3f}\n{drawn}\n```\n'
    )


def to_svg(found: Sequence[Series]) -> str:
    """A picture with the pull sizes of each image and platform, and a line for the limit. It has no
    style and no script, and its text has the colour of the text around it."""
    drawn = [each for each in found if _pulled(each)]
    high = (_HEIGHT + _TOP) * max(len(drawn), 1)
    parts = "".join(
        f'<g transform="translate(0 {number * (_HEIGHT + _TOP)})">{_plot(each)}</g>'
        for number, each in enumerate(drawn)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {high}" width="{_WIDTH}" '
        f'height="{high}" role="img" aria-label="Pull sizes over time" fill="currentColor" '
        f'color="#6e7781" font-family="sans-serif" font-size="12">{parts}</svg>'
    )


def _plot(of: Series) -> str:
    points = _pulled(of)
    values = [pull for _, pull in points] + ([of.limit] if of.limit is not None else [])
    low, high = min(values) * 0.95, max(values) * 1.05 or 1.0
    across = (_WIDTH - _LEFT - 20) / max(len(points) - 1, 1)
    deep = _HEIGHT - _TOP - _BOTTOM

    def y(value: float) -> float:
        return _TOP + deep * (1 - (value - low) / ((high - low) or 1))

    title = html.escape(visible(f"{of.image} on {of.platform}", 100))
    parts = [f'<text x="0" y="14" font-weight="bold">{title}</text>']
    for step in range(_STEPS):
        value = low + (high - low) * step / (_STEPS - 1)
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">'
            f"{size(round(value))}</text>"
            f'<path d="M{_LEFT} {y(value):.1f}H{_WIDTH - 20}" stroke="currentColor" '
            'stroke-opacity="0.25"/>'
        )
    if of.limit is not None:
        parts.append(
            f'<path d="M{_LEFT} {y(of.limit):.1f}H{_WIDTH - 20}" stroke="#d1242f" '
            f'stroke-dasharray="6 4"/><text x="{_WIDTH - 20}" y="{y(of.limit) - 4:.1f}" '
            f'text-anchor="end" fill="#d1242f">limit {size(of.limit)}</text>'
        )
    at = [(_LEFT + number * across, y(pull)) for number, (_, pull) in enumerate(points)]
    line = " ".join(f"{left:.1f},{top:.1f}" for left, top in at)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#0969da" stroke-width="2"/>')
    for (left, top), (point, pull) in zip(at, points, strict=True):
        told = html.escape(f"{_name(point)}: {size(pull)}")
        parts.append(
            f'<circle cx="{left:.1f}" cy="{top:.1f}" r="4" fill="#0969da"><title>{told}</title>'
            "</circle>"
        )
    ends = [(at[0][0], "start", points[0][0])]
    if len(points) > 1:
        ends.append((at[-1][0], "end", points[-1][0]))
    for left, anchor, point in ends:
        parts.append(
            f'<text x="{left:.1f}" y="{_HEIGHT - 18}" text-anchor="{anchor}">{_name(point)}</text>'
        )
    return "".join(parts)


def _pulled(of: Series) -> list[tuple[Point, int]]:
    return [(point, point.pull_bytes) for point in of.points if point.pull_bytes is not None]


def _name(point: Point) -> str:
    """The name of a run: hexadecimal digits or a date, so it needs no escaping."""
    return point.commit[:7] if point.commit else point.created[:10]
