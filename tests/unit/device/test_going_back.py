"""When ci-slim-update goes back to the old image, and that it does so for all containers."""

import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from ci_slim.device import ci_slim_update as update

OLD, NEW = "sha256:" + "0" * 64, "sha256:" + "1" * 64
NAME = "r.example/app:stable"
ROLLBACK = "ci-slim-rollback/app:stable"


class Images:
    """The images of an engine by their names. `happened` is shared with the containers."""

    knows_manifests = False
    refuses_deltas = ""
    layers_folder = None
    folders: tuple[Path, ...] = ()
    stored_layers: tuple[str, ...] = ()

    def __init__(self, happened: list[str], **names: str) -> None:
        self.happened = happened
        self.names = {NAME: OLD, **names}
        self.unnamed: set[str] = set()

    def image_id(self, name: str) -> str:
        return name if name in self.unnamed else self.names.get(name, "")

    def tags(self, image: str) -> tuple[str, ...]:
        return tuple(name for name, each in self.names.items() if each == image)

    def platform(self, image: str) -> tuple[str, str, str]:
        return ("linux", "amd64", "")

    def tag(self, image: str, name: str) -> None:
        self.happened.append(f"tag {name}")
        self.names[name] = image

    def remove(self, name: str) -> bool:
        self.happened.append(f"remove {name}")
        return True

    def stored(self) -> list[update.Stored]:
        return [update.Stored(OLD, (), (), self.stored_layers)]

    def pull(self, name: str, *_: Any) -> None:
        self.happened.append("pull")
        self.names[NAME] = NEW


class One:
    """A container that can fail in each step."""

    def __init__(self, name: str, happened: list[str], fails: str = "") -> None:
        self.name, self.happened, self.fails, self.image = name, happened, fails, OLD
        self.states: Callable[[], str] = lambda: "10:00"

    def _does(self, step: str) -> None:
        self.happened.append(f"{step} {self.name}")
        if self.fails == step:
            raise update.Problem(f"{step} of {self.name} failed")

    def recover(self) -> None:
        self._does("recover")
        self.image = OLD

    def check(self, *_: Any) -> None:
        self._does("check")

    def replace(self, image: str) -> None:
        self._does("replace")
        self.image = NEW

    def keep(self) -> None:
        self._does("keep")

    def drop(self) -> None:
        self._does("drop")

    @property
    def started(self) -> str:
        return self.states()


class Registry:
    repository = "app"

    def manifest(self, _: str) -> tuple[dict[str, Any], str]:
        return {"config": {"digest": NEW, "size": 2}, "layers": []}, "sha256:" + "2" * 64

    def referrers(self, _: str) -> list[dict[str, Any]]:
        return []


class Device:
    """An update whose engine, registry and containers are doubles."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = update._options([NAME, "--folder", str(folder), "--within", "0", *options])
        self.happened: list[str] = []
        self.images = Images(self.happened)
        self.containers = [One(each, self.happened) for each in ("a", "b")]

    @property
    def made(self) -> update.Update:
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        made = update.Update(self.options, work)
        made.engine = cast(update.Engine, self.images)
        made.containers = cast("list[update.Container]", self.containers)
        made.registry = cast(update.Registry, Registry())
        return made

    def run(self) -> int:
        self.happened.clear()
        return self.made.run()

    def did(self, *steps: str) -> list[str]:
        return [each for each in self.happened if each.split()[0] in steps]


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    monkeypatch.setattr(update, "SETTLE_SECONDS", 0.0)
    return Device(tmp_path)


def test_all_old_containers_are_kept_by_name_before_one_is_removed(device: Device) -> None:
    assert device.run() == update.UPDATED
    assert device.did("keep", "drop") == ["keep a", "keep b", "drop a", "drop b"]
    assert device.images.names == {NAME: NEW, ROLLBACK: OLD}


def test_a_container_that_ends_or_starts_again_after_its_start_is_no_success(
    device: Device, capsys: pytest.CaptureFixture[str]
) -> None:
    device.containers[1].states = lambda: ""
    assert device.run() == update.ROLLED_BACK
    assert "b stopped, restarts or is unhealthy" in capsys.readouterr().err
    assert device.images.names[NAME] == OLD
    assert [each.image for each in device.containers] == [OLD, OLD]


def test_a_container_that_was_started_again_in_between_is_no_success(device: Device) -> None:
    times = iter(["10:00", "10:02"])
    device.containers[0].states = lambda: next(times)
    assert device.run() == update.ROLLED_BACK


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ({"Running": True, "StartedAt": "1"}, "1"),
        ({"Running": True, "StartedAt": "1", "Health": {"Status": "starting"}}, "1"),
        ({"Running": True, "StartedAt": "1", "Health": {"Status": "unhealthy"}}, ""),
        ({"Running": True, "Restarting": True, "StartedAt": "1"}, ""),
        ({"Running": False, "StartedAt": "1"}, ""),
    ],
)
def test_what_the_daemon_says_of_a_container_that_runs(state: Any, wanted: str) -> None:
    class Daemon:
        def inspect(self, *_: str) -> dict[str, Any]:
            return {"Name": "/app", "State": state}

    assert update.Container(cast(update.Daemon, Daemon()), "app").started == wanted


def test_a_container_that_cannot_go_back_does_not_hold_up_the_others(device: Device) -> None:
    device.containers[0].fails = "recover"
    device.containers[0].states = lambda: ""
    with pytest.raises(update.Problem, match="recover of a failed"):
        device.run()
    assert device.happened == ["recover a", "recover b"]  # and nothing else is touched
    device.containers[0].fails = ""
    device.containers[1].fails = "replace"

    def breaks() -> int:
        device.containers[0].fails = "recover" if device.did("replace") else ""
        return 0

    device.containers[1].replace = lambda image: One.replace(  # type: ignore[method-assign]
        device.containers[1], (breaks(), image)[1]
    )
    with pytest.raises(update.Problem, match="recover of a failed"):
        device.run()
    assert device.happened[-3:] == ["recover a", "recover b", f"tag {NAME}"]
    assert device.images.names[NAME] == OLD


def test_a_release_that_did_not_work_is_not_tried_again_until_the_tag_names_another(
    device: Device, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    device.containers[0].states = lambda: ""
    assert device.run() == update.ROLLED_BACK
    device.containers[0].states = lambda: "10:00"
    assert device.run() == update.ROLLED_BACK
    assert not device.did("pull", "replace", "tag")
    (failed,) = device.folder.glob("failed-*")
    assert f"to try it again, remove {failed}" in capsys.readouterr().err
    other = {"config": {"digest": NEW, "size": 2}, "layers": []}, "sha256:" + "3" * 64
    monkeypatch.setattr(Registry, "manifest", lambda *_: other)
    assert device.run() == update.UPDATED
    assert list(device.folder.glob("*-*")) == []


@pytest.mark.parametrize(("runs", "wanted"), [("10:00", OLD), ("", "sha256:stale")])
def test_the_release_before_the_rollback_goes_only_if_the_update_worked(
    runs: str, wanted: str, device: Device
) -> None:
    device.images.names[ROLLBACK] = "sha256:stale"
    device.containers[0].states = lambda: runs
    device.run()
    assert device.images.names[ROLLBACK] == wanted
    assert ("remove sha256:stale" in device.happened) == bool(runs)


def test_the_release_before_the_rollback_stays_if_somebody_named_it(device: Device) -> None:
    device.images.names.update({ROLLBACK: "sha256:stale", "mine:1": "sha256:stale"})
    assert device.run() == update.UPDATED
    assert "remove sha256:stale" not in device.happened


def test_a_release_that_the_tag_names_again_is_not_downloaded_or_removed(
    device: Device, capsys: pytest.CaptureFixture[str]
) -> None:
    device.images.names[ROLLBACK] = NEW
    device.images.unnamed = {NEW}  # the rollback gets another image
    assert device.run() == update.UPDATED
    assert device.images.names == {NAME: NEW, ROLLBACK: OLD}
    assert not device.did("pull") and f"remove {NEW}" not in device.happened
    assert "the device has this image already" in capsys.readouterr().err


def test_a_daemon_that_does_not_remove_the_release_before_is_a_line_in_the_log(
    device: Device, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove(*_: str) -> bool:
        raise update.Problem("timed out")

    monkeypatch.setattr(Images, "remove", remove)
    device.images.names[ROLLBACK] = "sha256:stale"
    assert device.run() == update.UPDATED
    assert "sha256:stale stays: timed out" in capsys.readouterr().err


@pytest.mark.parametrize("moved", [False, True])
def test_a_pull_that_fails_after_the_tag_was_moved_leaves_the_mark(
    moved: bool, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pull(images: Images, *_: Any) -> None:
        images.names[NAME] = NEW if moved else OLD
        raise update.Problem("cut off")

    monkeypatch.setattr(Images, "pull", pull)
    device.images.names[ROLLBACK] = "sha256:stale"
    monkeypatch.setattr(Images, "remove", lambda *_: False)
    with pytest.raises(update.Problem, match="cut off"):
        device.run()
    assert len(list(device.folder.glob("unfinished-*"))) == moved
    assert device.images.names[ROLLBACK] == (OLD if moved else "sha256:stale")


@pytest.mark.parametrize(
    "error",
    [KeyError("to"), TypeError("x"), ValueError("x"), AttributeError("x"), EOFError("x"),
     zlib.error("x"), tarfile.ReadError("x"), OSError(28, "No space left")],
)  # fmt: skip
def test_whatever_is_wrong_with_a_delta_the_image_is_pulled(
    error: Exception, device: Device, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(update.Update, "_by_delta", fails)
    assert device.run() == update.UPDATED
    assert device.did("pull")
    assert f"cannot be applied: {type(error).__name__}: {error}" in capsys.readouterr().err


def test_a_config_that_is_too_large_is_not_read(
    device: Device, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    large = {"config": {"digest": NEW, "size": update.DOCUMENT_MOST + 1}, "layers": []}
    monkeypatch.setattr(Registry, "manifest", lambda *_: (large, "sha256:" + "2" * 64))
    monkeypatch.setattr(update.Update, "_choose", lambda *_: {"layers": []})
    assert device.run() == update.UPDATED
    assert "the image's config is longer than" in capsys.readouterr().err


def test_the_log_says_why_the_last_probe_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Device(tmp_path, "--probe", "exit 7")
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert device.run() == update.FAILED
    assert "the probe failed: it ended with 7" in capsys.readouterr().err


def test_a_restart_command_that_does_not_end_goes_back_and_the_log_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = f"test -e {tmp_path}/hung || {{ touch {tmp_path}/hung; sleep 60; }}"
    device = Device(tmp_path, "--restart", command, "--restart-within", "0.2")
    assert device.run() == update.ROLLED_BACK
    assert device.images.names[NAME] == OLD
    told = capsys.readouterr().err
    assert f"the restart command `{command}` failed: it did not end within 0.2 seconds" in told


def test_a_restart_command_that_fails_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device = Device(tmp_path, "--restart", "exit 5")
    assert device.run() == update.FAILED  # the old image does not start either
    assert "the restart command `exit 5` failed: it ended with 5" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["nan", "inf", "-1", "soon"])
def test_a_time_without_an_end_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--restart-within", "--within"):
        with pytest.raises(SystemExit):
            update._options([NAME, f"{option}={wrong}"])
        assert f"{wrong!r} is no number of seconds" in capsys.readouterr().err
