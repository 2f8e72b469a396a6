"""Two Python applications on one base: what a device that has one of them fetches for the other."""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from bench.table import ROOT, Table, ci_slim, measured_on
from ci_slim import units

PLATFORM = "linux/amd64"
EXAMPLES = ("hello", "weather")
FORMS = ("fat", "slim")
NAME = "ci-slim-results"
KEYS = tuple(f"{form} {example}" for form in FORMS for example in EXAMPLES)
HEAD = ("image", "pull", "disk", "pull, if the other one is there", "both on one disk")


def measure() -> Table:
    """Build and slim both, and measure them together."""
    made = [f"{NAME}/{example}:{form}" for form in FORMS for example in EXAMPLES]
    try:
        for example in EXAMPLES:
            _make(example)
        rows = [row for form in FORMS for row in _rows(form)]
    finally:
        subprocess.run(["docker", "rmi", "--force", *made], capture_output=True)
    return Table(measured_on(), HEAD, tuple(rows))


def _make(example: str) -> None:
    config, platform = f"--config=examples/{example}/.ci-slim.yml", f"--platform={PLATFORM}"
    build = ["docker", "buildx", "build", "--quiet", "--load", "--provenance=false"]
    build += [f"--platform={PLATFORM}", f"--tag={NAME}/{example}:fat", f"examples/{example}"]
    subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    tag = f"--tag={NAME}/{example}:slim"
    ci_slim("run", "--quiet", "--baseline=none", "--fail-on=never", config, platform, tag)


def _rows(form: str) -> list[tuple[str, ...]]:
    names = [f"{NAME}/{example}:{form}" for example in EXAMPLES]
    orders = [json.loads(ci_slim("measure", "--format=json", *each)) for each in
              (names[::-1], names)]  # fmt: skip
    return [
        _row(f"{form} {example}", found) for example, found in zip(EXAMPLES, orders, strict=True)
    ]


def _row(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    """The second image of two that were measured together."""
    image, (update,) = found["images"][1], found["updates"]
    (together,) = found["together"]
    assert together["measure"] == "disk", together
    return (
        name,
        _pull(image["pull_bytes"], exact=image["pull_exact"]),
        units.size(image["disk_bytes"]),
        _pull(update["update_bytes"], exact=update["update_exact"]),
        units.size(together["together_bytes"]),
    )


def _pull(size: int, *, exact: bool) -> str:
    return f"{'' if exact else '≈'}{units.size(size)}"
