"""podman with its Docker-compatible API, as root and as a user without rights."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from daemons import START_SECONDS, Store

USER = f"cislim{os.getpid()}"
TUN, FUSE = Path("/dev/net/tun"), Path("/dev/fuse")
"""Opened as the user by pasta, the network of a rootless container, and by fuse-overlayfs."""
# runc and cgroupfs, because crun refuses a machine with hybrid cgroups, and there may be no
# systemd.
SETTINGS = """[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


@contextlib.contextmanager
def service(*, rootless: bool) -> Iterator[Store]:
    """A podman with its own storage, removed at the end of the block."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ci-slim-podman-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        wrapper: list[str] = []
        if rootless:
            _open_for_users()
            _run("useradd", "--no-create-home", "--home-dir", str(folder), USER)
            stack.callback(_remove_user, USER)
            _run("chown", USER, str(folder))
            wrapper = ["runuser", "-u", USER, "--"]
        (folder / "containers.conf").write_text(SETTINGS)
        (folder / "run").mkdir(mode=0o700)
        if rootless:
            _run("chown", USER, str(folder / "run"))
        address = f"unix://{folder}/socket"
        environment = {
            **os.environ,
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
        }
        podman = [*wrapper, "podman", f"--root={folder}/storage", f"--runroot={folder}/run/storage"]
        stack.callback(_reset, podman, environment)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*podman, "--log-level=error", "system", "service", "--time=0", address],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        stack.callback(_end, process)
        store = Store("podman", {"DOCKER_HOST": address})
        deadline = time.monotonic() + START_SECONDS
        while store.docker("version", check=False).returncode:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "podman does not answer"
            time.sleep(0.1)
        yield store


@dataclass(frozen=True)
class Storage:
    """A storage of podman, and who uses it."""

    folder: Path
    environment: Mapping[str, str]
    wrapper: tuple[str, ...] = ()
    """What comes before a command, so that it runs as the user."""


@contextlib.contextmanager
def storage(rootless: str = "") -> Iterator[Storage]:
    """The environment in which `podman` has a storage of its own, removed at the end: root's, or
    one of a user without rights with the driver `overlay`, `fuse-overlayfs` or `vfs`."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ci-slim-podman-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        driver = "vfs" if rootless == "vfs" else "overlay"
        mounted = rootless == "fuse-overlayfs"
        (folder / "containers.conf").write_text(SETTINGS)
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "{driver}"\ngraphroot = "{folder}/storage"\n'
            f'runroot = "{folder}/run/storage"\n'
            + ('[storage.options.overlay]\nmount_program = "/usr/bin/fuse-overlayfs"\n' * mounted)
        )
        (folder / "run").mkdir(mode=0o700)
        environment = {
            **os.environ,
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }
        wrapper = []
        if rootless:
            user = f"{USER}{driver[0]}{'m' * mounted}"
            _open_for_users()
            _run("useradd", "--no-create-home", "--home-dir", str(folder), user)
            stack.callback(_remove_user, user)
            _run("chown", "--recursive", user, str(folder))
            wrapper = ["runuser", "-u", user, "--"]
            environment.update(HOME=str(folder), XDG_RUNTIME_DIR=str(folder / "run"))
        stack.callback(_reset, [*wrapper, "podman"], environment)
        yield Storage(folder, environment, tuple(wrapper))


def _open_for_users() -> None:
    """Give devices the mode that udev gives them; without udev only root can open them."""
    for device in (TUN, FUSE):
        device.chmod(0o666)


def _remove_user(user: str) -> None:
    """Each exec process of podman has a helper process that runs for minutes after it. A killed
    one is there until the kernel has cleared it up, and so long `userdel` refuses."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        subprocess.run(["pkill", "-KILL", "-u", user])
        done = subprocess.run(["userdel", user], capture_output=True, text=True)
        if done.returncode == 0:
            return
        assert time.monotonic() < deadline, done.stderr
        time.sleep(0.2)


def _end(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(30)


def _reset(podman: list[str], environment: dict[str, str]) -> None:
    """Remove it with podman, because only podman can remove files of other ids and mounts."""
    subprocess.run(
        [*podman, "system", "reset", "--force"], cwd="/", env=environment, capture_output=True
    )


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)
