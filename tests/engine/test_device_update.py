"""A device is brought up to date by ci-slim-update, from a real registry on a real daemon."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from device_releases import (
    REPOSITORY,
    damaged_delta,
    docker,
    image_id,
    publish,
    put,
    stable_is,
)
from registries import Served, served
from trials import trials

from ci_slim.device import ci_slim_update
from ci_slim.image.manifest import MANIFEST

pytestmark = pytest.mark.engine
UPDATE = Path(ci_slim_update.__file__)


@dataclass(frozen=True)
class Releases:
    """Two releases in a registry, with a delta from the first to the second."""

    name: str
    old: str
    new: str
    folder: Path
    data: Path
    registry: Served

    def reset(self) -> None:
        """Put the device back to the first release, as it runs before the update."""
        subprocess.run(["docker", "rmi", "-f", f"{self.name}:stable"], capture_output=True)
        subprocess.run(["docker", "rmi", "-f", self.new], capture_output=True)
        docker("tag", self.old, f"{self.name}:stable")
        for failed in self.folder.glob("work/failed-*"):
            failed.unlink()

    @property
    def runs(self) -> str:
        return image_id(f"{self.name}:stable")

    def command(self, *more: str) -> list[str]:
        work = ["--folder", str(self.folder / "work")]
        return [sys.executable, str(UPDATE), f"{self.name}:stable", *work, *more]

    def update(self, *more: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, **variables}
        return subprocess.run(
            self.command(*more), env=environment, capture_output=True, text=True, timeout=300
        )


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Releases]:
    folder = tmp_path_factory.mktemp("device")
    with served(folder / "registry") as registry:
        name = f"{registry.host}/{REPOSITORY}"
        made = Releases(
            name, *publish(folder, registry), folder, folder / "registry/data", registry
        )
        made.reset()
        yield made
        for tag in (f"{name}:0", f"{name}:stable", f"ci-slim-rollback/{REPOSITORY}:stable"):
            subprocess.run(["docker", "rmi", "-f", tag], capture_output=True)


def test_the_device_gets_the_new_image_by_a_delta_and_keeps_the_old_one(
    releases: Releases,
) -> None:
    releases.reset()
    done = releases.update("--delta-only", "--probe", f"docker run --rm {releases.name}:stable")
    assert (done.returncode, releases.runs) == (0, releases.new), done.stderr
    assert "updated by a delta of" in done.stderr
    assert image_id(f"ci-slim-rollback/{REPOSITORY}:stable") == releases.old
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
    with damaged_delta(releases.folder):
        refused = releases.update("--delta-only")
        assert (refused.returncode, releases.runs) == (1, releases.old), refused.stderr
        done = releases.update()
    assert (done.returncode, releases.runs) == (0, releases.new), done.stderr
    assert "pulling the whole image" in done.stderr


def test_a_tag_that_goes_back_and_forth_costs_nothing_and_loses_no_image(
    releases: Releases,
) -> None:
    releases.reset()
    assert releases.update().returncode == 0
    try:
        for version, wanted in (("0", releases.old), ("1", releases.new)):
            stable_is(releases.registry, version)
            done = releases.update()
            assert (done.returncode, releases.runs) == (0, wanted), done.stderr
            assert "the device has this image already" in done.stderr
        assert image_id(f"ci-slim-rollback/{REPOSITORY}:stable") == releases.old
    finally:
        stable_is(releases.registry, "1")


def test_a_clock_that_is_wrong_and_is_set_in_between_changes_no_time_limit(
    releases: Releases, tmp_path: Path
) -> None:
    """A board without a battery for its clock starts in 1970. Then NTP sets it."""
    releases.reset()
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    clock, seen = tmp_path / "clock", tmp_path / "seen"
    clock.write_text("@1970-01-01 00:00:20\n")
    wrong = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(clock)}
    wrong |= {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    years = f"date +%Y >>{seen}"
    restart = f"{years}; echo +0 >{clock}; {years}"
    began = time.monotonic()
    done = releases.update(
        "--delta-only", "--restart", restart, "--probe", "false", "--within", "2", **wrong
    )
    assert (done.returncode, releases.runs) == (1, releases.old), done.stderr
    assert "the probe failed: it ended with 1" in done.stderr
    assert seen.read_text().split()[:2] == ["1970", time.strftime("%Y")]
    assert 2 <= time.monotonic() - began < 60
    clock.write_text("@1970-01-01 00:00:20\n")
    for failed in releases.folder.glob("work/failed-*"):
        failed.unlink()
    done = releases.update("--delta-only", "--restart", years, **wrong)
    assert (done.returncode, releases.runs) == (0, releases.new), done.stderr
    assert seen.read_text().split()[-1] == "1970"


def cosign(folder: Path, *words: str) -> None:
    environment = {**os.environ, "COSIGN_PASSWORD": "", "HOME": str(folder)}
    done = subprocess.run(
        ["cosign", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def sign(folder: Path, key: Path, reference: str) -> None:
    local = ("--allow-insecure-registry", "--allow-http-registry", "--tlog-upload=false", "--yes")
    cosign(folder, "sign", "--key", str(key), *local, reference)


def digest_of(name: str, tag: str) -> str:
    request = urllib.request.Request(
        f"http://{name.replace('/', '/v2/', 1)}/manifests/{tag}", method="HEAD",
        headers={"Accept": ci_slim_update.MANIFESTS},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.headers["Docker-Content-Digest"])


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of two pairs of keys."""
    pair = tmp_path_factory.mktemp("key"), tmp_path_factory.mktemp("other-key")
    for folder in pair:
        cosign(folder, "generate-key-pair")
    return pair


def with_only(folder: Path, *programs: str) -> dict[str, str]:
    """An environment in which these programs are all there is."""
    folder.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found is not None
        (folder / program).symlink_to(found)
    return {"PATH": str(folder), "HOME": str(folder)}


@pytest.mark.parametrize("checker", ["openssl", "cosign"])
def test_with_a_key_only_a_signed_image_is_taken(
    checker: str, releases: Releases, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    mine, other = keys
    key = ["--key", str(mine / "cosign.pub")]
    environment = with_only(tmp_path / "bin", "zstd", checker)
    new, old = digest_of(releases.name, "stable"), digest_of(releases.name, "0")
    signature = new.replace(":", "-") + ".sig"

    def update(*more: str) -> "subprocess.CompletedProcess[str]":
        releases.reset()
        return subprocess.run(
            releases.command(*key, *more), capture_output=True, text=True, timeout=300,
            env=environment,
        )  # fmt: skip

    def refused() -> bool:
        done = update()
        assert "the device keeps what it runs" in done.stderr
        return (done.returncode, releases.runs) == (1, releases.old)

    forget_signatures(releases)
    assert refused()  # no signature
    sign(tmp_path, other / "cosign.key", f"{releases.name}@{new}")
    assert refused()  # that of another key
    forget_signatures(releases)
    sign(tmp_path, mine / "cosign.key", f"{releases.name}@{old}")
    base = f"http://{releases.name.replace('/', '/v2/', 1)}/manifests"
    signed = urllib.request.Request(
        f"{base}/{old.replace(':', '-')}.sig", headers={"Accept": MANIFEST}
    )
    with urllib.request.urlopen(signed, timeout=30) as answer:
        put(f"{base}/{signature}", answer.read(), MANIFEST)
    assert refused()  # a good signature, but of another image
    forget_signatures(releases)
    sign(tmp_path, mine / "cosign.key", f"{releases.name}@{new}")
    done = update("--delta-only")
    assert (done.returncode, releases.runs) == (0, releases.new), done.stderr
    subprocess.run(["docker", "rmi", "-f", f"{releases.name}:stable"], capture_output=True)
    pulled = subprocess.run(
        releases.command(*key), capture_output=True, text=True, timeout=300, env=environment
    )
    assert (pulled.returncode, releases.runs) == (0, releases.new), pulled.stderr
    assert "pulling the whole image" in pulled.stderr


def forget_signatures(releases: Releases) -> None:
    tags = releases.data / f"docker/registry/v2/repositories/{REPOSITORY}/_manifests/tags"
    for tag in tags.glob("*.sig"):
        shutil.rmtree(tag)


def test_without_a_program_that_checks_signatures_the_device_stays_as_it_is(
    releases: Releases, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    releases.reset()
    done = subprocess.run(
        releases.command("--key", str(keys[0] / "cosign.pub")), capture_output=True, text=True,
        timeout=300, env=with_only(tmp_path / "bin", "zstd"),
    )  # fmt: skip
    assert (done.returncode, releases.runs) == (1, releases.old)
    assert "needs the program `openssl` or `cosign`" in done.stderr


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
