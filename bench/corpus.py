"""`make corpus`: advice on each Dockerfile that can be built here, and whether it is honest.

A file is built if all its base images are those of tests/machine/base-images.sh. For each, what was
claimed is held against a rebuild of the patched file. The exit code is 1 if a claim is wrong, or a
clean file gets a proven finding.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tabulate import tabulate

HERE = Path(__file__).resolve().parent
BASES = frozenset({"debian:trixie-slim", "golang:1.24", "scratch"})
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


def main(wanted: list[str]) -> int:
    rows = []
    for path in sorted(HERE.glob("*/*.Dockerfile")):
        name = str(path.relative_to(HERE)).removesuffix(".Dockerfile")
        if (not wanted or name in wanted) and _can_be_built(path.read_text()):
            rows.append(_row(name, path))
            print(_told(rows[-1]), file=sys.stderr, flush=True)
    smelly = [row for row in rows if row.planted]
    head = ("file", "planted", "found", "proven", "disk before", "disk saved", "rebuild")
    print(tabulate([_told(row) for row in rows], head))
    mean = sum(100 * row.saved / row.before for row in smelly) / len(smelly) if smelly else 0
    alarms = sum(row.proven for row in rows if not row.planted)
    print(f"\n{len(rows)} files; mean saving on the smelly ones {mean:.1f} %; "
          f"proven on clean ones: {alarms}")  # fmt: skip
    return int(any(row.is_wrong for row in rows))


def _told(row: Row) -> tuple[object, ...]:
    rebuilt = "the same" if row.honest else "DIFFERS"
    return row.name, row.planted, row.found, row.proven, row.before, row.saved, rebuilt


def _can_be_built(text: str) -> bool:
    stages = set(re.findall(r"(?i)\sAS\s+(\S+)", text))
    bases = set(re.findall(r"(?m)^FROM (?:--\S+ )?(\S+)", text)) - stages
    return bases <= BASES and "example.invalid" not in text


def _row(name: str, path: Path) -> Row:
    text = path.read_text()
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
    shutil.copytree(HERE / "context", project, dirs_exist_ok=True)
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
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", "advise", "--format=json", "--all", "--quiet"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{project}: exit code {done.returncode}\n{done.stderr}")
    return dict(json.loads(done.stdout))


def _disk(project: Path) -> int:
    """Bytes on disk of the image that a plain build makes."""
    subprocess.run(
        ["docker", "buildx", "build", "--load", "--provenance=false", "--tag", TAG, str(project)],
        check=True,
        capture_output=True,
    )
    try:
        measured = subprocess.run(
            [sys.executable, "-m", "ci_slim", "measure", "--format=json", TAG],
            check=True,
            capture_output=True,
        )
    finally:
        subprocess.run(["docker", "rmi", "--force", TAG], check=False, capture_output=True)
    (image,) = json.loads(measured.stdout)["images"]
    return int(image["disk_bytes"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
