"""Every example, slimmed with its own probes. Its comment and its map are written beside it."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import explorer
from bench.maps import photograph
from bench.table import ROOT, Table, ci_slim, measured_on
from ci_slim import units
from ci_slim.report import render
from ci_slim.report.json import from_json

EXAMPLES = ROOT / "examples"
NAMES = ("listener", "pulseaudio", "hello", "weather", "fastapi", "node", "compose")
PLATFORM = "linux/amd64"
SERVICES = ("database", "broker")
"""What `docker compose build` would make of examples/compose."""
KEYS = tuple(f"[{name}](../examples/{name}/README.md)" for name in (*NAMES, "compose", "compose"))
HEAD = ("example", "image", "pull, fat", "pull, slim", "smaller", "disk, fat", "disk, slim",
        "probes", "seconds")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One image of an example: its report, and how long it took."""

    example: str
    image: str
    platform: Mapping[str, Any]

    def cells(self) -> tuple[str, ...]:
        """The cells of the table."""
        fat, slim = self.platform["fat"], self.platform["slim"] or self.platform["fat"]
        pull = [each["pull_bytes"] for each in (fat, slim)]
        disk = [each["disk_bytes"] for each in (fat, slim)]
        mark = "" if fat["pull_exact"] else "≈"
        seconds = sum(
            took or 0 for name, took in self.platform["seconds"].items() if name != "build"
        )
        return (
            f"[{self.example}](../examples/{self.example}/README.md)",
            self.image,
            f"{mark}{units.size(pull[0])}",
            units.size(pull[1]),
            units.factor(*pull),
            units.size(disk[0]),
            units.size(disk[1]),
            str(len(self.platform["probes"])),
            f"{seconds:.0f}",
        )


def measure() -> Table:
    """Slim all of them."""
    said = f"{measured_on()} The images are for {PLATFORM}; seconds are without the build."
    return Table(said, HEAD, tuple(row.cells() for name in NAMES for row in run(name)), 2)


def run(name: str) -> Iterator[Row]:
    """Slim the images of an example."""
    made = services() if name == "compose" else ()
    with tempfile.TemporaryDirectory() as folder:
        report, page = Path(folder, "report.json"), Path(folder, "report.html")
        argv = ["run", "--quiet", f"--platform={PLATFORM}", "--baseline=none"]
        argv += [f"--config=examples/{name}/.ci-slim.yml", f"--output={folder}"]
        try:
            ci_slim(*argv)
        finally:
            for image in made:
                subprocess.run(["docker", "rmi", "--force", image], capture_output=True)
        made_report = report.read_text()
        comment = render(from_json(made_report, str(report)), "markdown")
        (EXAMPLES / name / "comment.md").write_text(comment, "utf-8")
        photograph(page, EXAMPLES / name / "map.png")
        if name == "fastapi":
            explorer.photograph(report)
        for image in json.loads(made_report)["images"]:
            (only,) = image["platforms"]
            yield Row(name, image["name"], only)


def services() -> tuple[str, ...]:
    """The images that the example talks to while it is probed."""
    for service in SERVICES:
        argv = ["docker", "buildx", "build", "--quiet", "--load", "--provenance=false"]
        argv += ["--tag", f"orders-{service}", str(EXAMPLES / "compose" / service)]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return tuple(f"orders-{service}" for service in SERVICES)
