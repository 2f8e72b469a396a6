"""The daemons of the tests: the running one, and a second one that the tests start."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ci_slim.engine.docker import LOST_INIT

_OWN = os.getpid() % 250


@dataclass(frozen=True, slots=True)
class Place:
    """Names and addresses for one daemon of this session. Two sessions may run on one machine."""

    bridge: str
    gateway: str
    networks: str


_FREE = [
    Place(f"cislim{os.getpid()}{letter}", f"172.{net + 1}.{_OWN}.1/24", f"172.{net}.{_OWN}.0/24")
    for letter, net in (("c", 25), ("b", 27), ("a", 29))
]
"""Places that no daemon of this session uses now."""

MIRROR = "http://127.0.0.1:5055"
"""The registry in which tests/machine/base-images.sh stores the replacements of public images."""

_MACHINE = Path(__file__).parents[1] / "machine"

START_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Store:
    """A Docker daemon with one of the two image stores, and how clients reach it."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    is_shared: bool = False
    """Whether others may use it."""
    start: "Callable[[], object] | None" = field(default=None, compare=False)
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list, compare=False)
    """The processes of the daemon, if the tests started it: the last one runs."""

    def restart(self) -> None:
        """End the daemon, start it again on the same data, and wait until it answers.

        To be called from the main thread, because the daemon ends with the thread that started it,
        and in a network namespace without other daemons: a dockerd that starts on used data removes
        the bridge docker0.
        """
        assert self.start is not None, "the tests did not start this daemon"
        _end(self.processes[-1])
        self.start()

    def docker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run the docker client against this daemon. The failure shows its error text. Repeated if
        runc lost its own first process, which says nothing about the image."""
        for _ in range(2):
            done = subprocess.run(
                ["docker", *arguments],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=300,
            )
            if not done.returncode or LOST_INIT.encode() not in done.stdout + done.stderr:
                break
        if check and done.returncode != 0:
            raise AssertionError(
                f"docker {' '.join(arguments)} on {self.name} ended with {done.returncode}:\n"
                f"{done.stderr.decode('utf-8', 'replace')}"
            )
        return done

    def build_text(self, dockerfile: str, reference: str) -> None:
        """Build an image from the text of a Dockerfile, without a context."""
        subprocess.run(
            ["docker", "buildx", "build", "--load", "--provenance=false", "--tag", reference, "-"],
            env={**os.environ, **self.environment},
            input=dockerfile.encode(),
            capture_output=True,
            check=True,
            timeout=300,
        )

    def text(self, *arguments: str) -> str:
        """The client's output without spaces at its ends."""
        return self.docker(*arguments).stdout.decode("utf-8", "replace").strip()

    def is_containerd(self) -> bool:
        """Whether images are in containerd's store, as `docker info` says."""
        status = json.loads(self.text("info", "--format", "{{json .DriverStatus}}"))
        return any("containerd.snapshotter" in str(value) for _, value in status or ())


def answering() -> Store:
    """The daemon of the environment."""
    return Store("overlay2", is_shared=True)


@contextlib.contextmanager
def second(docker: Path | None = None, kind: str = "containerd") -> Iterator[Store]:
    """Start a dockerd for this session with this image store: the one on PATH, or the one unpacked
    at `docker`.

    It has its own folders and its own bridge, and does not use iptables, because a second dockerd
    with iptables would empty the chains of the first. So its containers cannot reach anything.
    """
    with tempfile.TemporaryDirectory(
        prefix="ci-slim-dockerd-", dir=_disk(), ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        with _place() as place, (folder / "log").open("w+b") as log:
            socket = f"unix://{folder}/docker.sock"
            clients = client28(docker) if docker else {}

            def start() -> None:
                process = subprocess.Popen(
                    _command(folder, socket, place, kind),
                    env={**os.environ, **programs(docker)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                store.processes.append(process)
                _wait(store, process, folder / "log")

            store = Store(kind, {"DOCKER_HOST": socket, **clients}, start=start)
            try:
                start()
                yield store
            finally:
                _stop(store.processes[-1], folder)


def docker28() -> Path:
    """The folder with the unpacked Docker 28 of Debian sid."""
    return unpacked("docker-28")


def unpacked(name: str) -> Path:
    """The folder with unpacked packages of Debian sid."""
    return _printed("unpack-sid.sh", name)


def engine_of(suite: str) -> Path:
    """The folder with the unpacked engine that a release of Debian or Ubuntu has now."""
    return _printed("unpack-engine.sh", suite)


def _printed(script: str, word: str) -> Path:
    done = subprocess.run([_MACHINE / script, word], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def client28(docker: Path) -> dict[str, str]:
    """The environment in which `docker` is the unpacked client with its buildx."""
    config = docker / "client/config.json"
    config.parent.mkdir(exist_ok=True)
    plugins = [str(docker / "usr/libexec/docker/cli-plugins")]
    config.write_text(json.dumps({"cliPluginsExtraDirs": plugins}))
    return {**programs(docker), "DOCKER_CONFIG": str(config.parent)}


def programs(docker: Path | None) -> dict[str, str]:
    """The environment in which an unpacked engine comes before the machine's."""
    if docker is None:
        return {}
    libraries = f"{os.uname().machine}-linux-gnu"
    return {
        "PATH": f"{docker / 'usr/sbin'}:{docker / 'usr/bin'}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": f"{docker / 'usr/lib' / libraries}:{docker / 'lib' / libraries}",
    }


def _disk() -> str:
    """A folder on disk, because the daemon stores gigabytes and /tmp may be in memory."""
    return "/var/tmp"


def _command(folder: Path, socket: str, place: Place, kind: str) -> list[str]:
    settings = folder / "daemon.json"
    features = {"containerd-snapshotter": kind == "containerd"}
    settings.write_text(json.dumps({"features": features}))
    return [
        # If this process is killed, the daemon ends too.
        *("setpriv", "--pdeathsig", "TERM", "dockerd"),
        *("--config-file", str(settings)),
        *("--data-root", str(folder / "data")),
        *("--exec-root", str(folder / "exec")),
        *("--pidfile", str(folder / "dockerd.pid")),
        *("--host", socket),
        *("--bridge", place.bridge),
        "--iptables=false",
        "--ip6tables=false",
        "--ip-masq=false",
        *("--default-address-pool", f"base={place.networks},size=28"),
        *("--registry-mirror", MIRROR),
        # Needed only if the machine's containerd runs: then the daemon shares it, but not its
        # content.
        *("--containerd-namespace", "ci-slim-tests"),
        *("--containerd-plugins-namespace", "ci-slim-tests-plugins"),
    ]


@contextlib.contextmanager
def _place() -> Iterator[Place]:
    """A place with its bridge, for one daemon alone."""
    place = _FREE.pop()
    _ip("link", "delete", place.bridge, check=False)  # left by a killed run
    _ip("link", "add", place.bridge, "type", "bridge")
    try:
        _ip("address", "add", place.gateway, "dev", place.bridge)
        _ip("link", "set", place.bridge, "up")
        yield place
    finally:
        _ip("link", "delete", place.bridge, check=False)
        _FREE.append(place)


def _ip(*arguments: str, check: bool = True) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    assert done.returncode == 0 or not check, f"ip {' '.join(arguments)}: {done.stderr}"


def _wait(store: Store, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while store.docker("info", check=False).returncode != 0:
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            raise AssertionError(
                f"the dockerd with the image store {store.name} "
                f"{'ended' if ended else f'does not answer after {START_SECONDS:g} s'}; "
                f"the end of its log:\n{log.read_text(errors='replace')[-3000:]}"
            )
        time.sleep(0.2)
    assert store.is_containerd() == (store.name == "containerd"), (
        f"the second dockerd does not use the image store {store.name}"
    )


def _stop(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """End the daemon with its containers and its containerd, and check that they are gone."""
    _end(process)
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 5
        while (left := _started_in(folder)) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            time.sleep(0.1)
    for mount in reversed(Path("/proc/mounts").read_text().splitlines()):
        point = mount.split()[1]
        if point.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", point], capture_output=True)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _started_in(folder: Path) -> list[int]:
    """Processes with the folder of the daemon in their arguments: containerd and its shims."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if str(folder).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found
