"""What a container has besides its image: read from the settings, and given to the daemon."""

import io
import tarfile
from pathlib import Path

import pytest

from ci_slim.errors import UsageError
from ci_slim.image.small_tar import below, packed, put_files
from ci_slim.observe.running import host_config
from ci_slim.settings import parse
from ci_slim.settings.plans import HostPlan, PutFile, RunPlan

ALL = """
      files: {/etc/a.conf: {text: "x", mode: "0600"}, /etc/b: {file: b.conf}}
      volumes: [/data]
      tmpfs: ["/run:size=64m", /tmp]
      devices: [/dev/ttyUSB0]
      gpus: all
      runtime: nvidia
      cap_add: [NET_ADMIN]
      cap_drop: [MKNOD]
      shm_size: 64 MiB
      sysctls: {net.core.somaxconn: 1024}
      extra_hosts: {board: 10.0.0.1}
      hostname: device
      init: true
"""
HOST = HostPlan(
    volumes=("/data",),
    tmpfs=("/run:size=64m", "/tmp"),
    devices=("/dev/ttyUSB0",),
    gpus="all",
    runtime="nvidia",
    cap_add=("NET_ADMIN",),
    cap_drop=("MKNOD",),
    shm_size=64 * 2**20,
    sysctls={"net.core.somaxconn": "1024"},
    extra_hosts={"board": "10.0.0.1"},
    hostname="device",
    init=True,
)


def run_of(text: str) -> RunPlan:
    """The run of an image whose settings file is in the folder `conf`."""
    files = {"conf/b.conf": b"y"}

    def read(name: str) -> bytes:
        if name not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return files[name]

    document = f"version: 1\nimages:\n  app:\n    image: x\n    run:{text}"
    (image,) = parse(document, "conf/s.yml", {}, read=read).images
    return image.run


def test_what_docker_run_would_give_is_read() -> None:
    run = run_of(ALL)
    assert run.host == HOST
    assert run.files == (PutFile("/etc/a.conf", b"x", 0o600), PutFile("/etc/b", b"y"))


def test_nothing_is_asked_of_the_daemon_by_default() -> None:
    assert host_config(HostPlan(), {}) == {}
    assert run_of(" {}").host == HostPlan()


def test_the_daemon_is_given_all_of_it_and_what_the_tracer_needs() -> None:
    watch = {"cap_add": ["SYS_PTRACE"], "security_opt": ["seccomp=x"]}
    assert host_config(HOST, watch) == {
        "tmpfs": {"/run": "size=64m", "/tmp": ""},
        "devices": ["/dev/ttyUSB0"],
        "cap_add": ["NET_ADMIN", "SYS_PTRACE"],
        "cap_drop": ["MKNOD"],
        "shm_size": 64 * 2**20,
        "sysctls": {"net.core.somaxconn": "1024"},
        "extra_hosts": {"board": "10.0.0.1"},
        "init": True,
        "runtime": "nvidia",
        "device_requests": [
            {
                "Driver": "",
                "Count": -1,
                "DeviceIDs": None,
                "Capabilities": [["gpu"]],
                "Options": {},
            }
        ],
        "security_opt": ["seccomp=x"],
    }
    assert host_config(HostPlan(read_only=True, gpus="2"), {})["read_only"] is True
    assert host_config(HostPlan(gpus="2"), {})["device_requests"][0]["Count"] == 2


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (" {files: {etc/a: {text: x}}}", "`etc/a` is not the path of a file in the container"),
        (" {files: {/a/../b: {text: x}}}", "`/a/../b` is not the path of a file in the container"),
        (" {files: {/a: {}}}", "`/a` needs either `file` or `text`"),
        (" {files: {/a: {text: x, file: y}}}", "`/a` needs either `file` or `text`"),
        (" {files: {/a: {text: x, mode: '0999'}}}", "`0999` is not a mode in octal"),
        (" {files: {/a: {file: none}}}", "the file `conf/none` cannot be read: no such file"),
        (" {files: {/a: {text: x}}, read_only: true}", "that is `read_only`"),
        (" {network: none, services: {db: {image: x}}}", "`services` need a network"),
        (" {tmpfs: [run]}", "`run` is not an absolute path in the container"),
        (" {volumes: ['/srv:/data']}", "`/srv:/data` names two places, but a volume here is one"),
        (" {gpus: some}", "`some` is not a number of GPUs"),
        (" {network: host}", "`host` is not a value of `network`"),
    ],
)
def test_what_cannot_be_is_refused(run: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        run_of(run + "\n")
    assert message in str(error.value)


def test_files_are_put_without_their_folders() -> None:
    archive = put_files([PutFile("/etc/a.conf", b"x", 0o600)])
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert [(each.name, each.mode, each.isfile()) for each in tar] == [
            ("etc/a.conf", 0o600, True)
        ]


def test_an_archive_below_a_folder_keeps_contents_and_modes() -> None:
    whole = packed(
        {"tools/bin/x": b"abc"}, mode=0o755, folders={"tools": 0o755, "tools/out": 0o777}
    )
    with tarfile.open(fileobj=io.BytesIO(below(whole, "/tools"))) as tar:
        assert [(each.name, each.mode) for each in tar] == [("out", 0o777), ("bin/x", 0o755)]
        content = tar.extractfile("bin/x")
        assert content is not None
        assert content.read() == b"abc"


def test_the_settings_name_no_folder_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not an absolute path"):
        run_of(" {volumes: ['./data']}\n")
