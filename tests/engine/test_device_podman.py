"""A device with podman, of root or of a user without rights, is brought up to date by
ci-slim-update, from a real registry."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import podman
import pytest
from device_releases import REPOSITORY, damaged_delta, docker, publish, publish_delta, stable_is
from registries import Served, served
from simulated_device import Relay
from trials import trials

from ci_slim.device import ci_slim_update

ROLLBACK = f"localhost/ci-slim-rollback/{REPOSITORY}:stable"
CUTS, LONGEST = 5, 6.0
"""How often the power is cut, and the most seconds after the start: an update takes as long."""


@dataclass(frozen=True)
class Device:
    """A podman whose images come from a relay, which counts the bytes."""

    folder: Path
    storage: podman.Storage
    registry: Served
    relay: Relay
    old: str
    new: str

    @property
    def stable(self) -> str:
        return f"{self.relay.host}/{REPOSITORY}:stable"

    def podman(self, *arguments: str) -> str:
        done = self._run("podman", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def image_id(self, name: str) -> str:
        return "sha256:" + self.podman("image", "inspect", "--format", "{{.Id}}", name)

    def update_words(self, *arguments: str) -> list[str]:
        """A call of ci-slim-update. A user has it in his own folder, and gives no `--folder`."""
        own = ["--engine", "podman"]
        if not self.storage.wrapper:
            words = [sys.executable, str(ci_slim_update.__file__)]
            return [*words, *arguments, *own, "--folder", str(self.work)]
        script = self.storage.folder / "ci-slim-update"
        shutil.copy(ci_slim_update.__file__, script)
        return ["/usr/bin/python3", str(script), *arguments, *own]

    @property
    def work(self) -> Path:
        own = self.storage.folder / ".local/state/ci-slim-update"
        return own if self.storage.wrapper else self.folder / "work"

    def update(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self._run(*self.update_words(*arguments))

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self.storage.wrapper, *words], cwd="/", env=self.storage.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    def reset(self) -> None:
        """Only the first release is on the device, and a container of it runs."""
        for failed in self.work.glob("failed-*"):
            failed.unlink()
        self.podman("rm", "--all", "--force", "--time", "0")
        self.podman("rmi", "--all", "--force")
        first = self.stable.replace(":stable", ":0")
        self.podman("pull", "--quiet", "--tls-verify=false", first)
        self.podman("tag", first, self.stable)
        self.podman("rmi", first)
        self.podman(*self.start_words)

    @property
    def start_words(self) -> tuple[str, ...]:
        run = ("run", "--detach", "--name", "app", "--network", "none", self.stable)
        return (*run, "sleep", "600")

    @property
    def restart(self) -> str:
        return f"podman rm --force --time 0 app && podman {' '.join(self.start_words)}"

    @property
    def runs(self) -> tuple[str, str]:
        """The image of the container, and whether it runs."""
        told = self.podman("inspect", "--format", "{{.Image}} {{.State.Running}}", "app").split()
        return "sha256:" + told[0], told[1]


@pytest.fixture(
    scope="module",
    params=["", *trials("overlay", "fuse-overlayfs", "vfs")],
    ids=lambda driver: f"rootless-{driver}" if driver else "root",
)
def device(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Device]:
    folder = tmp_path_factory.mktemp("device")
    with served(folder / "registry") as registry, podman.storage(request.param) as storage:
        old, new = publish(folder, registry)
        docker("rmi", f"{registry.host}/{REPOSITORY}:0")
        relay = Relay("127.0.0.1", registry.host)
        made = Device(folder, storage, registry, relay, old, new)
        try:
            yield made
            made.podman("rm", "--all", "--force", "--time", "0")
        finally:
            relay.close()


def test_the_device_gets_the_new_image_by_a_delta_and_keeps_the_old_one(device: Device) -> None:
    device.reset()
    before = device.relay.counted
    began = time.monotonic()
    done = device.update(
        device.stable, "--delta-only", "--restart", device.restart, "--probe",
        "podman exec app grep --quiet 1 /srv/version",
    )  # fmt: skip
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    assert "updated by a delta of" in done.stderr
    assert (device.image_id(device.stable), device.image_id(ROLLBACK)) == (device.new, device.old)
    assert device.runs == (device.new, "true")
    cost, before = device.relay.counted - before, device.relay.counted
    device.podman("pull", "--quiet", "--tls-verify=false", device.stable)
    # podman knows the layers of a registry by the digest of their compressed form.
    pull = device.relay.counted - before
    print(f"{seconds:.1f} s; update: {cost} bytes, a pull after it: {pull}")
    assert device.image_id(device.stable) == device.new
    again = device.update(device.stable)
    assert (again.returncode, "is up to date" in again.stderr) == (0, True), again.stderr


def test_the_next_delta_applies_to_an_image_that_came_by_a_delta(device: Device) -> None:
    device.reset()
    assert device.update(device.stable, "--delta-only").returncode == 0
    device.podman("rm", "--all", "--force", "--time", "0")
    device.podman("rmi", "--force", device.old)
    publish_delta(device.folder / "back", device.registry, "1", "0")
    stable_is(device.registry, "0")
    try:
        done = device.update(device.stable, "--delta-only")
    finally:
        stable_is(device.registry, "1")
    assert (done.returncode, device.image_id(device.stable)) == (0, device.old), done.stderr
    assert "updated by a delta of" in done.stderr
    assert device.image_id(ROLLBACK) == device.new


def test_a_damaged_delta_is_refused_while_the_old_container_runs(device: Device) -> None:
    device.reset()
    with damaged_delta(device.folder):
        refused = device.update(device.stable, "--delta-only")
        assert refused.returncode == 1, refused.stderr
        assert device.image_id(device.stable) == device.old
        assert device.runs == (device.old, "true")
        done = device.update(device.stable)
    assert (done.returncode, device.image_id(device.stable)) == (0, device.new), done.stderr
    assert "pulling the whole image" in done.stderr
    assert device.runs == (device.old, "true")


def test_a_probe_that_fails_brings_the_old_image_back(device: Device) -> None:
    device.reset()
    probe = "podman exec app grep --quiet 0 /srv/version"
    done = device.update(
        device.stable, "--delta-only", "--restart", device.restart, "--probe", probe,
        "--within", "0",
    )  # fmt: skip
    assert (done.returncode, device.image_id(device.stable)) == (3, device.old), done.stderr
    assert device.runs == (device.old, "true")


def test_a_power_cut_at_any_moment_leaves_the_old_or_the_new_image(device: Device) -> None:
    device.reset()
    before = set(Path("/var/tmp").glob("[cp]o*"))
    chance = random.Random(17)
    for _ in range(CUTS):
        process = subprocess.Popen(
            [*device.storage.wrapper, *device.update_words(device.stable, "--delta-only")], cwd="/",
            env=device.storage.environment, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(chance.uniform(0, LONGEST))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert device.image_id(device.stable) in (device.old, device.new)
        assert device.runs == (device.old, "true")
        device.podman("tag", device.old, device.stable)
    done = device.update(device.stable, "--delta-only")
    assert (done.returncode, device.image_id(device.stable)) == (0, device.new), done.stderr
    copies = set(Path("/var/tmp").glob("[cp]o*")) - before  # container_images_…, podman…
    assert not copies, "a copy of the image stays when the power fails"
    assert sorted(each.name for each in device.work.iterdir()) == ["lock"]


def test_clean_keeps_the_rollback_and_what_a_container_uses(device: Device) -> None:
    device.reset()
    assert device.update(device.stable, "--delta-only").returncode == 0
    device.podman("tag", device.new, "tool:1")
    device.podman("rmi", device.stable)
    shown = device.update("clean")
    assert "localhost/tool:1" in shown.stdout, shown.stderr
    assert "together 0.4 MB" in shown.stdout  # the layer with the data: the base is shared
    assert device.update("clean", "--remove").returncode == 0
    assert device.podman("images", "--quiet", "--no-trunc").split() == [device.old]
    assert device.image_id(ROLLBACK) == device.old
