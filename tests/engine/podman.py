"""podman with its Docker-compatible API, as root and as a user without rights."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from daemons import START_SECONDS, Store

USER = f"cislim{os.getpid()}"
TUN = Path("/dev/net/tun")
"""Pasta, the network of a rootless container, opens it as the user."""
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
            TUN.chmod(0o666)  # the mode that udev gives it; without udev only root can open it
            _run("useradd", "--no-create-home", "--home-dir", str(folder), USER)
            stack.callback(_run, "userdel", USER)
            # Each exec process of podman has a helper process that runs for minutes after it.
            stack.callback(subprocess.run, ["pkill", "-KILL", "-u", USER], check=False)
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


@contextlib.contextmanager
def storage() -> Iterator[dict[str, str]]:
    """The environment in which `podman` has a storage of its own, removed at the end."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ci-slim-podman-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "containers.conf").write_text(SETTINGS)
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/storage"\n'
            f'runroot = "{folder}/run"\n'
        )
        environment = {
            **os.environ,
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }
        stack.callback(_reset, ["podman"], environment)
        yield environment


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
