"""A Docker daemon as on another machine: what GitLab's docker-in-docker service is to a job.

It has its own network, reached by one address only, and its own storage; the project and /tmp look
empty to it. So what relies on 127.0.0.1, on published ports or on shared paths fails.
"""

import contextlib
import datetime
import ipaddress
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import daemons
from command import PROJECT
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from daemons import Store

SPACE = "cislimhost"
LINK = "cislimhost0"
OURS, ADDRESS = "172.31.250.1", "172.31.250.2"

_START = """
set -e
mount --make-rprivate /
for hidden in "$HIDDEN" /tmp; do mount -t tmpfs none "$hidden"; done
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class OtherHost:
    """The daemon at its address, with the client's certificates in `certificates`."""

    store: Store
    certificates: Path


@contextlib.contextmanager
def other_host(*, tls: bool = True) -> Iterator[OtherHost]:
    """Start it, with TLS at port 2376 or without at 2375; it needs root, `ip`, `nsenter` and
    `unshare`."""
    with (
        tempfile.TemporaryDirectory(
            prefix="ci-slim-host-", dir="/var/tmp", ignore_cleanup_errors=True
        ) as name,
        _network(),
    ):
        folder = Path(name)
        certificates = folder / "client"
        _make_certificates(folder, certificates)
        settings = {"DOCKER_HOST": f"tcp://{ADDRESS}:{_port(tls)}"}
        if tls:
            settings |= {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}
        store = Store("other host", settings)
        with (folder / "log").open("w+b") as log:
            process = subprocess.Popen(
                [
                    *("nsenter", f"--net=/run/netns/{SPACE}", "unshare", "--mount"),
                    *("sh", "-c", _START, "sh", *_dockerd(folder, tls)),
                ],
                env={**os.environ, "HIDDEN": str(PROJECT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                _wait(store, process, folder / "log")
                yield OtherHost(store, certificates)
            finally:
                daemons._stop(process, folder)


def _port(tls: bool) -> int:
    return 2376 if tls else 2375


def _dockerd(folder: Path, tls: bool) -> list[str]:
    secured = [
        *("--tlsverify", "--tlscacert", str(folder / "ca.pem")),
        *("--tlscert", str(folder / "server.pem"), "--tlskey", str(folder / "server-key.pem")),
    ]
    settings = folder / "daemon.json"
    settings.write_text("{}")
    return [
        "dockerd",
        *("--config-file", str(settings)),
        *("--data-root", str(folder / "data")),
        *("--exec-root", str(folder / "exec")),
        *("--pidfile", str(folder / "dockerd.pid")),
        *("--host", f"tcp://{ADDRESS}:{_port(tls)}", *(secured if tls else ["--tls=false"])),
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
    """A network namespace with one cable to this one."""
    _ip("netns", "delete", SPACE, check=False)  # left by a run that was killed
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
    """As docker:dind makes them: an authority, one certificate for the server, one for clients,
    which are called ca.pem, cert.pem and key.pem."""
    client.mkdir()
    authority = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName(
        [x509.DNSName("docker"), x509.IPAddress(ipaddress.ip_address(ADDRESS))]
    )
    ca = _certificate("authority", authority, authority, x509.BasicConstraints(True, None))
    for folder in (server, client):
        (folder / "ca.pem").write_bytes(ca)
    for certificate, key, usage in (
        (server / "server.pem", server / "server-key.pem", ExtendedKeyUsageOID.SERVER_AUTH),
        (client / "cert.pem", client / "key.pem", ExtendedKeyUsageOID.CLIENT_AUTH),
    ):
        secret = ec.generate_private_key(ec.SECP256R1())
        certificate.write_bytes(
            _certificate("docker", secret, authority, names, x509.ExtendedKeyUsage([usage]))
        )
        key.write_bytes(
            secret.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
) -> bytes:
    now = datetime.datetime.now(datetime.UTC)

    def called(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(called(name))
        .issuer_name(called("authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False
        )
    )
    for extension in extensions:
        builder = builder.add_extension(extension, isinstance(extension, x509.BasicConstraints))
    return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
