"""After an update by delta, podman stands as if it had pulled: a pull costs the manifest and the
config. ci-slim compresses the layers of the releases."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import podman
import pytest
from registries import served
from simulated_device import Relay
from test_simulated_device import REPOSITORY, Publisher

from ci_slim.device import ci_slim_update
from ci_slim.image.compression import GzipMembers, Workers

pytestmark = pytest.mark.engine


def as_ci_slim_does(tar: bytes) -> bytes:
    made = GzipMembers(Workers(1, 1))
    return made.compress(tar) + made.flush()


@dataclass(frozen=True)
class Device:
    """A podman whose images come from a relay, which counts the bytes."""

    folder: Path
    storage: podman.Storage
    publisher: Publisher
    relay: Relay

    @property
    def stable(self) -> str:
        return f"{self.relay.host}/{REPOSITORY}:stable"

    def podman(self, *arguments: str) -> str:
        return self._run("podman", *arguments)[1]

    def update(self, *more: str) -> str:
        script = ci_slim_update.__file__
        words = [sys.executable, str(script), self.stable, "--engine", "podman", "--delta-only"]
        return self._run(*words, "--folder", str(self.folder / "work"), *more)[0]

    def _run(self, *words: str) -> tuple[str, str]:
        done = subprocess.run(
            words, cwd="/", env=self.storage.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stderr, done.stdout.strip()

    def pull(self) -> int:
        """The bytes that a pull costs."""
        counted = self.relay.counted
        self.podman("pull", "--quiet", "--tls-verify=false", self.stable)
        return self.relay.counted - counted

    @property
    def digest(self) -> str:
        return self.podman("image", "inspect", "--format", "{{.Digest}}", self.stable)


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    with served(tmp_path / "registry") as registry, podman.storage() as storage:
        port = registry.host.partition(":")[2]
        publisher = Publisher(tmp_path, port, as_ci_slim_does)
        relay = Relay("127.0.0.1", registry.host)
        made = Device(tmp_path, storage, publisher, relay)
        publisher.push(0)
        made.pull()
        try:
            yield made
        finally:
            relay.close()


def test_a_pull_after_an_update_by_delta_costs_two_documents(device: Device) -> None:
    for number in range(1, 4):
        device.publisher.push(number)
        counted = device.relay.counted
        told = device.update()
        cost = device.relay.counted - counted
        assert "updated by a delta of" in told
        assert device.digest == device.publisher.layout.image.digest
        pulled = device.pull()
        print(f"update: {cost} bytes; a pull after it: {pulled}")
        assert cost < 10_000 and pulled < 2_000
        names = device.podman("images", "--format", "{{.Repository}}").split()
        assert sorted(names) == [
            self_name(device), f"localhost/ci-slim-rollback/{REPOSITORY}",
        ]  # fmt: skip
    assert sorted(each.name for each in (device.folder / "work").iterdir()) == ["lock"]


def self_name(device: Device) -> str:
    return f"{device.relay.host}/{REPOSITORY}"


def test_where_the_library_is_missing_the_update_is_as_cheap_and_a_pull_costs_the_layers(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = device.folder / "ci-slim-update"
    shutil.copy(ci_slim_update.__file__, script)
    script.write_text(script.read_text().replace("libdeflate.so.0", "libmissing.so.0"))
    monkeypatch.setattr(ci_slim_update, "__file__", str(script))
    device.publisher.push(1)
    counted = device.relay.counted
    assert "updated by a delta of" in device.update()
    assert device.relay.counted - counted < 10_000
    assert device.pull() > 4_000_000
