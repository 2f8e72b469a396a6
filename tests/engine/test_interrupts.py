"""Ctrl-C and SIGTERM at any moment give exit code 130, and everything that was started is
removed."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Call, Done
from daemons import Store
from recipes import ARM64, RECIPES
from trials import trials

Build = Callable[..., str]


def stopped(done: Done, number: signal.Signals) -> None:
    assert done.code == 130, done.stderr
    assert f"stopped by {number.name}" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.report is None


def slim(store: Store, image: str, name: str, folder: Path, *more: str) -> Call:
    return Call(store, ["slim", *RECIPES[name].flags(), *more, image], folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", [0.0, *trials(0.3), 0.7, *trials(1.2, 2.0, 3.0)])
def test_after_some_time(
    after: float, number: signal.Signals, overlay2: Store, built: Build, tmp_path: Path
) -> None:
    # never ready, so it is still running, however fast the machine is
    image = built("overlay2", "server")
    call = slim(overlay2, image, "server", tmp_path, "--ready=log:never@60s")
    call.wait_for_handler(number)
    time.sleep(after)  # the time of the signal is what is tested
    call.process.send_signal(number)
    stopped(call.end(), number)


@pytest.mark.parametrize(
    ("phase", "number"),
    [
        ("observe …", signal.SIGTERM),
        ("observe done", signal.SIGINT),
        ("write …", signal.SIGTERM),
        ("replay …", signal.SIGINT),
    ],
)
def test_in_a_phase(
    phase: str, number: signal.Signals, overlay2: Store, built: Build, tmp_path: Path
) -> None:
    call = slim(overlay2, built("overlay2", "server", ARM64), "server", tmp_path, "--tag=x/y:z")
    call.wait_for(phase)
    call.process.send_signal(number)
    stopped(call.end(), number)
    assert overlay2.docker("image", "inspect", "x/y:z", check=False).returncode != 0


@pytest.mark.parametrize("after", [0.0, *trials(0.1, 0.2), 0.4, *trials(0.8)])
def test_while_the_slim_image_is_loaded_and_run(
    after: float, overlay2: Store, built: Build, tmp_path: Path
) -> None:
    call = slim(overlay2, built("overlay2", "server"), "server", tmp_path)
    call.wait_for("replay …")
    time.sleep(after)  # the time of the signal is what is tested
    call.process.send_signal(signal.SIGTERM)
    done = call.end()  # checks that nothing is left
    if after == 0 or done.code != 0:  # a fast machine may have finished by then
        stopped(done, signal.SIGTERM)


@pytest.mark.parametrize(
    "after", [0.0, *trials(0.01, 0.02), 0.04, *trials(0.06, 0.08), 0.12, *trials(0.16, 0.24)]
)
def test_while_the_normal_end_removes_things(
    after: float, overlay2: Store, built: Build, tmp_path: Path
) -> None:
    call = slim(overlay2, built("overlay2", "server"), "server", tmp_path)
    call.wait_for("replay done")
    time.sleep(after)  # the time of the signal is what is tested
    call.process.send_signal(signal.SIGTERM)
    done = call.end()  # checks that nothing is left
    assert done.code in (0, 130), done.stderr
    assert "Traceback" not in done.stderr


def test_in_the_replay_on_the_containerd_store(
    stores: Callable[[str], Store], built: Build, tmp_path: Path
) -> None:
    call = slim(stores("containerd"), built("containerd", "tricky"), "tricky", tmp_path)
    call.wait_for("replay …")
    call.process.send_signal(signal.SIGTERM)
    stopped(call.end(), signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_a_build(number: signal.Signals, store: Store, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM debian:trixie-slim\nRUN echo begun {tmp_path.name} && sleep 300\n"
    )
    settings = tmp_path / "settings.yml"
    settings.write_text(f"version: 1\nimages:\n  slow:\n    build: {{context: {tmp_path}}}\n")
    call = Call(store, ["run", "--config", str(settings)], tmp_path)
    call.wait_for("RUN echo begun")
    call.process.send_signal(number)
    done = call.end()
    stopped(done, number)
    assert done.seconds < 60


def test_a_second_ctrl_c_does_not_stop_the_cleaning_up(
    overlay2: Store, built: Build, tmp_path: Path
) -> None:
    call = slim(overlay2, built("overlay2", "server"), "server", tmp_path)
    call.wait_for("replay …")
    for _ in range(3):  # to the whole group, as a terminal does
        os.killpg(call.process.pid, signal.SIGINT)
        time.sleep(0.05)
    stopped(call.end(), signal.SIGINT)
