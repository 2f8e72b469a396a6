"""ci-slim-update makes a container anew on each image store; with --engine-next on Docker 28."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from daemons import Store
from device_releases import CONTAINER as APP
from device_releases import REPOSITORY, docker, publish
from registries import served

from ci_slim.device import ci_slim_update

pytestmark = pytest.mark.engine
HAS = f"docker exec {APP} grep --quiet %s /srv/version"


@dataclass(frozen=True)
class Device:
    store: Store
    name: str
    folder: Path

    def reset(self, command: Sequence[str] = ("sleep", "600")) -> None:
        """A container of the first release runs, which the tag names."""
        self.clear()
        self.store.docker("pull", "--quiet", f"{self.name}:0")
        self.store.docker("tag", f"{self.name}:0", f"{self.name}:stable")
        self.store.docker("run", "--detach", "--name", APP, "--network", "none", "--restart",
                          "unless-stopped", f"{self.name}:stable", *command)  # fmt: skip

    def clear(self) -> None:
        self.store.docker("rm", "--force", "--volumes", APP, check=False)
        for tag in (
            f"{self.name}:0",
            f"{self.name}:stable",
            f"ci-slim-rollback/{REPOSITORY}:stable",
        ):
            self.store.docker("rmi", "--force", tag, check=False)

    def update(self, *more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, str(ci_slim_update.__file__), f"{self.name}:stable", "--folder",
             str(self.folder / "work"), *more],
            env={**os.environ, **self.store.environment}, capture_output=True, text=True,
            timeout=300,
        )  # fmt: skip

    @property
    def runs(self) -> str:
        return self.store.text("exec", APP, "cat", "/srv/version")

    def id(self) -> str:
        return self.store.text("inspect", "--format", "{{.Id}}", APP)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("releases")
    with served(folder / "registry") as registry:
        publish(folder, registry)
        name = f"{registry.host}/{REPOSITORY}"
        docker("rmi", f"{name}:0")
        yield name


@pytest.fixture
def device(store: Store, published: str, tmp_path: Path) -> Iterator[Device]:
    made = Device(store, published, tmp_path)
    made.reset()
    yield made
    made.clear()


def test_a_container_is_made_anew_and_the_next_call_has_nothing_to_do(device: Device) -> None:
    done = device.update("--recreate", APP, "--probe", HAS % 1)
    assert (done.returncode, device.runs) == (0, "1"), done.stderr
    again = device.update("--recreate", APP)
    assert (again.returncode, "is up to date" in again.stderr) == (0, True), again.stderr


def test_a_probe_that_fails_brings_the_same_container_back(device: Device) -> None:
    before = device.id()
    done = device.update("--recreate", APP, "--probe", HAS % 0, "--within", "2")
    assert (done.returncode, device.runs, device.id()) == (3, "0", before), done.stderr


def test_without_a_probe_a_container_that_dies_goes_back_and_is_not_stopped_again(
    device: Device,
) -> None:
    device.reset(("sh", "-c", "grep -q 0 /srv/version && sleep 600"))
    before, policy = device.id(), "{{.HostConfig.RestartPolicy.Name}} {{.State.StartedAt}}"
    done = device.update("--recreate", APP, "--within", "2")
    assert (done.returncode, device.runs, device.id()) == (3, "0", before), done.stderr
    assert "stopped, restarts or is unhealthy" in done.stderr
    state = device.store.text("inspect", "--format", policy, APP)
    assert state.startswith("unless-stopped ")
    again = device.update("--recreate", APP, "--within", "2")
    assert (again.returncode, "waits for another" in again.stderr) == (3, True), again.stderr
    assert device.store.text("inspect", "--format", policy, APP) == state


def test_a_power_cut_after_the_tag_was_moved_does_not_forget_the_restart(device: Device) -> None:
    log = device.folder / "log"
    cut = device.update("--restart", "kill -9 $PPID; sleep 1")
    assert cut.returncode < 0
    done = device.update("--restart", f"echo restarted >>{log}")
    assert (done.returncode, log.read_text()) == (0, "restarted\n"), done.stderr
    again = device.update("--restart", f"echo restarted >>{log}")
    assert "is up to date" in again.stderr
    assert log.read_text() == "restarted\n"
