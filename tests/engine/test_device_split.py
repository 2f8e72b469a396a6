"""A device with split layers is updated by deltas, release after release, also an emulated one."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from recipes import AMD64, ARMV6
from registries import Served, served

from ci_slim.device import ci_slim_update

REPOSITORY = "board/split"
NOISE = random.Random(13).randbytes(300_000)
DOCKERFILE = """\
FROM debian:trixie-slim
CMD ["bash"]
COPY requirements.txt /usr/share/app/
COPY app.sh data service.conf /srv/app/
CMD ["/bin/sh", "/srv/app/app.sh", "wait"]
"""
APP = """\
cat /usr/share/app/requirements.txt /srv/app/service.conf
wc -c </srv/app/data
if [ "$1" = wait ]; then sleep 600; fi
"""


@dataclass(frozen=True)
class Project:
    """A project that slims its releases with split layers, and pushes them with deltas."""

    store: Store
    folder: Path
    registry: Served
    platform: str
    """That of the device."""

    @property
    def platforms(self) -> list[str]:
        """Those of the release. An emulated device has to find its own one in the index."""
        return sorted({AMD64, self.platform})

    @property
    def name(self) -> str:
        return f"{self.registry.host}/{REPOSITORY}"

    def release(self, version: str) -> str:
        """Push a release. Returns the id of its image, and checks that its layers are split."""
        data = NOISE[:150_000] + version.encode() * 50 + NOISE[150_000:]
        (self.folder / "data").write_bytes(data)
        (self.folder / "service.conf").write_text(f"version {version}\n")
        common = [f"--config={self.folder / '.ci-slim.yml'}", f"--image-version={version}"]
        output = self.folder / f"out{version}"
        arguments = ["run", *common, f"--output={output}", "--baseline=none", "--no-load"]
        done = ci_slim(self.store, arguments, self.folder / f"run{version}")
        assert done.code == 0, done.stderr
        for platform in done.platforms:
            made = [each["created_by"].rpartition(": ")[2] for each in platform["slim"]["layers"]]
            for cost in platform["updates"]["costs"]:
                print(f"{platform['platform']}: pull {cost['pull_bytes']}, {cost['delta_bytes']}")
            assert made[-3:] == ["dependencies", "application", "configuration"], made
        pushed = subprocess.run(
            [sys.executable, "-m", "ci_slim", "push", "--no-attest", *common,
             str(output / "report.json")],
            env={**os.environ, "SOURCE_DATE_EPOCH": "1"}, capture_output=True, text=True,
            timeout=300,
        )  # fmt: skip
        assert pushed.returncode == 0, pushed.stderr
        return self._id(version)

    def _id(self, version: str) -> str:
        """The id of the image for the device."""
        document = self.registry.index(REPOSITORY, version)
        for entry in document.get("manifests", ()):
            found = entry["platform"]
            names = (found["os"], found["architecture"], found.get("variant"))
            if "/".join(filter(None, names)) == self.platform:
                document = self.registry.index(REPOSITORY, entry["digest"])
        return str(document["config"]["digest"])

    def settings(self) -> None:
        image = {
            "build": {"context": str(self.folder), "platforms": self.platforms},
            "tag": f"{self.name}:{{version}}",
            "tags": [f"{self.name}:stable"],
            "slim": {"layers": "split"},
            "run": {"ready": "none"},
            "probes": [{"exec": "sh /srv/app/app.sh", "expect": {"body": "version"}}],
            "deltas": {"from": 1},
        }
        text = json.dumps({"version": 1, "images": {"split": image}})
        (self.folder / ".ci-slim.yml").write_text(text)

    def update(self, *more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, str(ci_slim_update.__file__), f"{self.name}:stable",
             "--folder", str(self.folder / "work"), *more],
            env={**os.environ, **self.store.environment}, capture_output=True, text=True,
            timeout=300,
        )  # fmt: skip


@pytest.fixture(params=[AMD64, ARMV6])
def project(request: pytest.FixtureRequest, overlay2: Store, tmp_path: Path) -> Iterator[Project]:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "app.sh").write_text(APP)
    (tmp_path / "requirements.txt").write_text("nothing==1\n")
    with served(tmp_path / "registry") as registry:
        made = Project(overlay2, tmp_path, registry, request.param)
        made.settings()
        yield made
        overlay2.docker("rmi", "--force", f"ci-slim-rollback/{REPOSITORY}:stable", check=False)
        names = overlay2.text("images", "--quiet", made.name).split()
        overlay2.docker("rmi", "--force", *names, check=False)


def test_two_updates_by_delta_in_a_row_give_the_images_that_were_pushed(project: Project) -> None:
    store, stable = project.store, f"{project.name}:stable"
    identify = ("image", "inspect", "--format", "{{.Id}}")
    before = project.release("1")
    store.docker("pull", "--quiet", "--platform", project.platform, stable)
    for version in ("2", "3"):
        wanted = project.release(version)
        done = project.update("--delta-only")
        assert done.returncode == 0, done.stderr
        assert "updated by a delta of" in done.stderr
        print(f"{project.platform} {version}: {done.stderr.strip()}")
        assert store.text(*identify, stable) == wanted
        assert store.text(*identify, f"ci-slim-rollback/{REPOSITORY}:stable") == before
        shown = store.text(
            "run", "--rm", "--platform", project.platform, stable, "/bin/sh", "/srv/app/app.sh"
        )
        assert shown.splitlines()[:2] == ["nothing==1", f"version {version}"]
        before = wanted
    # From an older release there is no delta. The pull takes the same platform. (An image that is
    # still there would only get its tag back.)
    store.docker("pull", "--quiet", "--platform", project.platform, f"{project.name}:1")
    store.docker("tag", f"{project.name}:1", stable)
    store.docker("rmi", before)
    done = project.update()
    assert "pulling the whole image: the registry has no delta" in done.stderr
    assert (done.returncode, store.text(*identify, stable)) == (0, before), done.stderr
