"""Proved images pushed from the daemon to a real registry, several platforms under one tag."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from daemons import Store
from registries import Served, served
from reports import AMD64, ARM64, digest, of, sizes, slimmed

from ci_slim.image.sizes import ImageSizes
from ci_slim.report.json import to_json

DOCKERFILE = "FROM scratch\nCOPY Dockerfile /\n"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "registry") as started:
        yield started


def called(reference: str) -> ImageSizes:
    return replace(sizes("b", 900, 900), reference=reference, digest=digest("b"))


def push(
    folder: Path, *, verified: bool = True, tag: str = ""
) -> "subprocess.CompletedProcess[str]":
    """`ci-slim push` of a report of two platforms, whose images are tagged `tag`-ARCHITECTURE."""
    fat = sizes("a", 9_000, 9_000)
    platforms = [
        replace(slimmed(each, fat, called(f"{tag}-{each.architecture}")), verified=verified)
        for each in (AMD64, ARM64)
    ]
    (folder / "report.json").write_text(to_json(of(*platforms, name="app")))
    image = f"{tag.rpartition(':')[0]}:{{version}}" if tag else ""
    settings = {"version": 1, "images": {"app": {"image": "a"} | ({"tag": image} if tag else {})}}
    (folder / ".ci-slim.yml").write_text(json.dumps(settings))
    return subprocess.run(
        [sys.executable, "-m", "ci_slim", "push", "--image-version=1.2", "report.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_platforms_are_pushed_as_one_tag(overlay2: Store, registry: Served, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    tag = f"{registry.host}/group/app:1.2"
    for architecture in ("amd64", "arm64"):
        overlay2.docker(
            *(
                "buildx",
                "build",
                "--load",
                "--provenance=false",
                f"--platform=linux/{architecture}",
            ),
            *(f"--tag={tag}-{architecture}", str(tmp_path)),
        )
    done = push(tmp_path, tag=tag)
    assert (done.returncode, done.stdout) == (0, f"{tag}\n"), done.stderr
    with urllib.request.urlopen(
        urllib.request.Request(
            f"http://{registry.host}/v2/group/app/manifests/1.2",
            headers={
                "Accept": "application/vnd.oci.image.index.v1+json,"
                "application/vnd.docker.distribution.manifest.list.v2+json"
            },
        )
    ) as answer:
        index = json.load(answer)
    found = {each["platform"]["architecture"] for each in index["manifests"]}
    assert found == {"amd64", "arm64"}
    for architecture in ("amd64", "arm64"):
        overlay2.docker("rmi", f"{tag}-{architecture}")


@pytest.mark.parametrize(
    ("tag", "verified"), [("", True), ("127.0.0.1:1/app:1.2", False)], ids=["no tag", "not proved"]
)
def test_what_has_no_tag_or_was_not_proved_is_not_pushed(
    tmp_path: Path, tag: str, verified: bool
) -> None:
    done = push(tmp_path, tag=tag, verified=verified)
    assert done.returncode == 2
    assert "there is no slim image with a tag to push" in done.stderr


def test_a_registry_that_refuses_is_told(tmp_path: Path) -> None:
    done = push(tmp_path, tag="127.0.0.1:1/app:1.2")
    assert done.returncode == 4
    assert "the registry did not take it" in done.stderr
