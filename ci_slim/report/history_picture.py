"""Sizes over time as a picture, in SVG. Pure.

Its shapes have no style and no script, and its text has the colour of the text around it.
"""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ci_slim.report.foreign import visible
from ci_slim.report.history import Series, pulled, run_name
from ci_slim.result import Point
from ci_slim.units import size

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 248, 80, 700, 52, 36
_STEPS = 4
_NAME_WIDTH = 90
"""The least space between the starts of two names of releases."""


def height(found: Sequence[Series]) -> int:
    """The height of the picture in pixels, which has one plot for each series."""
    return _HEIGHT * max(len([each for each in found if pulled(each)]), 1)


def to_svg(found: Sequence[Series]) -> str:
    """A picture with the pull sizes of each image and platform, a line for the limit, and a mark
    for each release."""
    drawn = [each for each in found if pulled(each)]
    parts = (
        "".join(
            f'<g transform="translate(0 {number * _HEIGHT})">{"".join(_plot(each))}</g>'
            for number, each in enumerate(drawn)
        )
        or '<text x="0" y="14">No run has measured anything.</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height(found)}" '
        f'width="{_WIDTH}" height="{height(found)}" role="img" aria-label="Pull sizes over time" '
        f'fill="currentColor" color="#6e7781" font-family="sans-serif" font-size="12">'
        f"{parts}</svg>"
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a number of bytes is in a plot."""

    low: float
    high: float

    def y(self, value: float) -> float:
        deep = _HEIGHT - _TOP - _BOTTOM
        return _TOP + deep * (1 - (value - self.low) / ((self.high - self.low) or 1))


def _plot(of: Series) -> Iterator[str]:
    points = pulled(of)
    values = [pull for _, pull in points] + ([of.limit] if of.limit is not None else [])
    scale = _Scale(min(values) * 0.95, max(values) * 1.05 or 1.0)
    title = html.escape(visible(f"{of.image} on {of.platform}", 100))
    yield f'<text x="0" y="14" font-weight="bold">{title}</text>'
    yield from _steps(scale)
    if of.limit is not None:
        yield from _limit(of.limit, scale)
    across = (_RIGHT - _LEFT) / max(len(points) - 1, 1)
    at = [
        (_LEFT + number * across, scale.y(pull), point, pull)
        for number, (point, pull) in enumerate(points)
    ]
    yield from _releases([(left, point) for left, _, point, _ in at if point.release])
    line = " ".join(f"{left:.1f},{top:.1f}" for left, top, _, _ in at)
    yield f'<polyline points="{line}" fill="none" stroke="#0969da" stroke-width="2"/>'
    for left, top, point, pull in at:
        told = html.escape(f"{run_name(point)}: {size(pull)}")
        yield (
            f'<circle cx="{left:.1f}" cy="{top:.1f}" r="4" fill="#0969da"><title>{told}</title>'
            "</circle>"
        )
    yield from _ends([(left, point) for left, _, point, _ in at])


def _steps(scale: _Scale) -> Iterator[str]:
    for step in range(_STEPS):
        value = scale.low + (scale.high - scale.low) * step / (_STEPS - 1)
        yield (
            f'<text x="{_LEFT - 8}" y="{scale.y(value) + 4:.1f}" text-anchor="end">'
            f"{size(round(value))}</text>"
            f'<path d="M{_LEFT} {scale.y(value):.1f}H{_RIGHT}" stroke="currentColor" '
            'stroke-opacity="0.25"/>'
        )


def _limit(limit: int, scale: _Scale) -> Iterator[str]:
    y = scale.y(limit)
    yield (
        f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="#d1242f" stroke-dasharray="6 4"/>'
        f'<text x="{_RIGHT}" y="{y - 4:.1f}" text-anchor="end" fill="#d1242f">'
        f"limit {size(limit)}</text>"
    )


def _releases(marked: Sequence[tuple[float, Point]]) -> Iterator[str]:
    """A line at each release. Its name stands above it, if there is room after the last one."""
    free = float(_LEFT)
    for left, point in marked:
        yield (
            f'<path d="M{left:.1f} {_TOP - 8}V{_HEIGHT - _BOTTOM}" stroke="#8250df" '
            'stroke-dasharray="2 3"/>'
        )
        if left >= free:
            end = left > _RIGHT - _NAME_WIDTH
            yield (
                f'<text x="{left:.1f}" y="{_TOP - 12}" fill="#8250df" '
                f'text-anchor="{"end" if end else "start"}">'
                f"{html.escape(visible(point.release, 12))}</text>"
            )
            free = left + _NAME_WIDTH


def _ends(at: Sequence[tuple[float, Point]]) -> Iterator[str]:
    """The names of the first and the last run."""
    shown = [("start", at[0]), ("end", at[-1])][: len(at)]
    for anchor, (left, point) in shown:
        yield (
            f'<text x="{left:.1f}" y="{_HEIGHT - 16}" text-anchor="{anchor}">{run_name(point)}'
            "</text>"
        )
