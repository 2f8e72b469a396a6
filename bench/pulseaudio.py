"""PulseAudio in three steps: as it is often written, with clean habits, slim."""

from collections.abc import Mapping
from typing import Any

from bench.runs import advised, fat, images, project, slim
from bench.table import Table, measured_on

PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v6")
STEPS = {
    "as it is often written": "226 MB",
    "clean habits, by `advise --write`": "86 MB",
    "slim": "22 MB",
}
"""Each step, with the article's figure: Ubuntu, the same with clean habits, and Alpine."""
KEYS = tuple(platform for platform in PLATFORMS for _ in STEPS)
HEAD = ("platform", "step", "pull", "disk", "smaller", "article")


def measure() -> Table:
    """Measure all platforms."""
    with project("pulseaudio", "pulseaudio.Dockerfile") as folder:
        before = images("build", folder, PLATFORMS)
        advised(folder, PLATFORMS)
        after = images("run", folder, PLATFORMS)
    return table(before, after)


def table(before: Mapping[str, Any], after: Mapping[str, Any]) -> Table:
    """The rows of what the reports say of each platform, before the advice and after it."""
    rows = []
    for platform in before:
        steps = (fat(before[platform]), fat(after[platform]), slim(after[platform]))
        for (step, article), sizes in zip(STEPS.items(), steps, strict=True):
            rows.append((platform, step, *sizes.cells(steps[0]), article))
    return Table(measured_on(), HEAD, tuple(rows), 2)
