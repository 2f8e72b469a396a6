"""`make bench`: the speed of ci-slim, as ratios within one run.

Each pair is measured alternately in several rounds, and the medians are compared. So a disturbance
usually affects both sides. The fat listener must be in the daemon, so it is built first.
"""

import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.applications import applications
from bench.cold_start import cold_start
from bench.figure import ROUNDS, Figure
from ci_slim.engine.side_by_side import default_jobs

EXAMPLE = Path("examples/listener")
IMAGE = "ci-slim-bench:fat"
JOBS_ROUNDS = 3
MEMORY_LIMIT = 250_000_000


def seconds(argv: Sequence[str]) -> float:
    """Seconds that a command takes. Its output is discarded."""
    began = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


@dataclass(frozen=True)
class Slim:
    """One run of `ci-slim slim`: seconds without the application's own, and the peak memory in
    bytes."""

    seconds: float
    memory: int


def slim(layers: str, folder: Path) -> Slim:
    """Run `ci-slim slim` on the fat listener."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "ci_slim", "slim", "--quiet", "--layers", layers]
    command += ["--env", "MY_NODE_NAME=test_node", "--env", "MONGO_CONN=mongodb://mongo:80"]
    command += ["--http-probe-cmd-file", str(EXAMPLE / "probeCmd.json")]
    began = time.perf_counter()
    process = subprocess.Popen([*command, "--report", str(report), IMAGE], stdout=-3, stderr=-3)
    _, status, used = os.wait4(process.pid, 0)
    total = time.perf_counter() - began
    platform = json.loads(report.read_text())["images"][0]["platforms"][0]
    assert status == 0 and platform["verified"], platform
    return Slim(total - platform["timings"]["application"], used.ru_maxrss * 1024)


def slimming(folder: Path) -> list[Figure]:
    """Compare `ci-slim slim` with `docker save` of the same image, alternately. Also measures its
    memory."""
    saves: list[float] = []
    runs: dict[str, list[Slim]] = {"merge": [], "preserve": []}
    for _ in range(ROUNDS):
        saves.append(seconds(["docker", "save", IMAGE]))
        for layers, found in runs.items():
            found.append(slim(layers, folder))
    save = statistics.median(saves)
    figures = []
    for (layers, found), limit in zip(runs.items(), (0.6, 1.2), strict=True):
        mine = statistics.median(run.seconds for run in found)
        detail = f"{mine:.1f} s / {save:.1f} s"
        figures.append(Figure(f"slim --layers {layers} / docker save", mine / save, limit, detail))
    peak = max(run.memory for found in runs.values() for run in found)
    return [*figures, Figure("peak memory of slim, MB", peak / 1e6, MEMORY_LIMIT / 1e6, "")]


def idle_seconds() -> float:
    """Seconds for which processors of this machine were idle since it started (proc(5))."""
    idle, waiting = Path("/proc/stat").read_text(encoding="ascii").split()[4:6]
    return (int(idle) + int(waiting)) / os.sysconf("SC_CLK_TCK")


def jobs() -> Figure:
    """The three platforms of the listener side by side against one after the other, in turn. What
    was idle with one job is all that several jobs can gain: nothing on a busy machine."""
    command = [sys.executable, "-m", "ci_slim", "run", "--quiet", "--no-load", "--baseline=none"]
    command.append(f"--config={EXAMPLE / '.ci-slim.yml'}")
    times: dict[str, list[float]] = {"--jobs=1": [], f"--jobs={default_jobs()}": []}
    seconds([*command, "--jobs=1"])  # the builds are cached from then on
    idle = 0.0
    for _ in range(JOBS_ROUNDS):
        for flag, found in times.items():
            before = idle_seconds()
            found.append(seconds([*command, flag]))
            idle += idle_seconds() - before if flag == "--jobs=1" else 0.0
    one, several = (statistics.median(found) for found in times.values())
    name = f"three platforms, jobs={default_jobs()} / jobs=1"
    share = idle / (sum(times["--jobs=1"]) * (os.cpu_count() or 1))
    detail = f"{several:.1f} s / {one:.1f} s; processors idle with one job: {share:.0%}"
    return Figure(name, several / one, 0.75, detail)


def start() -> Figure:
    """Compare `ci-slim --version` with the import of its command line library."""
    ours: list[float] = []
    click: list[float] = []
    for _ in range(10):
        ours.append(seconds([sys.executable, "-m", "ci_slim", "--version"]))
        click.append(seconds([sys.executable, "-c", "import click"]))
    mine, theirs = statistics.median(ours), statistics.median(click)
    detail = f"{mine * 1000:.0f} ms / {theirs * 1000:.0f} ms"
    return Figure("ci-slim --version / python -c 'import click'", mine / theirs, 3, detail)


def _figures(parts: Sequence[str], folder: Path) -> Iterator[Figure]:
    """The figures of all parts, or of the named parts: `listener`, `jobs`, `start`, `cold`,
    `applications`."""
    if not parts or "listener" in parts:
        yield from slimming(folder)
    if not parts or "jobs" in parts:
        yield jobs()
    if not parts or "start" in parts:
        yield start()
    if not parts or "cold" in parts:
        yield cold_start(folder)
    if not parts or "applications" in parts:
        yield from applications(folder)


def main() -> int:
    # An installed package has byte code. A clone may have none, and may be unable to write it.
    compileall.compile_dir("ci_slim", quiet=1)
    build = ["docker", "buildx", "build", "--quiet", "--load", "--provenance=false"]
    subprocess.run([*build, "--tag", IMAGE, str(EXAMPLE)], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        for figure in _figures(sys.argv[1:], Path(folder)):
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
    subprocess.run(["docker", "image", "rm", IMAGE], check=True, stdout=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
