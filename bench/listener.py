"""The Go listener in four steps: one stage, two stages, slim, packed with UPX."""

from collections.abc import Mapping
from typing import Any

from bench.runs import advised, fat, images, project, slim
from bench.table import Table, measured_on

PLATFORM = "linux/amd64"
"""The stand-in for golang:1.24 on the machines of this project has no other one."""
STEPS = {
    "one stage, with the toolchain": "486 MB",
    "two stages, by `advise --write`": "11 MB",
    "slim": "11 MB",
    "stripped and packed with UPX": "3.6 MB",
}
"""Each step, with the article's figure."""
KEYS = tuple(STEPS)
HEAD = ("step", "pull", "disk", "smaller", "article")
PACK = ("--strip", "--upx=/usr/local/bin/listener")


def measure() -> Table:
    """Measure the steps on one platform."""
    with project("listener", "listener.Dockerfile") as folder:
        before = images("build", folder, (PLATFORM,))[PLATFORM]
        text = advised(folder, (PLATFORM,))
        assert text.count("\nFROM ") == 2, text
        after = images("run", folder, (PLATFORM,))[PLATFORM]
        packed = images("run", folder, (PLATFORM,), *PACK)[PLATFORM]
    return table(before, after, packed)


def table(before: Mapping[str, Any], after: Mapping[str, Any], packed: Mapping[str, Any]) -> Table:
    """The rows of what the reports say: before the advice, after it, and packed."""
    assert packed["packed"] and packed["packed"]["files"], packed["packed"]
    steps = (fat(before), fat(after), slim(after), slim(packed))
    rows = (
        (step, *sizes.cells(steps[0]), article)
        for (step, article), sizes in zip(STEPS.items(), steps, strict=True)
    )
    return Table(measured_on(["strip", "--version"], ["upx", "--version"]), HEAD, tuple(rows))
