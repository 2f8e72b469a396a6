"""Platforms of one run side by side: the same images as one after the other, and a signal in the
middle leaves nothing."""

import signal
from pathlib import Path
from typing import Any

import pytest
from command import Call, ci_slim
from daemons import Store
from listener_project import write_project
from recipes import AMD64, ARM64, ARMV6
from trials import trials


@pytest.fixture
def config(programs: Path, tmp_path: Path) -> str:
    path = write_project(programs, tmp_path / "app", (AMD64, ARM64, ARMV6))
    return f"--config={path}"


def digests(platforms: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["platform"], each["slim"]["digest"]) for each in platforms]


def test_images_and_their_order_are_the_same_as_with_one_job(
    overlay2: Store, config: str, tmp_path: Path
) -> None:
    found = []
    for jobs in ("1", "3"):
        folder = tmp_path / jobs
        flags = [config, "--baseline=none", f"--jobs={jobs}", f"--output={folder / 'out'}"]
        done = ci_slim(overlay2, ["run", *flags], folder)
        assert done.code == 0, done.stderr
        found.append(digests(done.platforms))
    assert found[0] == found[1]
    assert [platform for platform, _ in found[0]] == ["linux/amd64", "linux/arm64", "linux/arm/v6"]


@pytest.mark.parametrize("stage", ["observe …", "replay …", *trials("build …", "write …")])
def test_a_signal_in_the_middle_leaves_nothing(
    overlay2: Store, config: str, tmp_path: Path, stage: str
) -> None:
    call = Call(overlay2, ["run", config, "--baseline=none", "--jobs=2"], tmp_path)
    call.wait_for(stage)
    call.process.send_signal(signal.SIGTERM)
    done = call.end()
    assert done.code == 130, done.stderr
    assert "stopped by SIGTERM" in done.stderr
