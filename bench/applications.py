"""Measures nine applications slimmed end to end, in seconds, and another tool's time if it is
installed.

A variable names the program of the other tool (`mint`, or `slim` of slimtoolkit). It gets the same
probes as far as it supports them. Both tools run alternately, so that a disturbance affects both.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure

INCUMBENT = "BENCH_INCUMBENT"
IMAGES = Path(__file__).parent / "images"
ROUNDS = 3
SUM = 49.0
"""The seconds for all of them except ffmpeg, which is not compared with the other tool's sum."""


@dataclass(frozen=True)
class Application:
    """An image, its probes, and the most seconds that it may take. None: only the sum is
    limited."""

    name: str
    flags: tuple[str, ...]
    limit: float | None = None
    rivals: tuple[str, ...] = ()
    """The flags of the other tool for the same probes."""

    @property
    def image(self) -> str:
        return f"ci-slim-bench:{self.name}"


def _http(port: int, *paths: str) -> tuple[str, ...]:
    return (f"--port={port}", *(f"--http-probe=GET {path}" for path in paths))


def _rival_http(*paths: str) -> tuple[str, ...]:
    return tuple(flag for path in paths for flag in ("--http-probe-cmd", path))


def _exec(*commands: str) -> tuple[str, ...]:
    return tuple(f"--exec-probe={command}" for command in commands)


def _rival_exec(*commands: str) -> tuple[str, ...]:
    return ("--http-probe=false", *(f for c in commands for f in ("--exec", c)))


_TLS = json.dumps([{"http": f"GET {path}", "protocol": "https"} for path in ("/", "/site.css")])
_PUBLISH = "mosquitto_pub -h 127.0.0.1 -t bench -r -m hello"
_SUBSCRIBE = "mosquitto_sub -h 127.0.0.1 -t bench -C 1 -W 5"
_SQL = "psql -h 127.0.0.1 -U postgres -c 'select count(*) from pg_class'"

APPLICATIONS = (
    Application(
        "nginx-tls", ("--port=443", f"--probes={_TLS}"), None, _rival_http("/", "/site.css")
    ),
    Application("mosquitto", _exec(_PUBLISH, _SUBSCRIBE), 4.0, _rival_exec(_PUBLISH)),
    Application(
        "redis",
        _exec("redis-cli set a b", "redis-cli get a"),
        4.1,
        _rival_exec("redis-cli set a b"),
    ),
    Application("postgresql", _exec(_SQL), None, _rival_exec(_SQL)),
    Application("node-express", _http(3000, "/", "/items/7"), None, _rival_http("/", "/items/7")),
    Application("flask", _http(8000, "/", "/items/7"), None, _rival_http("/", "/items/7")),
    Application("java", _http(8080, "/"), None, _rival_http("/")),
    Application("php-fpm", _http(80, "/", "/a"), None, _rival_http("/", "/a")),
    Application("ffmpeg", (), 9.3, ("--http-probe=false", "--continue-after=exit")),
)


def applications(folder: Path) -> Iterator[Figure]:
    """Build and slim each application. Yields the median of its seconds, and the sum."""
    total = theirs = 0.0
    rival = os.environ.get(INCUMBENT, "")
    for each in APPLICATIONS:
        _build(each)
        mine, others = [], []
        for _ in range(ROUNDS):
            mine.append(_slim(each, folder))
            others += [_incumbent(each, rival)] if rival else []
        seconds = sorted(mine)[len(mine) // 2]
        other = sorted(others)[len(others) // 2] if others else None
        told = "" if other is None else f"the incumbent {other:.1f} s"
        if each.name != "ffmpeg":
            total, theirs = total + seconds, theirs + (other or 0)
        yield Figure(f"{each.name}, seconds", seconds, each.limit, told)
    told = f"the incumbent {theirs:.1f} s" if rival else ""
    yield Figure("sum of those without ffmpeg, seconds", total, SUM, told)


def _build(application: Application) -> None:
    argv = ["docker", "buildx", "build", "--quiet", "--load", "--provenance=false"]
    argv += ["--tag", application.image, str(IMAGES / application.name)]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def _slim(application: Application, folder: Path) -> float:
    report = folder / f"{application.name}.json"
    argv = [sys.executable, "-m", "ci_slim", "slim", "--quiet", *application.flags]
    seconds = _timed([*argv, "--report", str(report), application.image])
    platform = json.loads(report.read_text())["images"][0]["platforms"][0]
    assert platform["verified"], platform
    return seconds


def _incumbent(application: Application, binary: str) -> float:
    tag = f"{application.image}-incumbent"
    argv = [binary, "build", "--target", application.image, "--tag", tag, *application.rivals]
    try:
        return _timed(argv, check=False)
    finally:
        subprocess.run(["docker", "rmi", "--force", tag], capture_output=True)


def _timed(argv: Sequence[str], *, check: bool = True) -> float:
    began = time.perf_counter()
    subprocess.run(argv, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began
