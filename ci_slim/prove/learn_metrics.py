"""Finds how a page of measurements lacks what several others have in common. Pure.

Prometheus reads pages of lines `name{labels} number` (its text format, and OpenMetrics). The
numbers are measured: two runs seldom give the same ones, and those that happen to be equal mean
nothing. What says whether all is there is which samples the page has, and what is on or off.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ci_slim.prove.learn_json import Difference

_TYPE = re.compile(r"# TYPE (\S+) (\w+)")
_SAMPLE = re.compile(
    r"([A-Za-z_:][\w:.]*+(?:\{.*\})?)[ \t]++"
    r"([+-]?(?:\d++(?:\.\d*+)?+(?:[eE][+-]?\d++)?+|Inf|NaN))(?:[ \t]++-?[\d.]++)?(?:[ \t]++#.*)?"
)
"""A sample, its number, the time at which it was measured, and an example."""

_SWITCH = frozenset((0.0, 1.0))


class Page(NamedTuple):
    """The samples of a page, each with its number, and the names that are gauges."""

    samples: dict[str, float]
    gauges: frozenset[str]


def read_metrics(text: str, *, cut: bool = False) -> Page | None:
    """The page of measurements in a text, or None if it is something else. With `cut`, its last
    line is only the beginning of one."""
    samples: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for line in text.splitlines()[: -1 if cut else None]:
        if found := _TYPE.match(line):
            kinds[found[1]] = found[2]
        elif found := _SAMPLE.fullmatch(line):
            samples[found[1]] = float(found[2])
        elif line.strip() and not line.startswith("#"):
            return None
    gauges = frozenset(name for name, kind in kinds.items() if kind == "gauge")
    return Page(samples, gauges) if kinds and samples else None


def metrics_differences(
    pages: Sequence[Page], page: Page, *, cut: bool = False
) -> Iterator[Difference]:
    """The samples that all pages have and this one lacks, and those that are on in all of them and
    off in this one, or the other way round. With `cut`, the pages end somewhere, so the last tenth
    of their samples is not compared."""
    first = pages[0].samples
    always = set(first).intersection(*(each.samples for each in pages))
    for sample in islice(first, len(first) * 9 // 10 if cut else None):
        if sample not in always:
            continue
        if sample not in page.samples:
            yield Difference(f"{sample} is missing")
            continue
        values = {each.samples[sample] for each in pages}
        switch = values <= _SWITCH and len(values) == 1
        value = page.samples[sample]
        if switch and value not in values and sample.partition("{")[0] in page.gauges:
            told = f"{sample} is {value:g}, in the fat image {first[sample]:g}"
            yield Difference(told, number=sample)
