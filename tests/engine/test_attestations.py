"""SBOM, provenance and signatures beside a pushed image, with Debian's registry and cosign."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from command import ci_slim
from daemons import Store
from registries import Served, served

DOCKERFILE = """\
FROM debian:trixie-slim
CMD ["sh", "-c", "ls / > /dev/null; sleep 60"]
"""


def cosign(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "COSIGN_PASSWORD": "", "HOME": str(folder)}
    return subprocess.run(
        ["cosign", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def pushed(store: Store, folder: Path, registry: Served, *flags: str) -> str:
    """Build and push an image under two tags; its digest."""
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    image = {
        "build": {"labels": {"org.example.team": "boards"}},
        "run": {"ready": "none"},
        "probes": [{"exec": "ls /"}],
        "tag": f"{registry.host}/team/app:{{version}}",
        "tags": [f"{registry.host}/team/app:latest", f"{registry.host}/mirror/app:{{version}}"],
        "annotations": {"org.opencontainers.image.title": "app"},
    }
    settings = {"version": 1, "images": {"app": image}, "baseline": {"from": []}}
    config = folder / ".ci-slim.yml"
    config.write_text(json.dumps(settings))
    common = [f"--config={config}", "--image-version=1"]
    output = folder / "out"
    run = ci_slim(store, ["run", *common, f"--output={output}", "--no-load"], folder / "run")
    assert run.code == 0, run.stderr
    github = {
        "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "team/app", "GITHUB_SHA": "c" * 40, "GITHUB_RUN_ID": "7",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", "push", *common, *flags, str(output / "report.json")],
        env={**os.environ, **store.environment, **github},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    name, _, digest = done.stdout.strip().partition("@")
    assert name == f"{registry.host}/team/app:1"
    return digest


def document(registry: Served, entry: Mapping[str, object]) -> Any:
    manifest = registry.index("team/app", str(entry["digest"]))
    (layer,) = manifest["layers"]
    found = json.loads(registry.blob("team/app", layer["digest"]))
    return found


@pytest.mark.timeout(900)
def test_an_image_has_its_documents_and_tags_and_its_signature_is_verified(
    overlay2: Store, tmp_path: Path
) -> None:
    with served(tmp_path / "registry") as registry:
        (tmp_path / "run").mkdir()
        digest = pushed(overlay2, tmp_path / "app", registry)
        assert registry.tags("team/app") == ["1", "latest"]
        assert registry.tags("mirror/app") == ["1"]
        index = registry.index("team/app", "latest")
        assert index["annotations"] == {"org.opencontainers.image.title": "app"}
        (platform,) = index["manifests"]
        config = registry.index("team/app", platform["digest"])["config"]["digest"]
        labels = json.loads(registry.blob("team/app", config))["config"]["Labels"]
        assert labels["org.example.team"] == "boards"

        said = {
            each["artifactType"]: each
            for each in registry.referrers("team/app", platform["digest"])
        }
        bill = document(registry, said["application/vnd.cyclonedx+json"])
        names = {each["name"] for each in bill["components"]}
        assert {"libc6", "coreutils"} <= names
        assert "apt" not in names, "packages that are gone are listed"
        made = document(registry, said["application/vnd.in-toto+json"])
        subject = {"sha256": platform["digest"].removeprefix("sha256:")}
        assert made["subject"] == [{"name": f"{registry.host}/team/app:1", "digest": subject}]
        (source,) = made["predicate"]["buildDefinition"]["resolvedDependencies"]
        assert source["digest"] == {"gitCommit": "c" * 40}

        measured = document(registry, said["application/vnd.ci-slim.report.v1+json"])
        (told,) = measured["images"][0]["platforms"]
        assert told["slim"]["digest"] == platform["digest"]
        history = subprocess.run(
            [sys.executable, "-m", "ci_slim", "history", f"docker://{registry.host}/team/app"],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert (history.returncode, history.stderr) == (0, "")
        assert history.stdout.rstrip().endswith(" 1")

        # As docs/supply-chain.md says it; this machine reaches no transparency log.
        reference = f"{registry.host}/team/app@{digest}"
        assert cosign(tmp_path, "generate-key-pair").returncode == 0
        local = ("--allow-insecure-registry", "--allow-http-registry")
        offline = ("--tlog-upload=false", "--yes")
        signed = cosign(
            tmp_path, "sign", "--key", "cosign.key", "--recursive", *local, *offline, reference
        )
        assert signed.returncode == 0, signed.stderr
        verify = ("verify", "--key", "cosign.pub", "--insecure-ignore-tlog=true", *local)
        for each in (digest, platform["digest"]):
            verified = cosign(tmp_path, *verify, f"{registry.host}/team/app@{each}")
            assert verified.returncode == 0, verified.stderr
        assert cosign(tmp_path, *verify, f"{registry.host}/mirror/app@{digest}").returncode != 0
        # The signature did not take the place of what was there.
        assert len(registry.referrers("team/app", platform["digest"])) >= 2


def test_without_attest_nothing_lies_beside_the_image(overlay2: Store, tmp_path: Path) -> None:
    with served(tmp_path / "registry") as registry:
        digest = pushed(overlay2, tmp_path / "app", registry, "--no-attest")
        (platform,) = registry.index("team/app", digest)["manifests"]
        with pytest.raises(OSError, match="404"):
            registry.referrers("team/app", platform["digest"])
