"""Runs of ci-slim on a copy of an example, and the sizes that their reports hold."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.table import ROOT, ci_slim
from ci_slim import units

IMAGES = ROOT / "bench" / "images"


@dataclass(frozen=True, slots=True)
class Sizes:
    """An image's bytes to pull and on disk; `exact` says whether the first are measured."""

    pull: int
    disk: int
    exact: bool

    def cells(self, first: "Sizes") -> tuple[str, str, str]:
        """Pull, disk, and how much smaller the disk is than that of the first image."""
        mark = "" if self.exact else "≈"
        smaller = "" if self is first else units.factor(first.disk, self.disk)
        return f"{mark}{units.size(self.pull)}", units.size(self.disk), smaller


@contextmanager
def project(example: str, dockerfile: str) -> Iterator[Path]:
    """A copy of an example with another Dockerfile, one of bench/images."""
    with tempfile.TemporaryDirectory(prefix="ci-slim-results-") as made:
        folder = Path(made, example)
        shutil.copytree(ROOT / "examples" / example, folder)
        shutil.copyfile(IMAGES / dockerfile, folder / "Dockerfile")
        yield folder


def advised(folder: Path, platforms: tuple[str, ...]) -> str:
    """Let `ci-slim advise --write` change the Dockerfile. Returns its new text."""
    flags = [f"--platform={each}" for each in platforms]
    ci_slim("advise", "--write", "--quiet", "--budget-minutes=60", *flags, cwd=folder)
    return (folder / "Dockerfile").read_text("utf-8")


def images(
    command: str, folder: Path, platforms: tuple[str, ...], *flags: str
) -> dict[str, Mapping[str, Any]]:
    """The report's value for each platform after `ci-slim build` or `ci-slim run`."""
    report = folder / "report.json"
    flags += ("--quiet", "--baseline=none", "--fail-on=never", f"--report={report}")
    ci_slim(command, *flags, *(f"--platform={each}" for each in platforms), cwd=folder)
    (image,) = json.loads(report.read_text("utf-8"))["images"]
    return {each["platform"]: each for each in image["platforms"]}


def fat(platform: Mapping[str, Any]) -> Sizes:
    """The image as it was built."""
    return _sizes(platform["fat"])


def slim(platform: Mapping[str, Any]) -> Sizes:
    """The slim image; the fat one if it could not be made smaller."""
    return _sizes(platform["slim"] or platform["fat"])


def _sizes(found: Mapping[str, Any]) -> Sizes:
    return Sizes(found["pull_bytes"], found["disk_bytes"], found["pull_exact"])
