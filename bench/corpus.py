"""Advice on each Dockerfile of tests/corpus that can be built here, and whether it is honest.

`make corpus` measures all of them, or those of FILES, and writes their rows into docs/results.md. A
file is built if all its images are those of tests/machine/base-images.sh. What was claimed is
held against a rebuild of the patched file. The exit code is 1 if a claim is wrong, or a clean file
gets a proven finding.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.table import RESULTS, ROOT, Table, ci_slim, measured_on, rows_of, written
from ci_slim import units

CORPUS = ROOT / "tests" / "corpus"
BASES = frozenset({"debian:trixie-slim", "golang:1.24", "scratch"})
HEAD = ("file", "planted", "found", "proven", "disk before", "disk saved", "of it", "rebuild",
        "measured")  # fmt: skip
ELSEWHERE = ("example.invalid", "# syntax=docker/dockerfile", "pip install", "npm install")
"""In what cannot be built here: an address that nobody has, an image of Docker Hub, and what the
test machine reaches only with a certificate that these files do not ask for."""
TAG = "ci-slim-corpus"
UNSEEN = ("native-build",)
"""Found only where another platform is built as well."""


@dataclass(frozen=True, slots=True)
class Row:
    """One Dockerfile: what was planted, found and proven, the bytes on disk before and saved, and
    whether a rebuild shows the same."""

    name: str
    planted: int
    found: int
    proven: int
    before: int
    saved: int
    honest: bool

    @property
    def is_wrong(self) -> bool:
        return not self.honest or (not self.planted and self.proven > 0)

    def cells(self) -> tuple[str, ...]:
        """The cells of the table."""
        counts = map(str, (self.planted, self.found, self.proven))
        return (
            self.name,
            *counts,
            units.size(self.before),
            units.size(self.saved) if self.saved else "",
            f"{100 * self.saved / self.before:.1f} %",
            "the same" if self.honest else "DIFFERS",
            f"{datetime.now(UTC):%Y-%m-%d}",
        )


def main(names: Sequence[str]) -> int:
    """Measure these files, or all, and put their rows into the table."""
    wrong = 0
    for name in names or buildable():
        row = _row(name)
        wrong += row.is_wrong
        document = RESULTS.read_text("utf-8")
        kept = {cells[0]: cells for cells in rows_of(document, "corpus")} | {name: row.cells()}
        table = _table([kept[name] for name in buildable() if name in kept])
        RESULTS.write_text(written(document, "corpus", table.text()), "utf-8")
        print(" ".join(row.cells()), flush=True)
    return int(wrong > 0)


def measure() -> Table:
    """Measure all of them."""
    return _table([_row(name).cells() for name in buildable()])


def buildable() -> tuple[str, ...]:
    """The files whose base images are here."""
    paths = sorted(CORPUS.glob("*/*.Dockerfile"))
    return tuple(
        str(path.relative_to(CORPUS)).removesuffix(".Dockerfile")
        for path in paths
        if _can_be_built(path.read_text())
    )


def _table(rows: Sequence[tuple[str, ...]]) -> Table:
    smelly = [row for row in rows if row[1] != "0"]
    mean = sum(float(row[6].split()[0]) for row in smelly) / max(1, len(smelly))
    alarms = sum(int(row[3]) for row in rows if row[1] == "0")
    differs = sum(row[7] != "the same" for row in rows)
    said = (
        f"{measured_on()} {len(rows)} files, {len(smelly)} of them with planted smells: of "
        f"{sum(int(row[1]) for row in smelly)} smells {sum(int(row[2]) for row in smelly)} were "
        f"found and {sum(int(row[3]) for row in smelly)} changes proven; the mean saving is "
        f"{mean:.1f} %. Proven on clean files: {alarms}. Rebuilds that differ from the claim: "
        f"{differs}."
    )
    return Table(said, HEAD, tuple(rows))


def _can_be_built(text: str) -> bool:
    stages = set(re.findall(r"(?i)\sAS\s+(\S+)", text))
    bases = set(re.findall(r"(?m)^FROM (?:--\S+ )?(\S+)", text)) - stages
    return bases <= BASES and not any(each in text for each in ELSEWHERE)


def _row(name: str) -> Row:
    text = (CORPUS / f"{name}.Dockerfile").read_text()
    match = re.search(r"^# smells: (.+)$", text, re.MULTILINE)
    planted = set(match[1].split()) - {"none", *UNSEEN} if match else set()
    with tempfile.TemporaryDirectory(prefix="ci-slim-corpus-") as made:
        project = Path(made)
        _context(project)
        (project / "Dockerfile").write_text(text)
        advice = _advice(project)
        before = _disk(project)
        together = advice["together"]
        saved = 0
        honest = True
        if together and together["diff"]:
            (sizes,) = together["platforms"].values()
            saved = sizes["disk_bytes"]
            subprocess.run(["patch", "-p1", "-s"], cwd=project, input=together["diff"], text=True,
                           check=True)  # fmt: skip
            honest = before - _disk(project) == saved
    found = {each["rule"] for each in advice["findings"]}
    proven = sum(each["outcome"] == "proven" for each in advice["findings"])
    return Row(name, len(planted), len(found & planted), proven, before, saved, honest)


def _context(project: Path) -> None:
    shutil.copytree(CORPUS / "context", project, dirs_exist_ok=True)
    (project / "data").mkdir()
    lines = "".join(f"{number} row\n" for number in range(200_000))
    (project / "data/table.txt").write_text(lines)
    with tarfile.open(project / "data.tar.gz", "w:gz") as archive:
        for each in _noise(project / "noise"):
            archive.add(each, each.name)
    shutil.rmtree(project / "noise")


def _noise(folder: Path) -> Iterator[Path]:
    """Files that hardly compress, the same each time."""
    folder.mkdir()
    state = 1
    for number in range(4):
        content = bytearray()
        for _ in range(300_000):
            state = (state * 1103515245 + 12345) % 2**31
            content.append(state >> 16 & 255)
        path = folder / f"part{number}"
        path.write_bytes(content)
        yield path


def _advice(project: Path) -> dict[str, Any]:
    return dict(json.loads(ci_slim("advise", "--format=json", "--all", "--quiet", cwd=project)))


def _disk(project: Path) -> int:
    """Bytes on disk of the image that a plain build makes."""
    subprocess.run(
        ["docker", "buildx", "build", "--load", "--provenance=false", "--tag", TAG, str(project)],
        check=True,
        capture_output=True,
    )
    try:
        (image,) = json.loads(ci_slim("measure", "--format=json", TAG))["images"]
    finally:
        subprocess.run(["docker", "rmi", "--force", TAG], check=False, capture_output=True)
    return int(image["disk_bytes"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
