"""What ci-slim-update says and does when the disk of the device is full."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_going_back import NAME, NEW, OLD, ROLLBACK, Device, Images, Registry

from ci_slim.device import ci_slim_update as update

FULL = "[Errno 28] No space left on device"
WHAT_TO_DO = "make room on the disk and call again: `ci-slim-update clean` shows which images"
KNOWN, LACKING = "sha256:" + "a" * 64, "sha256:" + "b" * 64


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    monkeypatch.setattr(update, "SETTLE_SECONDS", 0.0)
    return Device(tmp_path)


@pytest.mark.parametrize(
    "told",
    [
        FULL,
        "app cannot be pulled: docker says: write /var/lib/docker/tmp/X: no space left on device",
        "`podman pull` failed: write /x: disk quota exceeded",
        "there is too little room: a delta needs 9 bytes in /x, 3 are free",
    ],
)
def test_a_full_disk_is_told_with_what_to_do(told: str) -> None:
    assert update.advised(told).startswith(f"{told}; {WHAT_TO_DO}")


def test_another_error_is_told_as_it_is() -> None:
    assert update.advised("the registry does not answer") == "the registry does not answer"


@pytest.mark.parametrize("step", ["tag", "touch", "pull"])
def test_the_message_says_that_what_runs_was_not_changed(
    step: str, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device") if step == "touch" else update.Problem(FULL)

    device.images.names[ROLLBACK] = "sha256:stale"
    if step == "touch":
        monkeypatch.setattr(Path, "touch", full)
    else:
        monkeypatch.setattr(Images, step, full)
    monkeypatch.setattr(Images, "remove", lambda *_: False)
    with pytest.raises(update.Problem, match=r"No space left on device; what runs was not changed"):
        device.run()
    assert device.images.names[NAME] == OLD
    assert device.images.names[ROLLBACK] == "sha256:stale"
    assert not list(device.folder.glob("unfinished-*"))


def test_the_first_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr("pathlib.Path.mkdir", full)
    assert update.main([NAME, "--folder", str(tmp_path / "folder")]) == update.FAILED
    assert f"failed: {FULL}: '{tmp_path}'; {WHAT_TO_DO}" in capsys.readouterr().err


def test_going_back_ends_with_3_although_the_release_cannot_be_remembered(
    device: Device, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    device.containers[0].states = lambda: ""
    assert device.run() == update.ROLLED_BACK
    assert f"the next call tries this release again: {FULL}" in capsys.readouterr().err
    assert not list(device.folder.glob("unfinished-*"))


@pytest.mark.parametrize(
    ("free", "wanted"),
    [(60, True), (50, True), (39, False)],
    ids=["all fits", "what is lacking fits", "nothing fits"],
)
def test_a_pull_that_cannot_fit_is_not_begun(
    free: int, wanted: bool, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = {
        "config": {"digest": NEW, "size": 2},
        "layers": [
            {"digest": "sha256:1", "size": 11_100_000},
            {"digest": "sha256:2", "size": 40_000_000},
        ],
    }
    config = json.dumps({"rootfs": {"diff_ids": [KNOWN, LACKING]}}).encode()

    def blob(_: Any, digest: str, size: int, out: io.BytesIO) -> None:
        out.write(config)

    monkeypatch.setattr(Registry, "manifest", lambda *_: (target, "sha256:" + "2" * 64))
    monkeypatch.setattr(Registry, "blob", blob, raising=False)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free * 10**6))
    device.images.stored_layers = (KNOWN,)
    if wanted:
        assert device.run() == update.UPDATED
        return
    with pytest.raises(
        update.Problem, match=r"a pull needs at least 40.0 MB in .*, 39.0 MB are free"
    ):
        device.run()
    assert not device.did("pull")
    assert device.images.names[NAME] == OLD


def test_what_a_full_disk_left_of_an_update_is_removed_also_if_the_image_is_current(
    device: Device,
) -> None:
    device.images.names[NAME] = NEW
    for each in device.containers:
        each.image = NEW
    assert device.run() == update.UP_TO_DATE
    assert "remove ci-slim-new/app:stable" in device.happened
