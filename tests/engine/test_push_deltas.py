"""`ci-slim push` makes deltas from earlier releases, and a device finds them: Debian's registry."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from registries import Served, served

from ci_slim.device import ci_slim_update
from ci_slim.device.artifact import ARTIFACT, SOURCE
from ci_slim.image.manifest import digest_of

pytestmark = pytest.mark.engine
NOISE = random.Random(7).randbytes(300_000)


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass(frozen=True)
class Project:
    """A project that pushes its releases to a registry under two tags."""

    folder: Path
    registry: Served
    deltas: int | list[str] | None = 2

    @property
    def name(self) -> str:
        return f"{self.registry.host}/board/web"

    def release(self, version: str, *flags: str) -> str:
        """Build and push a release; what push said."""
        (self.folder / "data").write_bytes(NOISE[:150_000] + version.encode() + NOISE[150_000:])
        (self.folder / "Dockerfile").write_text("FROM debian:trixie-slim\nCOPY data /srv/\n")
        image = {
            "build": {"context": str(self.folder)},
            "tag": f"{self.name}:{{version}}",
            "tags": [f"{self.name}:stable"],
            "deltas": {"from": self.deltas},
            "budget": {"update": "20 kB"},
        }
        device = {
            "link": "1 Mbit/s", "price": "2 EUR/GB", "devices": 500, "updates": "delta",
            "storage": "4 GB", "reserved": "1.5 GB",
        }  # fmt: skip
        config = self.folder / ".ci-slim.yml"
        config.write_text(json.dumps({"version": 1, "images": {"app": image}, "device": device}))
        common = [f"--config={config}", f"--image-version={version}"]
        output = self.folder / "out"
        self._run("build", *common, "--no-load", f"--output={output}", "--baseline=none")
        return self._run("push", *common, "--no-attest", *flags, str(output / "report.json"))

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "ci_slim", *arguments],
            env={**os.environ, "SOURCE_DATE_EPOCH": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    @property
    def measured(self) -> dict[str, Any]:
        """The one platform of the report on the last release."""
        report = json.loads((self.folder / "out/report.json").read_text())
        platform: dict[str, Any] = report["images"][0]["platforms"][0]
        return platform

    @property
    def comment(self) -> str:
        return (self.folder / "out/comment.md").read_text()

    def digest(self, tag: str) -> str:
        done = subprocess.run(
            ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{self.name}:{tag}"],
            capture_output=True,
            check=True,
            timeout=60,
        )
        return digest_of(done.stdout)

    def sources(self, tag: str) -> set[str]:
        """The tags of the releases from which there is a delta to this one."""
        try:
            found = self.registry.referrers("board/web", self.digest(tag))
        except OSError:
            return set()
        tags = {self.digest(tag): tag for tag in self.registry.tags("board/web") if tag != "stable"}
        digests = (e["annotations"][SOURCE] for e in found if e["artifactType"] == ARTIFACT)
        return {tags[digest] for digest in digests}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    (tmp_path / "app").mkdir()
    with served(tmp_path / "registry") as registry:
        made = Project(tmp_path / "app", registry)
        yield made
        subprocess.run(
            ["docker", "rmi", "-f", "ci-slim-rollback/board/web:stable"], capture_output=True
        )
        # A release whose tag moved is known by its digest alone.
        for image in docker("images", "--quiet", f"{made.name}").split():
            subprocess.run(["docker", "rmi", "-f", image], capture_output=True)


def update(project: Project, tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(Path(ci_slim_update.__file__)), f"{project.name}:stable",
         "--folder", str(tmp_path / "work"), "--delta-only"],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_a_device_is_updated_by_the_delta_that_push_made(project: Project, tmp_path: Path) -> None:
    said = project.release("1.9")
    assert "no delta for linux/amd64: there is no earlier release" in said
    assert project.measured["updates"]["costs"] == []
    docker("pull", "--quiet", f"{project.name}:stable")
    said = project.release("1.10")
    assert "pushed linux/amd64 from 1.9: delta " in said, said
    assert ", a plain pull " in said
    # The run before the push told the same, and the budget of the update holds against the delta.
    (cost,) = project.measured["updates"]["costs"]
    (entry,) = (
        each
        for each in project.registry.referrers("board/web", project.digest("1.10"))
        if each["artifactType"] == ARTIFACT
    )
    artifact = project.registry.index("board/web", entry["digest"])
    there = entry["size"] + sum(blob["size"] for blob in artifact["layers"])
    assert (cost["release"], cost["delta_bytes"]) == ("1.9", there)
    assert cost["pull_bytes"] > 300_000
    verdicts = {each["rule"]: each for each in project.measured["verdicts"]}
    assert verdicts["update"]["actual"] == there
    assert verdicts["fit"]["limit"] == 2_500_000_000
    assert verdicts["fit"]["actual"] > 3 * cost["old_disk"]
    assert "<summary><b>Update costs</b>" in project.comment
    assert "500 devices: " in project.comment
    done = update(project, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "updated by a delta of" in done.stderr
    pulled = docker("pull", f"{project.name}:stable")
    assert "Image is up to date" in pulled


def test_deltas_come_from_the_last_releases_and_old_ones_are_pruned(project: Project) -> None:
    for version in ("1.8", "1.9", "1.10"):
        project.release(version)
    assert project.sources("1.10") == {"1.8", "1.9"}
    assert project.sources("1.9") == {"1.8"}
    said = project.release("1.11", "--prune-deltas")
    assert project.sources("1.11") == {"1.9", "1.10"}
    assert project.sources("1.10") == project.sources("1.9") == set()
    assert "removed 3 deltas of linux/amd64" in said
    assert "the registry does not delete manifests" in said
    said = Project(project.folder, project.registry, ["1.8", "0.1"]).release("1.12")
    assert project.sources("1.12") == {"1.8"}
    assert "no delta from 0.1: " in said
