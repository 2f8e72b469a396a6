"""Builds the fat images, and slims them with ci-slim or with another tool."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus import App

SAFETY = ("tight", "balanced", "safe")
INCUMBENT = "incumbent"
LEVELS = (*SAFETY, INCUMBENT)
PROGRAM = "FIELD_INCUMBENT"
"""The variable with the program of the other tool: `mint`, or `slim` of slimtoolkit."""

_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True, slots=True)
class Slimmed:
    """A slim image; `bytes` is the size of its layers as docker counts them."""

    image: str
    bytes: int
    seconds: float
    problem: str = ""


def build(app: App) -> int:
    """Build the fat image; its bytes. RuntimeError with the last lines when that fails."""
    argv = ["docker", "buildx", "build", "--load", "--provenance=false", "--tag", app.fat]
    argv += ["--platform", app.platform]
    argv += ["--secret", f"id=ca,src={_AUTHORITIES}", str(app.folder)]
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError("\n".join(done.stderr.splitlines()[-12:]))
    return size(app.fat)


def size(image: str) -> int:
    """The bytes of an image in the daemon with the classic store: its layers unpacked."""
    done = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Size}}", image],
        capture_output=True,
        text=True,
    )
    return int(done.stdout) if done.returncode == 0 else 0


def remove(image: str) -> None:
    """Remove an image."""
    subprocess.run(["docker", "rmi", "--force", image], capture_output=True)


def ci_slim(app: App, level: str) -> Slimmed:
    """Slim with ci-slim at one safety level."""
    image = app.image(level)
    argv = [sys.executable, "-m", "ci_slim", "slim", "--quiet", f"--safety={level}"]
    argv += (
        [f"--tag={image}", f"--probes={json.dumps(app.probed)}"]
        if app.probed
        else [f"--tag={image}"]
    )
    if app.port is not None:
        argv += [f"--port={app.port}", f"--ready=port:{app.port}@{app.within}"]
    return _timed([*argv, app.fat], image)


def incumbent(app: App) -> Slimmed:
    """Slim with the other tool, with the same probes as far as it supports them."""
    image = app.image(INCUMBENT)
    argv = [
        os.environ[PROGRAM],
        "build",
        "--target",
        app.fat,
        "--tag",
        image,
        "--sensor-ipc-mode",
        "proxy",
    ]
    commands = [shlex.join(shlex.split(p["exec"])) for p in app.probed if "exec" in p]
    requests = [_request(probe, app.port) for probe in app.probed if "http" in probe]
    with tempfile.TemporaryDirectory() as folder:
        if requests:
            file = Path(folder) / "probes.json"
            file.write_text(json.dumps({"commands": requests}))
            argv += ["--http-probe-cmd-file", str(file)]
        else:
            argv += ["--http-probe=false"]
        if commands:
            argv += ["--exec", " && ".join(commands)]
        argv += ["--continue-after", "probe" if requests else "exec" if commands else "5"]
        return _timed(argv, image)


def _request(probe: Mapping[str, Any], port: int | None) -> dict[str, Any]:
    method, _, path = probe["http"].rpartition(" ")
    request: dict[str, Any] = {"method": method or "GET", "resource": path, "port": port}
    if "form" in probe:
        request["body"] = "&".join(f"{name}={value}" for name, value in probe["form"].items())
        request["headers"] = ["Content-Type: application/x-www-form-urlencoded"]
    return request


def _timed(argv: Sequence[str], image: str) -> Slimmed:
    began = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, env={**os.environ})
    seconds = time.monotonic() - began
    problem = "" if done.returncode == 0 else "\n".join(done.stderr.splitlines()[-8:])
    return Slimmed(image, size(image), seconds, problem)
