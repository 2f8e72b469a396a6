"""Measures the time from nothing to the first line of the action's image, slim against fat, from a
registry on this machine."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import ROUNDS, Figure

REGISTRY = "127.0.0.1:5055/ci-slim-bench"
"""The registry that `make setup` starts for the copies of public images."""
BRIDGE = f"cislimb{os.getpid() % 10**7}"
SLIM, FAT = f"{REGISTRY}/action:slim", f"{REGISTRY}/action:fat"


def cold_start(folder: Path) -> Figure:
    """The time to pull the action's image and to see its first line, for which every job waits.
    Compares slim with fat."""
    _publish(folder)
    times: dict[str, list[float]] = {FAT: [], SLIM: []}
    for _ in range(ROUNDS):
        for image, found in times.items():
            with _fresh_daemon() as daemon:
                found.append(_first_line(daemon, image))
    slim, fat = (statistics.median(times[image]) for image in (SLIM, FAT))
    detail = f"{slim:.1f} s / {fat:.1f} s"
    return Figure("cold start of the action, slim / fat", slim / fat, 0.8, detail)


def _publish(folder: Path) -> None:
    output = folder / "action"
    settings = [f"--config={Path('.ci-slim.yml')}", f"--tag={SLIM}", "--baseline=none"]
    command = [sys.executable, "-m", "ci_slim"]
    _run([*command, "run", "--quiet", "--no-load", *settings, f"--output={output}"])
    tagged = folder / "tagged.yml"
    image = {"image": "any", "tag": SLIM}
    tagged.write_text(json.dumps({"version": 1, "images": {"ci-slim": image}}))
    _run([*command, "push", f"--config={tagged}", str(output / "report.json")])
    secret = "id=ca,src=/etc/ssl/certs/ca-certificates.crt"
    build = ["docker", "buildx", "build", "--quiet", "--load", "--provenance=false"]
    _run([*build, "--secret", secret, "--tag", FAT, "."])
    _run(["docker", "push", "--quiet", FAT])
    _run(["docker", "image", "rm", FAT])


@contextlib.contextmanager
def _fresh_daemon() -> Iterator[str]:
    """Start a dockerd without any layers, like that of a new runner. Yields its address."""
    temporary = tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True)
    with temporary as name, _bridge():
        folder = Path(name)
        address = f"unix://{folder}/docker.sock"
        command = ["dockerd", "--host", address, f"--bridge={BRIDGE}", "--iptables=false"]
        command += ["--ip6tables=false", f"--data-root={folder}/data", f"--exec-root={folder}/exec"]
        command += [f"--pidfile={folder}/pid", f"--config-file={folder}/none.json"]
        (folder / "none.json").write_text("{}")
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(address)
            yield address
        finally:
            process.terminate()
            process.wait(60)


@contextlib.contextmanager
def _bridge() -> Iterator[None]:
    """Keep docker0: a dockerd with `--bridge=none` would remove it, so this one gets its own
    bridge."""
    _run(["ip", "link", "add", BRIDGE, "type", "bridge"])
    try:
        _run(["ip", "address", "add", "172.31.249.1/28", "dev", BRIDGE])
        yield
    finally:
        _run(["ip", "link", "delete", BRIDGE])


def _await(address: str) -> None:
    end = time.monotonic() + 60
    while subprocess.run(["docker", "-H", address, "version"], capture_output=True).returncode:
        assert time.monotonic() < end, "the fresh dockerd does not answer"
        time.sleep(0.1)


def _first_line(daemon: str, image: str) -> float:
    """Seconds until the image, which the daemon does not have, prints its version."""
    docker = ["docker", "-H", daemon]
    began = time.perf_counter()
    _run([*docker, "pull", "--quiet", image])
    _run([*docker, "run", "--rm", "--network=none", image, "--version"])
    return time.perf_counter() - began


def _run(argv: list[str]) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
