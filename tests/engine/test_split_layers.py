"""A FastAPI service with split layers: what an update of the application downloads."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command import ci_slim
from daemons import Store
from registries import Served, served
from trials import trials

DOCKERFILE = """\
FROM debian:trixie-slim
CMD ["bash"]
RUN apt-get update \\
    && apt-get install -y --no-install-recommends python3-fastapi python3-uvicorn \\
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/app
COPY *.py service.yaml ./
CMD ["python3", "-m", "uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
"""
MAIN = """\
from fastapi import FastAPI

from words import WORD

app = FastAPI()


@app.get("/")
def root() -> dict[str, str]:
    return {"word": WORD}
"""
SHARE = 0.05
"""The most that an update of the application may be of the same image in one layer."""
CONFIGURATION = "ci-slim slim: configuration"
"""The COPY that brings the application brings the settings too, so they may get new times."""
CHANGES = 8_000
"""The most bytes of the layers that change with one line of the application."""


@dataclass
class Service:
    """A project whose releases are pushed to a registry."""

    store: Store
    folder: Path
    registry: Served

    @property
    def name(self) -> str:
        return f"{self.registry.host}/board/service"

    def release(self, version: str, *flags: str, push: bool = True) -> dict[str, Any]:
        """Build a release, slim it, and perhaps push it. Returns its platform of the report."""
        (self.folder / "words.py").write_text(f'WORD = "{version}"\n')
        output = self.folder / f"out{version}"
        common = [f"--config={self.folder / '.ci-slim.yml'}", f"--image-version={version}"]
        arguments = ["run", *common, f"--output={output}", "--baseline=none", "--no-load", *flags]
        done = ci_slim(self.store, arguments, self.folder / f"run{version}")
        assert done.code == 0, done.stderr
        if push:
            self._push(*common, str(output / "report.json"))
        (platform,) = done.platforms
        return platform

    def _push(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "ci_slim", "push", "--no-attest", *arguments],
            env={**os.environ, "SOURCE_DATE_EPOCH": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def service(overlay2: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "main.py").write_text(MAIN)
    (folder / "service.yaml").write_text("greeting: polite\n")
    with served(folder / "registry") as registry:
        made = Service(overlay2, folder, registry)
        image = {
            "build": {"context": str(folder)},
            "tag": f"{made.name}:{{version}}",
            "tags": [f"{made.name}:stable"],
            "slim": {"layers": "split"},
            "probes": [{"http": "GET /"}],
            "run": {"ready": {"port": 8000}},
            "deltas": {"from": 1},
        }
        settings = {"version": 1, "images": {"service": image}}
        (folder / ".ci-slim.yml").write_text(json.dumps(settings))
        yield made
        names = overlay2.text("images", "--quiet", made.name).split()
        overlay2.docker("rmi", "--force", *names, check=False)


def test_a_change_of_the_application_changes_one_small_layer(service: Service) -> None:
    first = service.release("1")
    layers = {each["created_by"]: each for each in first["slim"]["layers"]}
    assert [made.partition(": ")[2] for made in list(layers)[1:]] == [
        "dependencies",
        "application",
        "configuration",
    ]
    assert first["slim"]["layers"][0]["base"] is True
    second = service.release("2")
    changed = [
        (new["created_by"], new["pull_bytes"])
        for old, new in zip(first["slim"]["layers"], second["slim"]["layers"], strict=True)
        if old["digest"] != new["digest"]
    ]
    update = sum(size for _, size in changed) + second["slim"]["config_bytes"]
    merged = service.release("3", "--layers=merge", push=False)["slim"]
    assert len(merged["layers"]) == 1
    (cost,) = second["updates"]["costs"]
    print(
        f"split: changed {changed}, update {update} of {merged['pull_bytes']} in one layer; split "
        f"{second['slim']['pull_bytes']}; delta {cost['delta_bytes']}, pull {cost['pull_bytes']}"
    )
    assert {made for made, _ in changed} <= {"ci-slim slim: application", CONFIGURATION}
    assert sum(size for _, size in changed) <= CHANGES
    assert update <= SHARE * merged["pull_bytes"]
    assert second["slim"]["pull_bytes"] <= 1.02 * merged["pull_bytes"]


@pytest.mark.parametrize("times", [2, *trials(10)])
def test_every_rebuild_has_the_same_digests(service: Service, times: int) -> None:
    found = set()
    for number in range(times):
        output = f"--output={service.folder / f'rebuilt{number}'}"
        slim = service.release("1", output, push=False)["slim"]
        layers = [layer["digest"] for layer in slim["layers"]]
        found.add((slim["digest"], slim["config_digest"], *layers))
    assert len(found) == 1
