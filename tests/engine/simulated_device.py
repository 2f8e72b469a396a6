"""A device for tests: a dockerd in its own network namespace, on a disk of a given size, behind a
link of a given speed. The bytes that it downloads are counted at the registry's side. The dockerd
is that of the machine, or one that was unpacked.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from daemons import programs

from ci_slim.device import ci_slim_update

_START_SECONDS = 60.0
_CHUNK = 1 << 16


class Relay:
    """Passes requests on to a registry, and counts the bytes of the answers' bodies."""

    def __init__(self, address: str, registry: str) -> None:
        self.counted = 0
        self.before: Callable[[str], None] = lambda _: None
        """Called with the path of a request before it is passed on."""
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            default_request_version = "HTTP/1.0"  # so that docker sees that it is no TLS

            def do_GET(self) -> None:
                relay.before(self.path)
                upstream = http.client.HTTPConnection(registry, timeout=60)
                names = {each for each in self.headers if each.lower() != "host"}
                headers = {each: ", ".join(self.headers.get_all(each, [])) for each in names}
                upstream.request(self.command, self.path, headers=headers)
                answer = upstream.getresponse()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("date", "connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.end_headers()
                while self.command == "GET" and (piece := answer.read(_CHUNK)):
                    self.wfile.write(piece)
                    relay.counted += len(piece)
                upstream.close()

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self._server.daemon_threads = True
        self.host = f"{address}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class SimulatedDevice:
    """The device. Its images come from `registry`, which is the relay's address."""

    folder: Path
    namespace: str
    relay: Relay
    engine: Path | None = None
    """The folder of an unpacked engine."""
    kind: str = "overlay2"
    """The image store: that, or containerd."""
    programs: str = field(default="", init=False)
    """A folder with programs that come first."""
    host: str = field(default="", init=False)
    """Where the daemon is reached, if that is not its own socket."""
    _dockerd: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def environment(self) -> dict[str, str]:
        path = ":".join(filter(None, (self.programs, os.environ["PATH"])))
        host = self.host or f"unix://{self.folder}/docker.sock"
        return {**os.environ, "DOCKER_HOST": host, "PATH": path}

    @property
    def used(self) -> int:
        """Bytes of the disk in use, as df shows them."""
        told = os.statvfs(self.disk)
        return (told.f_blocks - told.f_bfree) * told.f_frsize

    def fill(self, left: int = 0) -> None:
        """Take all room of the disk but so many bytes, as another process may."""
        with (self.disk / "filler").open("ab") as out:
            step = 1 << 30
            while step >= 512:
                try:
                    os.posix_fallocate(out.fileno(), out.seek(0, os.SEEK_END), step)
                except OSError:
                    step //= 2
            out.truncate(out.seek(0, os.SEEK_END) - left)

    def empty(self) -> None:
        """Give the room back."""
        (self.disk / "filler").unlink(missing_ok=True)

    def start(self) -> None:
        """Start the daemon, and wait until it answers. Each start is one of the device."""
        (self.folder / "boot_id").write_text(str(uuid.uuid4()))
        settings = self.folder / "daemon.json"
        features = {"containerd-snapshotter": self.kind == "containerd"}
        settings.write_text(json.dumps({"features": features}))
        with (self.folder / "log").open("ab") as log:
            self._dockerd = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.namespace}", "dockerd",
                 "--config-file", str(settings),
                 "--data-root", str(self.disk / "docker"), "--exec-root", str(self.folder / "exec"),
                 "--pidfile", str(self.folder / "dockerd.pid"),
                 "--host", f"unix://{self.folder}/docker.sock",
                 "--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-masq=false",
                 "--insecure-registry", self.relay.host],
                env={**os.environ, **programs(self.engine)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while self._run("docker", "info").returncode:
            if self._dockerd.poll() is not None or time.monotonic() > deadline:
                end = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise AssertionError(f"the device's dockerd does not answer:\n{end}")
            time.sleep(0.1)

    def freeze(self) -> None:
        """Stop the daemon in the middle of what it does, until the power is cut."""
        assert self._dockerd is not None
        os.kill(self._dockerd.pid, signal.SIGSTOP)

    def cut_power(self) -> None:
        """Kill everything of the device at once."""
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._dockerd is not None:
            self._dockerd.wait()
        deadline = time.monotonic() + 20
        while self._processes() and time.monotonic() < deadline:
            time.sleep(0.05)
        (self.folder / "dockerd.pid").unlink(missing_ok=True)
        (self.folder / "exec/containerd/containerd.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """End the daemon, and everything that is left of the device."""
        if self._dockerd is not None and self._dockerd.poll() is None:
            os.kill(self._dockerd.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._dockerd.wait(20)
        self.cut_power()

    def _processes(self) -> list[int]:
        """All processes in the device's network namespace."""
        done = subprocess.run(
            ["ip", "netns", "pids", self.namespace], capture_output=True, text=True
        )
        return [int(each) for each in done.stdout.split()]

    def docker(self, *arguments: str) -> str:
        done = self._run("docker", *arguments)
        assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
        return done.stdout.strip()

    def image_id(self, name: str) -> str:
        """The id of an image; "" when there is none."""
        return self._run("docker", "image", "inspect", "--format", "{{.Id}}", name).stdout.strip()

    def command(self, *arguments: str) -> list[str]:
        """A call of ci-slim-update on the device."""
        script = Path(ci_slim_update.__file__)
        boot = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"'
        return [
            "nsenter", f"--net=/run/netns/{self.namespace}",
            "unshare", "--mount", "sh", "-c", boot, str(self.folder / "boot_id"),
            *(sys.executable, str(script)), *arguments, "--folder", str(self.disk / "update"),
        ]  # fmt: skip

    def update(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self._run(*self.command(*arguments))

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            words, env=self.environment, capture_output=True, text=True, timeout=300
        )

    def link(self, rate: str) -> None:
        """Shape the link to the device, such as `1mbit`."""
        run("tc", "qdisc", "replace", "dev", _host_end(self.namespace), "root", "tbf",
            "rate", rate, "burst", "32kb", "latency", "400ms")  # fmt: skip

    @contextlib.contextmanager
    def watched(self) -> Iterator[list[int]]:
        """The most that the disk held while the block ran is the last of the list."""
        peak, done = [self.used], threading.Event()

        def watch() -> None:
            while not done.wait(0.005):
                peak.append(max(peak[-1], self.used))

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield peak
        finally:
            done.set()
            thread.join()


def _host_end(namespace: str) -> str:
    return f"{namespace}h"


def run(*words: str, check: bool = True) -> None:
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 or not check, f"{' '.join(words)}: {done.stderr}"


@contextlib.contextmanager
def simulated_device(
    size: int, registry: str, engine: Path | None = None, kind: str = "overlay2"
) -> Iterator[SimulatedDevice]:
    """A device with a disk of so many bytes, and a relay to the registry at this address. `engine`
    is the folder of an unpacked engine, `kind` its image store."""
    number = os.getpid() % 250
    namespace, near, far = f"cisd{os.getpid()}", f"172.24.{number}.1", f"172.24.{number}.2"
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="ci-slim-device-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        image = folder / "disk.img"
        with image.open("wb") as out:
            out.truncate(size)
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", str(image))
        (folder / "disk").mkdir()
        run("mount", "-o", "loop", str(image), str(folder / "disk"))
        stack.callback(run, "umount", "--lazy", str(folder / "disk"), check=False)
        run("ip", "netns", "add", namespace)
        stack.callback(run, "ip", "netns", "delete", namespace, check=False)
        host = _host_end(namespace)
        run("ip", "link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        stack.callback(run, "ip", "link", "delete", host, check=False)
        run("ip", "address", "add", f"{near}/24", "dev", host)
        run("ip", "link", "set", host, "up")
        for words in (("address", "add", f"{far}/24", "dev", "eth0"), ("link", "set", "eth0", "up"),
                      ("link", "set", "lo", "up")):  # fmt: skip
            run("ip", "-n", namespace, *words)
        relay = Relay(near, registry)
        stack.callback(relay.close)
        device = SimulatedDevice(folder, namespace, relay, engine, kind)
        stack.callback(device.stop)
        device.start()
        yield device
