"""`make examples`: slims every example, writes its comment beside it, and the numbers of all into
docs/results.md.

python docs/examples.py           all of them
python docs/examples.py NAME…     some of them; the numbers are printed only
"""

import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_slim import units
from ci_slim.report import render
from ci_slim.report.json import from_json

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
RESULTS = ROOT / "docs/results.md"
BEGIN, END = "<!-- examples: begin -->\n", "<!-- examples: end -->\n"
NAMES = ("listener", "pulseaudio", "hello", "weather", "fastapi", "node", "compose")
PLATFORM = "linux/amd64"
SERVICES = ("database", "broker")
"""What `docker compose build` would make of examples/compose."""


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


def main(names: tuple[str, ...]) -> int:
    """Returns how many examples failed."""
    rows: list[Row] = []
    failed = 0
    for name in names or NAMES:
        found = tuple(run(name))
        failed += not found
        rows += found
    print(table(rows))
    if not names and not failed:
        RESULTS.write_text(written(RESULTS.read_text("utf-8"), table(rows)), "utf-8")
    return failed


def run(name: str) -> Iterator[Row]:
    """Slim the images of an example; nothing if that fails."""
    made = _services() if name == "compose" else ()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        argv = [sys.executable, "-m", "ci_slim", "run", "--quiet", f"--platform={PLATFORM}"]
        argv += [f"--config=examples/{name}/.ci-slim.yml", f"--report={report}", "--baseline=none"]
        done = subprocess.run(argv, cwd=ROOT)
        for image in made:
            subprocess.run(["docker", "rmi", "--force", image], capture_output=True)
        if done.returncode:
            print(f"{name} failed: exit code {done.returncode}", file=sys.stderr)
            return
        made_report = report.read_text()
        comment = render(from_json(made_report, str(report)), "markdown")
        (EXAMPLES / name / "comment.md").write_text(comment, "utf-8")
        for image in json.loads(made_report)["images"]:
            (only,) = image["platforms"]
            yield Row(name, image["name"], only)


def _services() -> tuple[str, ...]:
    """The images that the example talks to while it is probed."""
    for service in SERVICES:
        argv = ["docker", "buildx", "build", "--quiet", "--load", "--provenance=false"]
        argv += ["--tag", f"orders-{service}", str(EXAMPLES / "compose" / service)]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return tuple(f"orders-{service}" for service in SERVICES)


def table(rows: list[Row]) -> str:
    """The numbers, with date and machine."""
    head = (
        *("example", "image", "pull, fat", "pull, slim", "smaller", "disk, fat", "disk, slim"),
        *("probes", "seconds"),
    )
    day = time.strftime("%-d %B %Y", time.gmtime())
    text = f"Measured on {day} on {PLATFORM} ({platform.system()} {platform.release()}, "
    text += "without the time of the build).\n\n"
    text += f"| {' | '.join(head)} |\n| --- | --- |{' ---: |' * (len(head) - 2)}\n"
    return text + "".join(f"| {' | '.join(row.cells())} |\n" for row in rows)


def written(document: str, text: str) -> str:
    """The document with the table between its marks."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + text + END + after


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
