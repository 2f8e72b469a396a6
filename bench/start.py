"""Ten repositories that nobody has prepared, from a checkout to a green run.

`ci-slim init --yes` writes the settings with measured budgets and the pipeline. Then `ci-slim run`
is called as the pipeline calls it, and must end with 0 and a verified image. A second `init` must
change nothing. `init` builds without the cache of earlier builds, `run` with the one that it left.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.table import ROOT, Table, measured_on
from ci_slim import units

FOLDER = ROOT / "tests" / "start"
STAND_INS = FOLDER / "stand-ins"
LIMIT = 300
"""The most seconds from a checkout to a green run."""
_CA = "id=ca,src=/etc/ssl/certs/ca-certificates.crt"
_UNREACHED = re.compile(
    r"(?m): no probe (?:asks for|used|is sent to|calls it with) `?(.+?)(?:`, as .*| \(.*)?$"
)
_FILES = (".ci-slim.yml", ".github/workflows/ci-slim.yml", ".gitlab-ci.yml", ".dockerignore")


@dataclass(frozen=True, slots=True)
class Stranger:
    """A repository below tests/start: its folder, its kind, its git remote, and the secrets that
    its README gives to the build."""

    name: str
    ecosystem: str
    remote: str
    secrets: tuple[str, ...] = ()

    @property
    def forge(self) -> str:
        return "GitLab" if "gitlab" in self.remote else "GitHub"


STRANGERS = (
    Stranger("bookmarks", "Go", "https://github.com/team/bookmarks.git"),
    Stranger("notes", "Python, Flask", "git@gitlab.example.org:team/notes.git", (_CA,)),
    Stranger("weather", "Python, FastAPI", "https://gitlab.com/met/weather.git", (_CA,)),
    Stranger("parcels", "Node, Express", "git@github.com:post/parcels.git", (_CA,)),
    Stranger("recipes", "Ruby, Sinatra", "ssh://git@gitlab.example.org/kitchen/recipes.git"),
    Stranger("gallery", "PHP, Apache", "git@github.com:someone/gallery.git"),
    Stranger("shortener", "Perl, Mojolicious", "https://github.com/links/shortener"),
    Stranger("roman", "C, a command", "https://gitlab.com/someone/roman.git"),
    Stranger("handbook", "HTML, nginx", "git@gitlab.com:team/handbook.git"),
    Stranger("polls", "Compose: Bottle, Redis", "https://github.com/team/polls.git"),
)
KEYS = tuple(each.name for each in STRANGERS)
HEAD = ("repository", "ecosystem", "forge", "probes", "init, s", "run, s", "sum, s", "disk, fat",
        "disk, slim", "not reached")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Started:
    """What became of one repository."""

    stranger: Stranger
    init: float
    run: float
    probes: int
    platform: Any
    """The platform in the report of the run."""
    unreached: tuple[str, ...]
    """What `init` said that no probe reaches."""

    def cells(self) -> tuple[str, ...]:
        """The cells of the table."""
        disk = [self.platform[each]["disk_bytes"] for each in ("fat", "slim")]
        return (
            self.stranger.name,
            self.stranger.ecosystem,
            self.stranger.forge,
            str(self.probes),
            f"{self.init:.0f}",
            f"{self.run:.0f}",
            f"{self.init + self.run:.0f}",
            *map(units.size, disk),
            ", ".join(self.unreached),
        )


def measure() -> Table:
    """Start all of them, one after the other."""
    before = os.getloadavg()[2]
    with stand_ins():
        rows = [start(each) for each in STRANGERS]
    longest = max(each.init + each.run for each in rows)
    said = (
        f"{measured_on()} The load was {before:.1f} at the start. The longest took {longest:.0f} s "
        "from a checkout to a green run. A second `init` changed nothing in any of them."
    )
    return Table(said, HEAD, tuple(each.cells() for each in rows), 3)


@contextmanager
def stand_ins() -> Iterator[None]:
    """The images of Docker Hub that a Compose file names, if they are not here."""
    made = [
        f"{each.parent.name}:8"
        for each in sorted(STAND_INS.glob("*/Dockerfile"))
        if not _is_there(f"{each.parent.name}:8")
    ]
    for name in made:
        argv = ["docker", "buildx", "build", "--quiet", "--load", "--provenance=false"]
        context = STAND_INS / name.partition(":")[0]
        subprocess.run([*argv, "--tag", name, str(context)], check=True, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        for name in made:
            subprocess.run(["docker", "rmi", "--force", name], capture_output=True)


def _is_there(image: str) -> bool:
    return not subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode


def start(stranger: Stranger) -> Started:
    """From a checkout to a green run. Raises SystemExit if one of its steps fails."""
    with tempfile.TemporaryDirectory(prefix="ci-slim-start-") as made:
        checkout = clone(stranger, Path(made, stranger.name))
        _forget_builds(checkout)
        flags = [f"--secret={each}" for each in stranger.secrets]
        first, init = _called(checkout, "init", "--yes", *flags)
        written = _written(checkout)
        again, _ = _called(checkout, "init", "--yes")
        if _written(checkout) != written:
            raise SystemExit(f"{stranger.name}: a second init changed its files\n{again}")
        report = Path(made, "report.json")
        _, run = _called(checkout, "run", "--baseline=none", f"--report={report}")
        (image,) = json.loads(report.read_text("utf-8"))["images"]
        (platform,) = image["platforms"]
        if not platform["verified"]:
            raise SystemExit(f"{stranger.name}: not verified: {platform['reason']}")
        unreached = tuple(f"`{each}`" for each in _UNREACHED.findall(first))
        if "only GET operations are sent" in first:
            unreached += ("POST of the OpenAPI document",)
        return Started(stranger, init, run, len(platform["probes"]), platform, unreached)


def clone(stranger: Stranger, checkout: Path) -> Path:
    """The repository as git would clone it."""
    shutil.copytree(FOLDER / stranger.name, checkout)
    git = ["git", "-C", str(checkout), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("remote", "add", "origin", stranger.remote),
        ("add", "--all"),
        ("commit", "--quiet", "--message=first"),
    ):
        subprocess.run([*git, *command], check=True)
    return checkout


def _forget_builds(checkout: Path) -> None:
    """Change its Dockerfiles, so that no earlier build has their steps."""
    for path in checkout.rglob("Dockerfile"):
        text = re.sub(r"(?m)^(FROM .*)$", rf"\1\nARG STARTED={time.time_ns()}", path.read_text())
        path.write_text(text)


def _written(checkout: Path) -> dict[str, bytes]:
    return {name: (checkout / name).read_bytes() for name in _FILES if (checkout / name).exists()}


def _called(checkout: Path, *argv: str) -> tuple[str, float]:
    """What a call of ci-slim says on stderr, and its seconds."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", *argv], cwd=checkout, stdin=subprocess.DEVNULL,
        capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.monotonic() - began
    if done.returncode:
        raise SystemExit(f"{checkout.name}: ci-slim {argv[0]} failed\n{done.stderr[-4000:]}")
    print(f"{checkout.name}: {argv[0]} {seconds:.1f} s", file=sys.stderr, flush=True)
    return done.stderr, seconds
