"""Pushes the results of `run` and `slim` to a real registry, and checks what the registry
serves."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command import ci_slim, running
from daemons import Store
from plain import get
from recipes import AMD64, ARM64, RECIPES
from registries import PASSWORD, USER, Served, served

Build = Callable[..., str]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "registry") as started:
        yield started


def push(
    folder: Path, *reports: Path, environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ci_slim", "push", "--image-version=1.2", *map(str, reports)],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)} | (environment or {}),
        capture_output=True,
        text=True,
        timeout=120,
    )


def slimmed(store: Store, image: str, output: Path, *more: str) -> dict[str, Any]:
    """Slim the server; the report, which is in the output folder too."""
    arguments = ["slim", *RECIPES["server"].flags(), *more, f"--output={output}", image]
    done = ci_slim(store, arguments, output.parent)
    assert done.code == 0, done.stderr
    assert done.report is not None
    return done.report


def settings_for(folder: Path, report: dict[str, Any], tag: str) -> None:
    """Settings that give the report's image a tag."""
    images = {report["images"][0]["name"]: {"image": "any", "tag": tag}}
    (folder / ".ci-slim.yml").write_text(json.dumps({"version": 1, "images": images}))


def inspected(registry: Served, name: str) -> Any:
    """The raw manifest or index of a name, as another client gets it."""
    done = subprocess.run(
        ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{registry.host}/{name}"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_the_digests_of_the_report_are_those_that_the_registry_serves(
    store: Store, registry: Served, built: Build, tmp_path: Path
) -> None:
    # Each platform by a job of its own, on its own machine: only the output folders are kept.
    reports, wanted = [], []
    for platform, compression in ((AMD64, "zstd"), (ARM64, "gzip")):
        output = tmp_path / compression
        image = built(store.name, "server", platform)
        flags = [f"--platform={platform}", f"--compression={compression}"]
        report = slimmed(store, image, output, *flags)
        digest = report["images"][0]["platforms"][0]["slim"]["digest"]
        wanted.append((digest, platform.removeprefix("linux/")))
        reports.append(output / "report.json")
        report["images"][0]["name"] = "app"
        reports[-1].write_text(json.dumps(report))
    settings_for(tmp_path, report, f"{registry.host}/g/app")
    pushed = push(tmp_path, *reports)
    assert pushed.returncode == 0, pushed.stderr
    assert pushed.stdout.startswith(f"{registry.host}/g/app@sha256:")
    index = inspected(registry, "g/app:latest")
    assert [(m["digest"], m["platform"]["architecture"]) for m in index["manifests"]] == wanted
    layers = [inspected(registry, f"g/app@{digest}")["layers"] for digest, _ in wanted]
    assert [{layer["mediaType"].rpartition("+")[2] for layer in each} for each in layers] == [
        {"zstd"},
        {"gzip"},
    ]

    again = push(tmp_path, *reports)
    assert (again.returncode, again.stdout) == (0, pushed.stdout)
    assert "pushed sha256:" in pushed.stderr
    assert "pushed sha256:" not in again.stderr

    # It is what a device pulls and runs.
    reference = f"{registry.host}/g/app@{wanted[0][0]}"
    store.docker("pull", "--quiet", reference)
    try:
        with running(store, reference, AMD64, 8080, {}) as (_, url):
            assert get(url, "/sum")[0] == 200
    finally:
        store.docker("rmi", reference)


def test_an_image_that_is_not_slimmed_is_pushed_as_it_is(
    store: Store, registry: Served, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY content /\nCOPY Dockerfile /\n")
    (tmp_path / "content").write_text("five thousand letters" * 240)
    image = {"build": {"context": "."}, "tag": f"{registry.host}/g/tiny:{{version}}"}
    settings = tmp_path / ".ci-slim.yml"
    settings.write_text(json.dumps({"version": 1, "images": {"tiny": image}}))
    tag, output = f"{registry.host}/g/tiny:1.2", tmp_path / "out"
    arguments = ["build", f"--config={settings}", "--image-version=1.2", "--no-load"]
    done = ci_slim(store, [*arguments, f"--output={output}"], tmp_path)
    assert done.code == 0, done.stderr
    (platform,) = done.platforms
    assert (platform["outcome"], platform["fat"]["pull_exact"]) == ("built", True)
    pushed = push(tmp_path, output / "report.json")
    assert pushed.returncode == 0, pushed.stderr
    assert pushed.stdout == f"{tag}@{platform['fat']['digest']}\n"
    manifest = inspected(registry, "g/tiny:1.2")
    sizes = [blob["size"] for blob in (manifest["config"], *manifest["layers"])]
    assert (len(sizes), sum(sizes)) == (3, platform["fat"]["pull_bytes"])


def test_a_login_is_used_and_a_missing_one_is_told(
    overlay2: Store, built: Build, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    report = slimmed(overlay2, built("overlay2", "server"), output)
    with served(tmp_path / "registry", closed=True) as registry:
        settings_for(tmp_path, report, f"{registry.host}/app")
        refused = push(tmp_path, output / "report.json")
        assert refused.returncode == 4
        assert "asks for a login" in refused.stderr
        assert f"run `docker login {registry.host}` with a user who may push" in refused.stderr
        subprocess.run(
            ["docker", "login", "--username", USER, "--password-stdin", registry.host],
            input=PASSWORD,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            text=True,
            capture_output=True,
            check=True,
        )
        taken = push(tmp_path, output / "report.json")
        assert taken.returncode == 0, taken.stderr
        assert PASSWORD not in taken.stdout + taken.stderr
    settings_for(tmp_path, report, "127.0.0.1:1/app")
    gone = push(tmp_path, output / "report.json")
    assert gone.returncode == 4
    assert "does not answer" in gone.stderr
