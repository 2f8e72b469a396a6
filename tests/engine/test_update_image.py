"""The image of ci-slim-update, made by its settings file, updates a real daemon's containers."""

import ast
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from device_releases import CONTAINER as APP
from device_releases import REPOSITORY, SERVER, docker, image_id, publish
from registries import served

from ci_slim.device import ci_slim_update

pytestmark = pytest.mark.engine
CONTAINER = Path(ci_slim_update.__file__).parent / "container"
IMAGE = f"ci-slim-update-test:{os.getpid()}"
NETWORKS = tuple(f"ci-slim-{os.getpid()}{each}" for each in "ab")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The sizes of the image, which is in the daemon then."""
    folder = tmp_path_factory.mktemp("image")
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", "run", "--config", str(CONTAINER / ".ci-slim.yml"),
         "--platform", "linux/amd64", "--output", str(folder), "--baseline", "none", "--no-load"],
        capture_output=True, text=True, timeout=580,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    layout = folder / "ci-slim-update/linux-amd64"
    subprocess.run(
        ["skopeo", "copy", "--quiet", f"oci:{layout}", f"docker-daemon:{IMAGE}"], check=True
    )
    (image,) = json.loads((folder / "report.json").read_text())["images"]
    yield image["platforms"][0]["slim"]
    subprocess.run(["docker", "rmi", "--force", IMAGE], capture_output=True)


@dataclass(frozen=True)
class Device:
    name: str
    old: str
    new: str
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def reset(self, tag: str = "", *options: str) -> None:
        """A container of the first release runs, in two networks and with an anonymous volume. The
        tag is that of the first release too, unless another is given."""
        self.clear()
        for failed in self.folder.glob("work/failed-*"):
            failed.unlink()
        docker("tag", tag or self.old, f"{self.name}:stable")
        docker("tag", self.old, f"{self.name}:runs")
        docker(
            "run", "--detach", "--name", APP, "--network", NETWORKS[0], "--network-alias", "web",
            "--publish", f"127.0.0.1:{self.port}:8000", "--volume", "/data", "--env", "MODE=fast",
            "--restart", "always", "--stop-timeout", "2", *options, f"{self.name}:runs",
            "perl", "-e", SERVER,
        )  # fmt: skip
        docker("network", "connect", NETWORKS[1], APP)
        docker("exec", APP, "touch", "/data/mine")

    def clear(self) -> None:
        """Remove the containers, with the volume that went from one to the next by its name."""
        for name in self.left:
            mounts = docker("inspect", "--format", "{{range .Mounts}}{{.Name}} {{end}}", name)
            docker("rm", "--force", "--volumes", name)
            subprocess.run(["docker", "volume", "rm", *mounts.split()], capture_output=True)
        subprocess.run(["docker", "rmi", "-f", f"{self.name}:stable"], capture_output=True)

    def words(self, *more: str) -> list[str]:
        return [
            "docker", "run", "--rm", "--network", "host", "--memory", "64m", "--memory-swap",
            "64m", "--volume", "/var/run/docker.sock:/var/run/docker.sock",
            "--volume", f"{self.folder}/work:/var/lib/ci-slim-update", "--name", f"{APP}-updater",
            IMAGE, f"{self.name}:stable", "--recreate", APP, "--probe", self.address, *more,
        ]  # fmt: skip

    def update(self, *more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(self.words(*more), capture_output=True, text=True, timeout=300)

    @property
    def runs(self) -> tuple[str, str]:
        """The image of the container, and what it answers."""
        for _ in range(50):
            try:
                with urllib.request.urlopen(self.address, timeout=5) as answer:
                    said = answer.read()
            except urllib.error.HTTPError as error:
                said = error.read()
            except OSError:
                time.sleep(0.1)
                continue
            return docker("inspect", "--format", "{{.Image}}", APP), said.decode()
        raise AssertionError("nothing answers")

    @property
    def left(self) -> list[str]:
        names = docker("ps", "--all", "--format", "{{.Names}}", "--filter", f"name={APP}")
        return sorted(set(names.split()) - {f"{APP}-updater"})


@pytest.fixture(scope="module")
def device(report: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    folder = tmp_path_factory.mktemp("device")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with served(folder / "registry") as registry:
        name = f"{registry.host}/{REPOSITORY}"
        made = Device(name, *publish(folder, registry), folder, port)
        for network in NETWORKS:
            docker("network", "create", network)
        try:
            yield made
        finally:
            made.clear()
            rollback = f"ci-slim-rollback/{REPOSITORY}:stable"
            for tag in (f"{name}:0", f"{name}:runs", f"{name}:new", rollback):
                subprocess.run(["docker", "rmi", "-f", tag], capture_output=True)
            subprocess.run(["docker", "network", "rm", *NETWORKS], capture_output=True)


def test_its_pull_is_within_the_budget_of_its_settings(report: dict[str, int]) -> None:
    assert report["pull_bytes"] <= 10_000_000


def run_python(code: str, *options: str) -> None:
    """Run a script in the image."""
    words = ["docker", "run", "--rm", "--interactive", *options, "--entrypoint", "python3", IMAGE]
    done = subprocess.run([*words, "-"], input=code, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_it_has_every_module_that_the_program_imports(report: dict[str, int]) -> None:
    wanted = set()
    for node in ast.walk(ast.parse(Path(ci_slim_update.__file__).read_text())):
        if isinstance(node, ast.Import):
            wanted |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            wanted.add(str(node.module))
    # Of Python 3.14, and for podman only.
    run_python(f"import {', '.join(wanted - {'compression', 'ctypes'})}")


def test_an_update_by_delta_makes_the_container_anew_in_64_megabytes(device: Device) -> None:
    device.reset()
    done = device.update("--delta-only")
    assert done.returncode == 0, done.stderr
    assert "updated by a delta of" in done.stderr
    assert device.runs == (device.new, "1")
    assert device.left == [APP]
    (made,) = json.loads(docker("inspect", APP))
    assert set(made["NetworkSettings"]["Networks"]) == set(NETWORKS)
    assert "MODE=fast" in made["Config"]["Env"]
    assert made["Config"]["Image"] == f"{device.name}:stable"
    assert made["HostConfig"]["RestartPolicy"]["Name"] == "always"
    docker("exec", APP, "test", "-e", "/data/mine")
    for name in ("web", APP):  # as others in the network look it up
        look_up = f"import socket; socket.getaddrinfo('{name}', 80)"
        run_python(look_up, "--network", NETWORKS[0])
    again = device.update()
    assert (again.returncode, "is up to date" in again.stderr) == (0, True), again.stderr


def test_a_probe_that_fails_brings_the_old_container_back(device: Device) -> None:
    device.reset("", "--env", "BAD=1")
    before = docker("inspect", "--format", "{{.Id}}", APP)
    done = device.update("--delta-only", "--within", "4")
    assert done.returncode == 3, done.stderr
    assert device.runs == (device.old, "0")
    assert (device.left, docker("inspect", "--format", "{{.Id}}", APP)) == ([APP], before)
    policy = "{{.HostConfig.RestartPolicy.Name}}"
    assert docker("inspect", "--format", policy, APP) == "always"
    assert image_id(f"{device.name}:stable") == device.old


def test_what_cannot_be_made_anew_is_refused_while_it_runs(device: Device) -> None:
    device.reset()
    side = f"{APP}-side"
    docker("run", "--detach", "--name", side, "--network", f"container:{APP}", device.old,
           "sleep", "100")  # fmt: skip
    try:
        done = device.update()
    finally:
        docker("rm", "--force", side)
    assert done.returncode == 1
    assert f"the container {side} is in its namespaces" in done.stderr
    assert device.runs == (device.old, "0")


STEPS = (
    "create .ci-slim-new",
    "die",
    "rename .ci-slim-old",
    "rename",
    "start",
    "rename .ci-slim-done",
)
"""What docker tells about the containers, in this order, while they are swapped."""


def test_the_container_that_updates_is_refused(device: Device) -> None:
    device.clear()
    own = f"{APP}-updater"
    docker("tag", IMAGE, f"{device.name}:stable")  # so that it is of the image that is updated
    words = device.words()
    words[words.index(IMAGE)] = f"{device.name}:stable"
    words[words.index("--recreate") + 1] = own
    words.remove("--rm")
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    docker("rm", own)
    assert done.returncode == 1
    assert "it is the container that updates" in done.stderr


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_in_the_middle_of_the_swap_leaves_one_that_runs_after_the_next_call(
    step: str, device: Device
) -> None:
    device.reset()
    if device.update("--delta-only").returncode == 0:
        docker("tag", device.new, f"{device.name}:new")
    device.reset(f"{device.name}:new")  # the image is there: only the swap is left
    killed_at(step, device.words())
    print(step, device.left)
    done = device.update()
    assert done.returncode == 0, done.stderr
    assert (device.runs, device.left) == ((device.new, "1"), [APP])


def killed_at(step: str, words: list[str]) -> None:
    """Run the updater, and kill it as soon as docker tells this step."""
    verb, _, end = step.partition(" ")
    with subprocess.Popen(
        ["docker", "events", "--format", "{{.Action}} {{.Actor.Attributes.name}}", "--filter",
         "type=container"], stdout=subprocess.PIPE, text=True,
    ) as events:  # fmt: skip
        assert events.stdout is not None
        time.sleep(0.5)  # it listens
        with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
            pid = 0
            for line in events.stdout:
                if line == f"start {APP}-updater\n":
                    pid = int(docker("inspect", "--format", "{{.State.Pid}}", f"{APP}-updater"))
                elif pid and line == f"{verb} {APP}{end}\n":
                    os.kill(pid, signal.SIGKILL)
                    break
            process.wait(60)
        events.kill()
    assert process.returncode != 0, "it ended before it was killed"


@pytest.mark.trial
def test_a_kill_at_any_moment_leaves_one_that_runs_after_the_next_call(device: Device) -> None:
    chance = random.Random(7)
    device.reset()
    began = time.monotonic()
    assert device.update("--delta-only").returncode == 0
    whole = time.monotonic() - began
    for _ in range(20):
        device.reset()
        process = subprocess.Popen(device.words("--delta-only"), stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, whole))
        subprocess.run(["docker", "kill", f"{APP}-updater"], capture_output=True)
        process.wait(60)
        subprocess.run(["docker", "rm", "--force", f"{APP}-updater"], capture_output=True)
        done = device.update()
        assert done.returncode == 0, done.stderr
        assert (device.runs, device.left) == ((device.new, "1"), [APP])
