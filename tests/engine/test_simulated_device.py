"""A simulated device: many releases on a disk that fits three, the disk's worst moment against the
prediction, the bytes counted at the registry's side, and power cuts."""

import gzip
import io
import json
import os
import random
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemons import engine_of
from registries import served
from simulated_device import SimulatedDevice, simulated_device

from ci_slim.device.fit import peaks
from ci_slim.device.measure_updates import measure_updates
from ci_slim.device.push_deltas import push_deltas
from ci_slim.device.releases import Releases
from ci_slim.engine.push import Layout, put_manifest, read_layout, upload
from ci_slim.engine.registry import Registry
from ci_slim.image import documents
from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import CONFIG, INDEX, LAYER, MANIFEST, Descriptor, as_json, digest_of
from ci_slim.image.reference import ImageName
from ci_slim.image.sizes import sizes
from ci_slim.platforms import Platform
from ci_slim.result import Device, Updates

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1500)]
AMD64 = Platform("linux", "amd64")
MB = 10**6
BASE, APP = 10 * MB, 4 * MB
"""Bytes of the layer that all releases share, and of the one that changes."""
DISK = 3 * (BASE + APP) + 11 * MB
"""Three releases apart, and what the file system and the daemon take."""
KILLS = int(os.environ.get("CI_SLIM_POWER_CUTS", "2"))
"""How often the power is cut, and how many releases come; `make device` does 50 and 30."""
RELEASES = int(os.environ.get("CI_SLIM_RELEASES", "4"))
REPOSITORY = "board/app"


def tar_of(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def app(number: int) -> bytes:
    """The application's file of a release: a little of it changes each time."""
    data = bytearray(random.Random(2).randbytes(APP))
    for each in range(number + 1):
        start = random.Random(each).randrange(APP - 2000)
        data[start : start + 2000] = random.Random(each + 1000).randbytes(2000)
    return bytes(data)


def fast(tar: bytes) -> bytes:
    return gzip.compress(tar, 1, mtime=0)


class Publisher:
    """Pushes releases with their deltas to a registry, as `ci-slim push` does."""

    def __init__(self, folder: Path, port: str, pack: Callable[[bytes], bytes] = fast) -> None:
        self.folder, self.host, self.pack = folder, f"127.0.0.1:{port}", pack
        self.base = tar_of("base", random.Random(1).randbytes(BASE))
        self.updates = Updates()
        self.layout: Layout

    def push(self, number: int) -> None:
        """Push a release under its number and as `stable`, with a delta from the one before."""
        self.layout = self._layout(number)
        tag = ImageName(self.host, REPOSITORY, str(number))
        environment = {"PATH": os.environ["PATH"]}
        with Registry.of(self.host, environment, "pull,push") as registry:
            kind, document = upload(registry, tag, [self.layout], lambda _: None)
            image = self.layout.image
            template = f"{self.host}/{REPOSITORY}:{{version}}"
            self.updates = measure_updates(
                image, sizes(image), str(tag), [template], 1, Device(updates="delta"),
                environment, self.folder,
            )  # fmt: skip
            releases = Releases(registry, tag, 1, [template], lambda _: None)
            list(push_deltas(releases, self.layout, self.folder))
            for each in (str(number), "stable"):
                put_manifest(registry, tag, each, kind, document)

    def _layout(self, number: int) -> Layout:
        folder = self.folder / f"release{number}"
        tars = [self.base, tar_of("app", app(number))]
        blobs = [self.pack(tar) for tar in tars]
        config = documents.dump({
            "architecture": "amd64",
            "os": "linux",
            "created": f"2026-01-01T00:00:{number:02}Z",
            "config": {"Cmd": ["/app"]},
            "history": [{"created_by": "base"}, {"created_by": "app"}],
            "rootfs": {"type": "layers", "diff_ids": [digest_of(tar) for tar in tars]},
        })  # fmt: skip
        manifest = documents.dump({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": as_json(Descriptor(CONFIG, digest_of(config), len(config))),
            "layers": [as_json(Descriptor(f"{LAYER}+gzip", digest_of(b), len(b))) for b in blobs],
        })  # fmt: skip
        entry = as_json(Descriptor(MANIFEST, digest_of(manifest), len(manifest), AMD64))
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
        for content in (*blobs, config, manifest):
            path = folder / blob_name(digest_of(content))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (folder / "index.json").write_text(json.dumps(index))
        return read_layout(folder, AMD64, digest_of(manifest))


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    with served(tmp_path / "registry") as registry:
        yield Publisher(tmp_path, registry.host.partition(":")[2])


@pytest.fixture
def device(publisher: Publisher) -> Iterator[SimulatedDevice]:
    with simulated_device(DISK, publisher.host) as started:
        yield started


def name(device: SimulatedDevice) -> str:
    return f"{device.relay.host}/{REPOSITORY}:stable"


def install(device: SimulatedDevice, publisher: Publisher) -> None:
    """The first release, which the device pulls, and a container of it."""
    publisher.push(0)
    device.link("200mbit")
    first = device.update(name(device), "--plain-http")
    assert first.returncode == 0, first.stderr
    device.docker("create", "--name", "app", "--network", "none", name(device))
    device.link("1mbit")


def restart(device: SimulatedDevice) -> str:
    return f"docker rm app && docker create --name app --network none {name(device)}"


def test_release_after_release_fits_on_a_disk_that_fits_three(
    device: SimulatedDevice, publisher: Publisher
) -> None:
    install(device, publisher)
    before = device.image_id(name(device))
    predicted, counted, peak_differences = 0, 0, []
    for number in range(1, RELEASES + 1):
        publisher.push(number)
        (cost,) = publisher.updates.costs
        found = peaks(sizes(publisher.layout.image), publisher.updates, 0)
        stays, downloaded = device.used, device.relay.counted
        with device.watched() as peak:
            done = device.update(
                name(device), "--plain-http", "--delta-only", "--restart", restart(device)
            )
        assert done.returncode == 0, f"release {number}: {done.stderr}"
        now = device.image_id(name(device))
        assert now == publisher.layout.image.config_digest
        assert device.image_id(f"ci-slim-rollback/{REPOSITORY}:stable") == before
        assert len(set(device.docker("image", "ls", "--all", "--quiet").split())) == 2
        before = now
        predicted += cost.delta_bytes or 0
        counted += device.relay.counted - downloaded
        if number > 1 and found is not None and found.delta is not None:
            # The rollback before goes first where the disk needs the room, so it is not added.
            there = (cost.old_disk or 0) + (cost.old_only_disk or 0)
            peak_differences.append((peak[-1] - stays) / (found.delta - there))
    # What a device asks for besides: the tag, the list of the referrers and the artifact.
    print(f"{RELEASES} deltas: {predicted} bytes predicted, {counted} counted at the registry")
    print(f"peak of df against the prediction: {min(peak_differences):.3f} to "
          f"{max(peak_differences):.3f}")  # fmt: skip
    assert max(peak_differences) <= 1.05


@pytest.mark.trial
def test_deltas_on_the_containerd_store_of_docker_29_take_no_more_room_each_time(
    publisher: Publisher,
) -> None:
    engine = engine_of("noble-updates")
    with simulated_device(2 * DISK, publisher.host, engine, "containerd") as device:
        install(device, publisher)
        used = []
        for number in range(1, RELEASES + 1):
            publisher.push(number)
            counted = device.relay.counted
            done = device.update(
                name(device), "--plain-http", "--delta-only", "--restart", restart(device)
            )
            assert done.returncode == 0, f"release {number}: {done.stderr}"
            assert device.relay.counted - counted < 10_000
            counted = device.relay.counted
            device.docker("pull", "--quiet", name(device))
            assert device.relay.counted == counted
            images = device.docker("images", "--format", "{{.Repository}}").split()
            assert sorted(images) == [
                f"{device.relay.host}/{REPOSITORY}", f"ci-slim-layers/{REPOSITORY}",
                f"ci-slim-rollback/{REPOSITORY}",
            ]  # fmt: skip
            time.sleep(1)  # docker removes in the background
            used.append(device.used)
        print(f"used after each update: {used}")
        assert max(used[1:]) - min(used[1:]) < 100_000


def test_a_pull_costs_what_was_predicted(device: SimulatedDevice, publisher: Publisher) -> None:
    install(device, publisher)
    publisher.push(1)
    (cost,) = publisher.updates.costs
    device.link("200mbit")
    found = peaks(sizes(publisher.layout.image), publisher.updates, 0)
    stays, downloaded = device.used, device.relay.counted
    with device.watched() as peak:
        device.docker("pull", "--quiet", name(device))
    counted = device.relay.counted - downloaded
    assert cost.pull_bytes is not None
    assert abs(counted - cost.pull_bytes) <= 0.02 * cost.pull_bytes
    assert found is not None
    there = (cost.old_disk or 0) + (cost.old_only_disk or 0)
    print(f"pull: {cost.pull_bytes} predicted, {counted} counted; peak {peak[-1] - stays} of "
          f"{found.pull - there}")  # fmt: skip
    assert peak[-1] - stays <= 1.05 * (found.pull - there)


def test_clean_removes_what_nothing_needs_and_never_what_a_container_uses(
    device: SimulatedDevice, publisher: Publisher
) -> None:
    install(device, publisher)
    publisher.push(1)
    assert device.update(name(device), "--plain-http").returncode == 0
    # The container still uses the first release, the second is kept by its name, the tool by none.
    device.docker("tag", name(device), "tool:1")
    device.docker("rmi", f"ci-slim-rollback/{REPOSITORY}:stable")
    shown = device.update("clean", "--keep", f"{device.relay.host}/*")
    assert shown.returncode == 0, shown.stderr
    assert "nothing can go" in shown.stdout
    shown = device.update("clean")
    assert "tool:1" in shown.stdout
    assert "together 4.0 MB" in shown.stdout
    assert "nothing was removed" in shown.stderr
    assert device.image_id("tool:1")
    free = device.used
    assert device.update("clean", "--remove").returncode == 0
    assert len(set(device.docker("image", "ls", "--all", "--quiet").split())) == 1
    assert device.docker("container", "inspect", "--format", "{{.Name}}", "app") == "/app"
    assert free - device.used >= 0.95 * APP


def test_the_device_has_the_old_or_the_new_release_after_each_power_cut(
    device: SimulatedDevice, publisher: Publisher
) -> None:
    install(device, publisher)
    chance = random.Random(11)
    publisher.push(1)
    words = device.command(name(device), "--plain-http", "--delta-only")
    began = time.monotonic()
    whole = 0.0
    old = device.image_id(name(device))
    new = publisher.layout.image.config_digest
    for number in range(KILLS):
        process = subprocess.Popen(words, env=device.environment, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, whole or 1.5))
        device.cut_power()
        process.wait()
        device.start()
        assert device.image_id(name(device)) in (old, new), f"cut {number}"
        done = device.update(name(device), "--plain-http", "--delta-only")
        assert done.returncode == 0, f"after cut {number}: {done.stderr}"
        assert device.image_id(name(device)) == new
        whole = whole or min(5.0, time.monotonic() - began)
        device.docker("tag", old, name(device))
        subprocess.run(
            ["docker", "rmi", new], env=device.environment, capture_output=True, timeout=60
        )
