"""Devices with the engines of other releases of Debian and Ubuntu are brought up to date by
ci-slim-update: from Docker 20.10 to Docker 29, on each image store that the engine has."""

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from daemons import engine_of
from device_releases import (
    REPOSITORY,
    SERVER,
    damaged_delta,
    docker,
    publish,
    publish_delta,
    stable_is,
)
from registries import Served, served
from simulated_device import SimulatedDevice, simulated_device

pytestmark = [pytest.mark.trial, pytest.mark.timeout(600)]

ENGINES = (
    ("bullseye", "overlay2"),
    ("bookworm", "overlay2"),
    ("noble", "overlay2"),
    ("noble", "containerd"),
    ("sid", "overlay2"),
    ("sid", "containerd"),
    ("noble-updates", "overlay2"),
    ("noble-updates", "containerd"),
)
"""The releases whose engines are tried, with the image store."""
ROLLBACK = f"ci-slim-rollback/{REPOSITORY}:stable"
ADDRESS = "http://127.0.0.1:8000/"
DISK = 2_000_000_000
CUTS = 3
TAKEN = "port is already allocated"
"""If docker dies while it starts a container, its next start may take the port for taken; the one
after that does not."""


@dataclass(frozen=True)
class Published:
    """Two releases in a registry."""

    folder: Path
    registry: Served
    old: str
    new: str


@dataclass(frozen=True)
class Board:
    """A simulated device with one of the engines. A container of the first release runs on it."""

    device: SimulatedDevice
    published: Published

    @property
    def stable(self) -> str:
        return f"{self.device.relay.host}/{REPOSITORY}:stable"

    @property
    def takes_deltas(self) -> bool:
        """With the containerd store, only Docker 29 and newer do."""
        version = self.device.docker("version", "--format", "{{.Server.Version}}")
        return self.device.kind != "containerd" or int(version.partition(".")[0]) >= 29

    def reset(self, *options: str, command: tuple[str, ...] = ("perl", "-e", SERVER)) -> None:
        """Only the first release is on the device, in two networks and with a volume."""
        for failed in self.device.disk.glob("update/failed-*"):
            failed.unlink()
        left = self.device.docker("ps", "--all", "--quiet").split()
        if left:
            self.device.docker("rm", "--force", "--volumes", *left)
        for image in set(self.device.docker("images", "--quiet", "--no-trunc").split()):
            self.device.docker("rmi", "--force", image)
        first = self.stable.replace(":stable", ":0")
        self.device.docker("pull", "--quiet", first)
        self.device.docker("tag", first, self.stable)
        self.device.docker("rmi", first)
        self.device.docker(
            "run", "--detach", "--name", "app", "--network", "front", "--network-alias", "web",
            "--publish", "127.0.0.1:8000:8000", "--volume", "/data", "--env", "MODE=fast",
            "--restart", "unless-stopped", "--stop-timeout", "2", *options, self.stable, *command,
        )  # fmt: skip
        self.device.docker("network", "connect", "back", "app")
        self.device.docker("exec", "app", "touch", "/data/mine")

    @property
    def old(self) -> str:
        return self.published.old

    @property
    def new(self) -> str:
        return self.published.new

    def release(self, name: str) -> str:
        """The release that an image or a container has: of its file, because the id of an image is
        another in the containerd store."""
        return self.device.docker("run", "--rm", "--network", "none", name, "cat", "/srv/version")

    @property
    def runs(self) -> str:
        return self.device.docker("exec", "app", "cat", "/srv/version")

    @property
    def containers(self) -> list[str]:
        return self.device.docker("ps", "--all", "--format", "{{.Names}}").split()

    def id(self) -> str:
        return self.device.docker("inspect", "--format", "{{.Id}}", "app")

    def update(self, *more: str) -> "subprocess.CompletedProcess[str]":
        return self.device.update(self.stable, "--plain-http", *more)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("releases")
    with served(folder / "registry") as registry:
        old, new = publish(folder, registry)
        docker("rmi", f"{registry.host}/{REPOSITORY}:0")
        yield Published(folder, registry, old, new)


@pytest.fixture(scope="module", params=ENGINES, ids="-".join)
def board(request: pytest.FixtureRequest, published: Published) -> Iterator[Board]:
    suite, kind = request.param
    with simulated_device(DISK, published.registry.host, engine_of(suite), kind) as device:
        told = device.docker("version", "--format", "{{.Server.Version}} {{.Server.APIVersion}}")
        print(f"{suite}, {kind}: Docker {told}")
        for network in ("front", "back"):
            device.docker("network", "create", network)
        yield Board(device, published)


def test_the_device_gets_the_new_image_by_a_delta_and_makes_its_container_anew(
    board: Board,
) -> None:
    board.reset()
    counted = board.device.relay.counted
    done = board.update("--recreate", "app", "--probe", ADDRESS)
    cost = board.device.relay.counted - counted
    assert (done.returncode, board.runs, board.containers) == (0, "1", ["app"]), done.stderr
    assert board.release(ROLLBACK) == "0"
    if not board.takes_deltas:
        assert "with the containerd image store, a delta needs Docker 29" in done.stderr
    elif board.device.kind == "containerd":
        assert "updated by a delta of" in done.stderr
    else:
        assert "updated by a delta of" in done.stderr
        ids = board.device.image_id(board.stable), board.device.image_id(ROLLBACK)
        assert ids == (board.new, board.old)
    (made,) = json.loads(board.device.docker("inspect", "app"))
    assert set(made["NetworkSettings"]["Networks"]) == {"front", "back"}
    assert "web" in made["NetworkSettings"]["Networks"]["front"]["Aliases"]
    assert "MODE=fast" in made["Config"]["Env"]
    assert made["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    board.device.docker("exec", "app", "test", "-e", "/data/mine")
    counted = board.device.relay.counted
    board.device.docker("pull", "--quiet", board.stable)
    again = board.device.relay.counted - counted
    print(f"update: {cost} bytes; a pull after it: {again}")
    assert again < 10_000
    done = board.update("--recreate", "app")
    assert (done.returncode, "is up to date" in done.stderr) == (0, True), done.stderr


def test_the_next_delta_applies_to_an_image_that_came_by_a_delta(board: Board) -> None:
    board.reset()
    assert board.update("--recreate", "app").returncode == 0
    board.device.docker("rmi", "--force", board.device.image_id(ROLLBACK))
    publish_delta(board.published.folder / "back", board.published.registry, "1", "0")
    stable_is(board.published.registry, "0")
    try:
        done = board.update()
    finally:
        stable_is(board.published.registry, "1")
    assert (done.returncode, board.release(board.stable)) == (0, "0"), done.stderr
    assert ("updated by a delta of" in done.stderr) == board.takes_deltas
    assert board.release(ROLLBACK) == "1"


def test_a_probe_that_fails_brings_the_same_container_back(board: Board) -> None:
    board.reset("--env", "BAD=1")
    before = board.id()
    done = board.update("--recreate", "app", "--probe", ADDRESS, "--within", "3")
    assert (done.returncode, board.runs, board.id()) == (3, "0", before), done.stderr
    assert (board.containers, board.release(board.stable)) == (["app"], "0")
    policy = "{{.HostConfig.RestartPolicy.Name}}"
    assert board.device.docker("inspect", "--format", policy, "app") == "unless-stopped"


def test_without_a_probe_a_container_that_dies_goes_back(board: Board) -> None:
    board.reset(command=("sh", "-c", "grep -q 0 /srv/version && sleep 600"))
    before = board.id()
    done = board.update("--recreate", "app", "--within", "2")
    assert (done.returncode, board.runs, board.id()) == (3, "0", before), done.stderr


def test_a_damaged_delta_is_refused_and_the_image_is_pulled(board: Board) -> None:
    board.reset()
    with damaged_delta(board.published.folder):
        refused = board.update("--delta-only")
        assert (refused.returncode, board.runs) == (1, "0"), refused.stderr
        assert board.release(board.stable) == "0"
        done = board.update()
    assert (done.returncode, board.release(board.stable)) == (0, "1"), done.stderr
    assert "pulling the whole image" in done.stderr


def test_a_power_cut_at_any_moment_leaves_one_that_runs_after_the_next_call(board: Board) -> None:
    chance = random.Random(19)
    board.reset()
    began = time.monotonic()
    assert board.update("--recreate", "app", "--probe", ADDRESS).returncode == 0
    whole = time.monotonic() - began
    for _ in range(CUTS):
        board.reset()
        process = subprocess.Popen(
            board.device.command(board.stable, "--plain-http", "--recreate", "app"),
            env=board.device.environment, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(chance.uniform(0, whole))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        board.device.cut_power()
        board.device.start()
        assert board.release(board.stable) in ("0", "1")
        done = board.update("--recreate", "app", "--probe", ADDRESS)
        if TAKEN in done.stderr:
            print("docker did not free a port")
            board.device.cut_power()
            board.device.start()
            done = board.update("--recreate", "app", "--probe", ADDRESS)
        assert (done.returncode, board.containers) == (0, ["app"]), done.stderr
        assert not board.device.image_id(f"ci-slim-new/{REPOSITORY}:stable")
        assert board.runs == "1"


def test_clean_keeps_the_rollback_and_what_a_container_uses(board: Board) -> None:
    board.reset()
    assert board.update().returncode == 0
    board.device.docker("tag", board.stable, "tool:1")
    board.device.docker("rmi", board.stable)
    shown = board.device.update("clean")
    assert "tool:1" in shown.stdout, shown.stderr
    assert "together 0.4 MB" in shown.stdout, shown.stdout
    assert board.device.update("clean", "--remove").returncode == 0
    names = board.device.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    assert [each for each in names if not each.endswith(":<none>")] == [ROLLBACK]
    assert board.runs == "0"
