"""A Docker daemon as if on another machine, like GitLab's docker-in-docker service for a job, or a
board in the office for a runner.

It has its own network with one address, and its own storage. The folder of the project and /tmp are
empty for it. So anything that relies on 127.0.0.1, on published ports or on shared paths fails.
"""

import contextlib
import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import certificates
import daemons
from certificates import Authority
from command import PROJECT
from daemons import Store

SPACE = "cislimhost"
LINK = "cislimhost0"
OURS, ADDRESS = "172.31.250.1", "172.31.250.2"
URL = f"tcp://{ADDRESS}:2376"

_START = """
set -e
mount --make-rprivate /
for hidden in "$HIDDEN" /tmp; do mount -t tmpfs none "$hidden"; done
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class SshServer:
    """How the daemon is reached over ssh, by a key that root there trusts."""

    url: str
    key: str
    known_hosts: str
    socket: str


@contextlib.contextmanager
def other_host() -> Iterator[Store]:
    """Start it, with TLS at port 2376; it needs root, `ip`, `nsenter` and `unshare`."""
    with started() as (store, _):
        yield store


@contextlib.contextmanager
def started() -> Iterator[tuple[Store, Path]]:
    """The same, with the folder of its socket."""
    with (
        tempfile.TemporaryDirectory(
            prefix="ci-slim-host-", dir="/var/tmp", ignore_cleanup_errors=True
        ) as name,
        _network(),
    ):
        folder = Path(name)
        client = folder / "client"
        _make_certificates(folder, client)
        settings = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(client)}
        store = Store("other host", {"DOCKER_HOST": URL, **settings})
        with (folder / "log").open("w+b") as log:
            process = subprocess.Popen(
                [
                    *("nsenter", f"--net=/run/netns/{SPACE}", "unshare", "--mount"),
                    *("sh", "-c", _START, "sh", *_dockerd(folder)),
                ],
                env={**os.environ, "HIDDEN": str(PROJECT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                _wait(store, process, folder / "log")
                yield store, folder
            finally:
                daemons._stop(process, folder)


@contextlib.contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """An sshd on that host, at port 22 of its network."""
    host_key, key = folder / "ssh_host_key", folder / "ssh_key"
    for path in (host_key, key):
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
        subprocess.run(made, check=True, capture_output=True)
    trusted = folder / "authorized_keys"
    trusted.write_text(key.with_suffix(".pub").read_text())
    Path("/run/sshd").mkdir(exist_ok=True)
    options = {
        "ListenAddress": ADDRESS, "HostKey": host_key, "AuthorizedKeysFile": trusted,
        "PidFile": "none", "PasswordAuthentication": "no", "PermitRootLogin": "prohibit-password",
        "StrictModes": "no", "UsePAM": "no",
    }  # fmt: skip
    settings = folder / "sshd_config"
    settings.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    command = ["nsenter", f"--net=/run/netns/{SPACE}", "/usr/sbin/sshd", "-D", "-e"]
    with (folder / "sshd.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "-f", str(settings)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + 30
            while b"listening" not in (folder / "sshd.log").read_bytes():
                assert process.poll() is None and time.monotonic() < deadline, "sshd does not start"
                time.sleep(0.05)
            known = f"{ADDRESS} {host_key.with_suffix('.pub').read_text()}"
            socket = f"{folder}/docker.sock"
            yield SshServer(f"ssh://root@{ADDRESS}{socket}", key.read_text(), known, socket)
        finally:
            process.terminate()
            process.wait(10)


def _dockerd(folder: Path) -> list[str]:
    settings = folder / "daemon.json"
    settings.write_text("{}")
    return [
        "dockerd",
        *("--config-file", str(settings)),
        *("--data-root", str(folder / "data")),
        *("--exec-root", str(folder / "exec")),
        *("--pidfile", str(folder / "dockerd.pid")),
        *("--host", f"unix://{folder}/docker.sock"),
        *("--host", URL, "--tlsverify", "--tlscacert", str(folder / "ca.pem")),
        *("--tlscert", str(folder / "server.pem"), "--tlskey", str(folder / "server-key.pem")),
        "--storage-driver=overlay2",
        *("--containerd-namespace", "ci-slim-host"),
        *("--containerd-plugins-namespace", "ci-slim-host-plugins"),
    ]


def _wait(store: Store, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + daemons.START_SECONDS
    while store.docker("info", check=False).returncode != 0:
        assert process.poll() is None and time.monotonic() < deadline, (
            f"the daemon on the other host does not answer; the end of its log:\n"
            f"{log.read_text(errors='replace')[-3000:]}"
        )
        time.sleep(0.2)


@contextlib.contextmanager
def _network() -> Iterator[None]:
    """A network namespace that is connected to this one. There is one at a time."""
    with Path(f"/tmp/{SPACE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from _connected()


def _connected() -> Iterator[None]:
    _ip("netns", "delete", SPACE, check=False)  # left by a killed run
    _ip("link", "delete", LINK, check=False)
    _ip("netns", "add", SPACE)
    try:
        _ip("link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", SPACE)
        _ip("address", "add", f"{OURS}/30", "dev", LINK)
        _ip("link", "set", LINK, "up")
        _ip("-n", SPACE, "address", "add", f"{ADDRESS}/30", "dev", "eth0")
        _ip("-n", SPACE, "link", "set", "eth0", "up")
        _ip("-n", SPACE, "link", "set", "lo", "up")
        yield
    finally:
        _ip("netns", "delete", SPACE, check=False)
        _ip("link", "delete", LINK, check=False)


def _ip(*arguments: str, check: bool = True) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    assert done.returncode == 0 or not check, f"ip {' '.join(arguments)}: {done.stderr}"


def _make_certificates(server: Path, client: Path) -> None:
    """Make certificates as docker:dind does: a CA, one certificate for the server, and one for
    clients, named ca.pem, cert.pem and key.pem."""
    client.mkdir()
    authority = Authority()
    for folder in (server, client):
        (folder / "ca.pem").write_bytes(authority.pem)
    for certificate, key, usage in (
        (server / "server.pem", server / "server-key.pem", certificates.SERVER),
        (client / "cert.pem", client / "key.pem", certificates.CLIENT),
    ):
        made, secret = authority.signed(usage, [ADDRESS], "docker")
        certificate.write_bytes(made)
        key.write_bytes(secret)
