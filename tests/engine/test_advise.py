"""`ci-slim advise`: what it claims is what a rebuild shows, and nothing is left behind."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command import owned
from daemons import Store
from recipes import AMD64, ARM64, NAMES
from registries import served

from ci_slim.engine.owner import owner_of

SETTINGS = """
version: 1
images:
  app:
    build: {context: app, platforms: [linux/amd64, linux/arm64]}
    run: {ready: none}
    probes:
      - exec: sh /app/run.sh
        expect: {body: all is well}
"""
DOCKERFILE = """\
FROM debian:trixie-slim
RUN seq 1 400000 > /made && cp /made /kept
RUN rm /made
WORKDIR /app
COPY . .
RUN chown -R 1000:1000 /app
RUN cat /app/node_modules/wanted > /dev/null
USER 1000
CMD ["sleep", "600"]
"""
FILES = {
    "run.sh": b"cat docs/wanted > /dev/null && test -O /app/run.sh && echo all is well\n",
    "data": bytes(range(256)) * 4000,
    ".git/pack": b"".join(b"%d " % number for number in range(300_000)),
    "docs/wanted": b"a page\n" * 200_000,
    "node_modules/wanted": b"module.exports = 1\n" * 50_000,
    "dist/index.js": b"1\n" * 1000,
}
"""docs is needed when it runs, node_modules when it is built, dist is small."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "project/app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "project/app/Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "project/.ci-slim.yml").write_text(SETTINGS)
    return tmp_path / "project"


@pytest.fixture
def names(overlay2: Store) -> Iterator[dict[str, str]]:
    """Names of the image as it was and as it is then, removed in the end."""
    made = {when: f"{NAMES}/advised:{when}" for when in ("before", "after")}
    yield made
    overlay2.docker("rmi", "--force", *made.values(), check=False)


def advise(store: Store, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end. Whatever it says, nothing may be left behind."""
    temporary = folder.parent / "tmp"
    temporary.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "ci_slim", "advise", *more],
        cwd=folder,
        env={**os.environ, **store.environment, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stdout, stderr = process.communicate(timeout=500)
    done = subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
    # Another file of tests may advise at the same time.
    left = {
        kind: {each for each in now if (owner := owner_of(each)) and owner.pid == process.pid}
        for kind, now in owned(store).items()
    }
    assert not any(left.values()) and not [*temporary.iterdir()], f"{left}\n{done.stderr}"
    return done


def test_what_is_claimed_is_what_a_rebuild_shows(
    overlay2: Store, project: Path, names: dict[str, str], tmp_path: Path
) -> None:
    untouched = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    done = advise(overlay2, project, "--format=json", "--all")
    assert done.returncode == 0, done.stderr
    advice = json.loads(done.stdout)
    schema = json.loads(files("ci_slim.report").joinpath("advice-v1.schema.json").read_text())
    jsonschema.validate(advice, schema)
    assert {path: path.read_bytes() for path in untouched} == untouched

    outcomes = {(each["rule"], _kind(each)): each["outcome"] for each in advice["findings"]}
    assert outcomes == {
        ("removed-later", ""): "proven",
        ("copy-owner", ""): "proven",
        ("build-context", ".git"): "proven",
        ("build-context", "docs"): "failed-probe",
        ("build-context", "node_modules"): "failed-to-build",
        ("build-context", "dist"): "too-small",
    }
    probe = next(each for each in advice["findings"] if each["outcome"] == "failed-probe")
    assert "sh /app/run.sh" in probe["message"]

    # Each change alone, and all together on each platform: as a rebuild shows it.
    single = next(each for each in advice["findings"] if _kind(each) == ".git")
    for diff, platforms in (
        (single["diff"], single["platforms"]),
        (advice["together"]["diff"], advice["together"]["platforms"]),
    ):
        patched = tmp_path / "patched"
        shutil.copytree(project, patched)
        subprocess.run(["patch", "-p1"], cwd=patched, input=diff, text=True, check=True)
        for platform, saved in platforms.items():
            sizes = {
                when: _built(overlay2, folder / "app", platform, names[when])
                for when, folder in (("before", project), ("after", patched))
            }
            assert (
                sizes["before"]["disk_bytes"] - sizes["after"]["disk_bytes"]
                == (saved["disk_bytes"])
            )
        shutil.rmtree(patched)
    assert set(single["platforms"]) == {AMD64}
    assert set(advice["together"]["platforms"]) == {AMD64, ARM64}
    assert saved["disk_bytes"] > 2 * len(FILES[".git/pack"])


def test_bytes_to_pull_are_those_of_a_push(
    overlay2: Store, project: Path, names: dict[str, str], tmp_path: Path
) -> None:
    done = advise(overlay2, project, "--platform=linux/amd64", "--format=json", "--write")
    assert done.returncode == 0, done.stderr
    claimed = json.loads(done.stdout)["together"]["platforms"][AMD64]["pull_bytes"]
    assert "wrote app/Dockerfile" in done.stderr and "wrote app/.dockerignore" in done.stderr
    assert (project / "app/.dockerignore").read_text() == "**/.git\n"
    after = project / "app/Dockerfile"
    written = after.read_text()
    assert "COPY --chown=1000:1000 . .\n" in written
    with served(tmp_path / "registry") as registry:
        pulled = {}
        for when, text in (("after", written), ("before", DOCKERFILE)):
            after.write_text(text)
            if when == "before":
                (project / "app/.dockerignore").unlink()
            name = f"{registry.host}/advised:{when}"
            _built(overlay2, project / "app", AMD64, name)
            overlay2.docker("push", name)
            overlay2.docker("rmi", name)
            raw = subprocess.run(
                ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{name}"],
                check=True,
                capture_output=True,
            ).stdout
            manifest = json.loads(raw)
            blobs = [manifest["config"], *manifest["layers"]]
            pulled[when] = sum({each["digest"]: each["size"] for each in blobs}.values())
    saved = pulled["before"] - pulled["after"]
    assert abs(claimed - saved) <= saved // 100


def test_what_the_built_image_shows_is_an_estimate(
    overlay2: Store, project: Path, names: dict[str, str]
) -> None:
    _built(overlay2, project / "app", AMD64, names["before"])
    done = advise(overlay2, project, "--quick", f"--built={names['before']}", "--format=json")
    advice = json.loads(done.stdout)
    assert {each["outcome"] for each in advice["findings"]} == {"estimated"}
    assert advice["together"] is None
    found = next(each for each in advice["findings"] if _kind(each) == ".git")
    # It is in the layer of COPY, and again in that of chown.
    assert found["platforms"][AMD64]["disk_bytes"] == 2 * len(FILES[".git/pack"])


def test_an_image_that_does_not_answer_gets_no_advice(overlay2: Store, project: Path) -> None:
    (project / "app/run.sh").write_text("echo all is lost\n")
    done = advise(overlay2, project, "--platform=linux/amd64")
    assert (done.returncode, done.stdout) == (5, ""), done.stderr


def test_a_stopped_run_leaves_nothing(overlay2: Store, project: Path) -> None:
    temporary = project.parent / "tmp"
    temporary.mkdir()
    with (project.parent / "stderr").open("w+b") as errors:
        running = subprocess.Popen(
            [sys.executable, "-m", "ci_slim", "advise", "--platform=linux/amd64"],
            cwd=project,
            env={**os.environ, **overlay2.environment, "TMPDIR": str(temporary)},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            while b", line " not in (project.parent / "stderr").read_bytes():  # a try has begun
                assert running.poll() is None
                time.sleep(0.05)
            (scratch,) = temporary.glob("ci-slim-*")
            running.terminate()
            assert running.wait(60) == 130
        finally:
            running.kill()
    left = {
        each for found in owned(overlay2).values() for each in found if scratch.name[-8:] in each
    }
    assert not left and not [*temporary.iterdir()]


def _kind(finding: dict[str, Any]) -> str:
    """The folder that a finding of the build context is about."""
    lines = finding["diff"].partition("+++ b/app/.dockerignore\n")[2].splitlines()
    added = [line[1:] for line in lines if line.startswith("+")]
    return added[0].removeprefix("**/") if added else ""


def _built(store: Store, context: Path, platform: str, name: str) -> dict[str, Any]:
    """Build it, and what `ci-slim measure` says of it."""
    store.docker(
        *("buildx", "build", "--load", "--provenance=false", "--platform", platform),
        *("--tag", name, str(context)),
    )
    measured = subprocess.run(
        [sys.executable, "-m", "ci_slim", "measure", "--format=json", name],
        env={**os.environ, **store.environment},
        capture_output=True,
        check=True,
    )
    (image,) = json.loads(measured.stdout)["images"]
    return dict(image)
