"""A device is brought up to date by ci-slim-update, from a real registry on a real daemon."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from registries import served
from trials import trials

from ci_slim.device import ci_slim_update

pytestmark = pytest.mark.engine
UPDATE = Path(ci_slim_update.__file__)
NOISE = random.Random(3).randbytes(400_000)
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def image_id(name: str) -> str:
    return docker("image", "inspect", "--format", "{{.Id}}", name)


@dataclass(frozen=True)
class Releases:
    """Two releases in a registry, with a delta from the first to the second."""

    name: str
    old: str
    new: str
    folder: Path
    data: Path

    def reset(self) -> None:
        """Put the device back to the first release, as it runs before the update."""
        subprocess.run(["docker", "rmi", "-f", f"{self.name}:stable"], capture_output=True)
        docker("tag", self.old, f"{self.name}:stable")

    @property
    def runs(self) -> str:
        return image_id(f"{self.name}:stable")

    def command(self, *more: str) -> list[str]:
        work = ["--folder", str(self.folder / "work")]
        return [sys.executable, str(UPDATE), f"{self.name}:stable", *work, *more]

    def update(self, *more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(self.command(*more), capture_output=True, text=True, timeout=300)


def put(url: str, data: bytes, kind: str) -> None:
    request = urllib.request.Request(url, data=data, method="PUT", headers={"Content-Type": kind})
    urllib.request.urlopen(request, timeout=30).close()


def push_delta(base: str, layout: Path) -> None:
    """Debian's registry knows no referrers: the tag schema of the distribution specification."""
    (descriptor,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    document = json.loads(manifest)
    for blob in (*document["layers"], document["config"]):
        begin = urllib.request.Request(f"{base}/blobs/uploads/", method="POST", data=b"")
        with urllib.request.urlopen(begin, timeout=30) as answer:
            place = answer.headers["Location"]
        data = (layout / "blobs" / blob["digest"].replace(":", "/")).read_bytes()
        put(f"{place}&digest={blob['digest']}", data, "application/octet-stream")
    put(f"{base}/manifests/{descriptor['digest']}", manifest, MANIFEST)
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor]}
    tag = document["subject"]["digest"].replace(":", "-")
    put(f"{base}/manifests/{tag}", json.dumps(index).encode(), INDEX)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    folder = tmp_path_factory.mktemp("device")
    with served(folder / "registry") as registry:
        name = f"{registry.host}/board/app"
        ids = []
        for version, data in enumerate((NOISE, NOISE[:200_000] + b"changed" + NOISE[200_000:])):
            context = folder / f"context{version}"
            context.mkdir()
            (context / "data").write_bytes(data)
            (context / "version").write_text(str(version))
            (context / "Dockerfile").write_text(
                'FROM debian:trixie-slim\nCOPY data version /srv/\nCMD ["cat", "/srv/version"]\n'
            )
            docker("build", "--quiet", "--tag", f"{name}:{version}", str(context))
            docker("push", "--quiet", f"{name}:{version}")
            ids.append(image_id(f"{name}:{version}"))
        registry.copy(f"docker://{name}:1", "board/app:stable", "--src-tls-verify=false")
        subprocess.run(
            [sys.executable, "-m", "ci_slim", "delta", f"docker://{name}:0", f"docker://{name}:1",
             "--output", str(folder / "delta")], check=True, timeout=120,
        )  # fmt: skip
        push_delta(f"http://{registry.host}/v2/board/app", folder / "delta/linux-amd64")
        docker("rmi", f"{name}:1")
        made = Releases(name, ids[0], ids[1], folder, folder / "registry/data")
        made.reset()
        yield made
        for tag in (f"{name}:0", f"{name}:stable", "ci-slim-rollback/board/app:stable"):
            subprocess.run(["docker", "rmi", "-f", tag], capture_output=True)


def test_the_device_gets_the_new_image_by_a_delta_and_keeps_the_old_one(
    releases: Releases,
) -> None:
    releases.reset()
    done = releases.update("--delta-only", "--probe", f"docker run --rm {releases.name}:stable")
    assert (done.returncode, releases.runs) == (0, releases.new), done.stderr
    assert "updated by a delta of" in done.stderr
    assert image_id("ci-slim-rollback/board/app:stable") == releases.old
    assert docker("run", "--rm", f"{releases.name}:stable") == "1"
    again = releases.update("--delta-only")
    assert (again.returncode, "is up to date" in again.stderr) == (0, True)


def test_a_probe_that_fails_brings_the_old_image_back(releases: Releases) -> None:
    releases.reset()
    log = releases.folder / "restarts"
    restart = f"docker run --rm {releases.name}:stable >>{log}"
    probe = f"test $(tail -c 1 {log}) = 0"
    done = releases.update("--restart", restart, "--probe", probe, "--within", "0")
    assert (done.returncode, releases.runs) == (3, releases.old), done.stderr
    assert log.read_text() == "10"


def test_a_damaged_delta_is_refused_and_the_image_is_pulled(releases: Releases) -> None:
    releases.reset()
    manifest = json.loads((releases.folder / "delta/linux-amd64/index.json").read_text())
    layout = releases.folder / "delta/linux-amd64/blobs/sha256"
    artifact = json.loads((layout / manifest["manifests"][0]["digest"][7:]).read_text())
    digest = artifact["layers"][2]["digest"][7:]
    (blob,) = releases.data.glob(f"docker/registry/v2/blobs/sha256/*/{digest}/data")
    good = blob.read_bytes()
    try:
        blob.write_bytes(good[:-40] + bytes(40))
        refused = releases.update("--delta-only")
        assert (refused.returncode, releases.runs) == (1, releases.old), refused.stderr
        done = releases.update()
    finally:
        blob.write_bytes(good)
    assert (done.returncode, releases.runs) == (0, releases.new), done.stderr
    assert "pulling the whole image" in done.stderr


@pytest.mark.parametrize("cuts", [3, *trials(8)])
def test_a_power_cut_at_any_moment_leaves_the_old_or_the_new_image(
    cuts: int, releases: Releases
) -> None:
    chance = random.Random(5)
    began = time.monotonic()
    releases.reset()
    releases.update("--delta-only")
    whole = time.monotonic() - began
    for _ in range(cuts):
        releases.reset()
        process = subprocess.Popen(
            releases.command("--delta-only"), stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(0, whole))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert releases.runs in (releases.old, releases.new)
    done = releases.update("--delta-only")
    assert (done.returncode, releases.runs) == (0, releases.new), done.stderr
    assert sorted(path.name for path in (releases.folder / "work").iterdir()) == ["lock"]
