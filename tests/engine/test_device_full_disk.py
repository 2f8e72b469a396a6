"""A full disk and a power cut leave nothing on a simulated device: the old container runs on, and
the next try updates. The disk fills after the check for room, because another process writes."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from daemons import engine_of
from device_releases import REPOSITORY, docker, publish
from registries import Served, served
from simulated_device import SimulatedDevice, simulated_device
from trials import trials

from ci_slim.device import ci_slim_update

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
DISK = 600_000_000
LAYERS = f"ci-slim-layers/{REPOSITORY}:stable"
SMALL = 100_000
"""Bytes that docker may keep for itself: folders, and what it knows of a registry."""


@dataclass(frozen=True)
class Board:
    """A simulated device on which a container of the first release runs."""

    device: SimulatedDevice
    folder: Path
    old: str
    new: str

    @property
    def stable(self) -> str:
        return f"{self.device.relay.host}/{REPOSITORY}:stable"

    def install(self) -> None:
        """Pull the first release if it is not there, and forget the second."""
        if self.device.docker("ps", "--all", "--quiet"):
            self.device.docker("rm", "--force", "app")
        if self.device.image_id(self.new):
            self.device.docker("rmi", "--force", self.new)
        if self.device.image_id(LAYERS):
            self.device.docker("rmi", LAYERS)
        if not self.device.image_id(self.old):
            first = self.stable.replace(":stable", ":0")
            self.device.docker("pull", "--quiet", first)
            self.device.docker("tag", first, self.stable)
            self.device.docker("rmi", first)
        self.device.docker("tag", self.old, self.stable)
        run = "run", "--detach", "--name", "app", "--network", "none", "--restart", "always"
        self.device.docker(*run, self.stable, "sleep", "600")

    def update(self, *more: str) -> "subprocess.CompletedProcess[str]":
        return self.device.update(self.stable, "--plain-http", *more)

    @property
    def runs(self) -> tuple[str, str]:
        told = self.device.docker("inspect", "--format", "{{.Image}} {{.State.Running}}", "app")
        image, running = told.split()
        return image, running

    @property
    def images(self) -> set[str]:
        return set(self.device.docker("images", "--all", "--quiet", "--no-trunc").split())

    @property
    def copies(self) -> list[str]:
        """The files of the updater, and what docker copies."""
        places = self.device.disk / "update", self.device.disk / "docker/tmp"
        return sorted(each.name for place in places for each in place.rglob("*"))

    @property
    def layer(self) -> str:
        """The digest of the layer in the delta."""
        layout = self.folder / "delta/linux-amd64"
        (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
        artifact = json.loads((layout / "blobs/sha256" / entry["digest"][7:]).read_text())
        return str(artifact["layers"][2]["digest"])


@pytest.fixture(scope="module")
def device(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Board]:
    """A device with this image store: for containerd's with Docker 29, since that takes deltas."""
    folder = tmp_path_factory.mktemp("releases")
    with served(folder / "registry") as registry:
        old, new = publish(folder, registry)
        docker("rmi", f"{registry.host}/{REPOSITORY}:0")
        engine = None
        if request.param == "containerd":
            engine = engine_of("noble-updates")
            old, new = (digest_of(registry, tag) for tag in "01")
        with simulated_device(DISK, registry.host, engine, request.param) as made:
            yield Board(made, folder, old, new)


def digest_of(registry: Served, tag: str) -> str:
    """What the containerd store takes for the id of an image."""
    url = f"http://{registry.host}/v2/{REPOSITORY}/manifests/{tag}"
    request = urllib.request.Request(url, headers={"Accept": ci_slim_update.MANIFESTS})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.headers["Docker-Content-Digest"])


CLASSIC = pytest.mark.parametrize("device", ["overlay2"], indirect=True)
BOTH = pytest.mark.parametrize("device", ["overlay2", *trials("containerd")], indirect=True)


@pytest.fixture
def board(device: Board) -> Board:
    device.install()
    return device


Moment = Callable[[Board], AbstractContextManager[None]]


@contextlib.contextmanager
def download(board: Board) -> Iterator[None]:
    """The disk fills when the layer of the delta is asked for."""

    def fill(path: str) -> None:
        if path.endswith(board.layer):
            board.device.fill()

    board.device.relay.before = fill
    try:
        yield
    finally:
        board.device.relay.before = lambda _: None


@contextlib.contextmanager
def rebuild(board: Board) -> Iterator[None]:
    """The disk fills when the delta and the old image are there: `zstd` is started then."""
    programs = board.device.folder / "bin"
    programs.mkdir()
    started, go = board.device.folder / "started", board.device.folder / "go"
    for each in (started, go):
        os.mkfifo(each)
    script = f'#!/bin/sh\necho >{started}\nread -r _ <{go}\nexec {shutil.which("zstd")} "$@"\n'
    (programs / "zstd").write_text(script)
    (programs / "zstd").chmod(0o755)

    def fill() -> None:
        started.read_text()
        board.device.fill()
        go.write_text("\n")

    threading.Thread(target=fill, daemon=True).start()
    board.device.programs = str(programs)
    try:
        yield
    finally:
        board.device.programs = ""
        for each in (started, go):
            each.unlink()
        shutil.rmtree(programs)


@contextlib.contextmanager
def after(
    device: SimulatedDevice, request: bytes, sent: int, do: Callable[[], None]
) -> Iterator[None]:
    """Calls `do` when the updater has sent so many bytes of a request to the daemon, or the daemon
    of an answer that begins so."""
    path = device.folder / "between.sock"

    def copy(source: socket.socket, to: socket.socket) -> None:
        count, counts = 0, None
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 14):
                counts = request in piece[:400] if counts is None else counts
                before, count = count, count + len(piece)
                if counts and before < sent <= count:
                    do()
                to.sendall(piece)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_WR)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    near, _ = server.accept()
                    far = socket.socket(socket.AF_UNIX)
                    far.connect(str(device.folder / "docker.sock"))
                    for pair in ((near, far), (far, near)):
                        threading.Thread(target=copy, args=pair, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        device.host = f"unix://{path}"
        try:
            yield
        finally:
            device.host = ""
            server.shutdown(socket.SHUT_RDWR)
            path.unlink()


def save(board: Board) -> AbstractContextManager[None]:
    return after(board.device, b"application/x-tar", 1_000_000, board.device.fill)


def load(board: Board) -> AbstractContextManager[None]:
    return after(board.device, b"POST /images/load", 200_000, board.device.fill)


def unpack(board: Board) -> AbstractContextManager[None]:
    """The whole archive is with the daemon."""
    return after(board.device, b"POST /images/load", 404_000, board.device.fill)


def tag(board: Board) -> AbstractContextManager[None]:
    return after(board.device, b"POST /images/ci-slim-new", 1, board.device.fill)


@BOTH
@pytest.mark.parametrize(
    "moment", [download, save, rebuild, load, unpack], ids=lambda each: str(each.__name__)
)
def test_a_disk_that_fills_up_changes_nothing_and_the_next_try_updates(
    moment: Moment, board: Board
) -> None:
    before, images = board.device.used, board.images
    with moment(board):
        done = board.update("--delta-only")
    board.device.empty()
    assert (done.returncode, board.runs) == (1, (board.old, "true")), done.stderr
    assert "o space left on device; what runs was not changed; make room on" in done.stderr
    assert (board.images, board.copies) == (images, ["lock"])
    assert board.device.used - before < SMALL
    assert board.device.image_id(board.stable) == board.old
    done = board.update("--delta-only")
    assert (done.returncode, board.device.image_id(board.stable)) == (0, board.new), done.stderr


@BOTH
def test_a_pull_that_cannot_fit_is_not_begun(board: Board) -> None:
    board.device.fill(200_000)
    counted = board.device.relay.counted
    done = board.update()
    counted = board.device.relay.counted - counted
    board.device.empty()
    assert (done.returncode, board.runs) == (1, (board.old, "true")), done.stderr
    assert "there is too little room: a delta needs 1" in done.stderr
    assert "there is too little room: a pull needs at least 0.4 MB" in done.stderr
    print(f"{counted} bytes were downloaded")
    assert counted < 10_000
    assert board.copies == ["lock"]
    done = board.update()
    assert (done.returncode, board.device.image_id(board.stable)) == (0, board.new), done.stderr


@CLASSIC
def test_a_disk_that_is_full_when_the_tag_moves_leaves_no_second_name(board: Board) -> None:
    with tag(board):
        done = board.update("--delta-only")
    board.device.empty()
    assert (done.returncode, board.runs) == (1, (board.old, "true")), done.stderr
    done = board.update("--delta-only")
    assert (done.returncode, board.device.image_id(board.stable)) == (0, board.new), done.stderr
    assert not board.device.image_id(f"ci-slim-new/{REPOSITORY}:stable")
    assert board.copies == ["lock"]


@CLASSIC
def test_a_layer_that_docker_did_not_finish_is_removed_after_the_power_cut(board: Board) -> None:
    layers = board.device.disk / "docker/overlay2"
    before, known = board.device.used, set(layers.iterdir())
    process = subprocess.Popen(
        board.device.command(board.stable, "--plain-http", "--delta-only"),
        env=board.device.environment, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while set(layers.iterdir()) == known:
        assert process.poll() is None
    board.device.freeze()
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    board.device.cut_power()
    board.device.start()
    (left,) = set(layers.iterdir()) - known
    done = board.update("--delta-only")
    assert (done.returncode, left.exists()) == (0, False), done.stderr
    assert "removed 1 layer that docker did not finish when the power failed" in done.stderr
    assert board.device.image_id(board.stable) == board.new
    board.device.docker("rm", "--force", "app")
    board.device.docker("rmi", "--force", board.new)
    assert board.device.used - before < SMALL
