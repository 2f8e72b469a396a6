"""A GitLab runner: gitlab-ci-local, a job in ci-slim's image, and docker-in-docker as its service.

The runner is configured as in gitlab/README.md: privileged, with /certs/client shared by the job
and its service, with the custom CA certificates in both, and with a mirror for the service. Job and
service share nothing else, and reach this machine at the address of a bridge.
"""

import contextlib
import json
import os
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import daemons
import release
from command import PROJECT
from daemons import Store
from recipes import FOLDER

LOCAL = PROJECT / "build/gitlab-ci-local/node_modules/.bin/gitlab-ci-local"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
SERVICE = f"docker:cislim{os.getpid()}-dind"
"""The image of the service, given as the input `docker_image`."""
JOB, COPIER = f"cislim{os.getpid()}/job:1", f"cislim{os.getpid()}/copier:1"
NETWORK = f"cislim{os.getpid()}"
SUBNET, ADDRESS = (f"10.213.{os.getpid() % 250}.{end}" for end in ("0/29", "1"))
"""The address at which jobs and services reach this machine. A daemon does not use this range for
its bridges, so the daemon of the service cannot have the same address."""
LIMIT = 500.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A job of a pipeline that ended: the output of gitlab-ci-local, and what the job left."""

    code: int
    log: str
    left: Path

    def text(self, name: str) -> str:
        """A file in the output folder."""
        return (self.left / name).read_text()


@dataclass(frozen=True, slots=True)
class Runner:
    """What every job needs. `mirror` is the host:port of the replacements of public images."""

    store: Store
    mirror: str

    def run(
        self,
        project: Path,
        variables: Mapping[str, str],
        *,
        files: Mapping[str, bytes],
        ca_bundle: Mapping[str, bytes],
        storage: str = "",
    ) -> Ended:
        """Run the job `ci-slim` of the project's pipeline.

        `files` are variables of the type file. `authorities` are the CA certificates that dockerd
        of the service trusts, by registry. `storage` is a volume for the daemon's images and build
        cache, so that the next job of a project need not make them again, which takes minutes.
        """
        settings = project / "home/.gitlab-ci-local/variables.yml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        known: dict[str, object] = {
            key: {"type": "variable", "values": {"*": value}} for key, value in variables.items()
        }
        for key, content in files.items():
            known[key] = {"type": "file", "values": {"*": content.decode()}}
        settings.write_text(json.dumps({"global": known}))  # JSON is YAML
        daemon = project / "home/daemon.json"
        daemon.write_text(
            json.dumps(
                {
                    "registry-mirrors": [f"http://{self.mirror}"],
                    "insecure-registries": [self.mirror],
                }
                | ({"data-root": "/kept"} if storage else {})
            )
        )
        certificates = f"{NETWORK}-certificates"
        volumes = [f"{certificates}:/certs/client", f"{daemon}:/etc/docker/daemon.json:ro"]
        if storage:
            volumes.append(f"{storage}:/kept")
        # The folder of all certificates, because a colon in its name would end the name of a
        # volume.
        for host, content in ca_bundle.items():
            certificate = project / "home/certs.d" / host / "ca.crt"
            certificate.parent.mkdir(parents=True, exist_ok=True)
            certificate.write_bytes(content)
        if ca_bundle:
            volumes.append(f"{project / 'home/certs.d'}:/etc/docker/certs.d:ro")
        try:
            done = subprocess.run(
                [
                    *(
                        str(LOCAL),
                        "--home",
                        "home",
                        "--privileged",
                        "--pull-policy=if-not-present",
                        "--timestamps",
                    ),
                    *("--helper-image", COPIER),
                    *(word for volume in volumes for word in ("--volume", volume)),
                    "ci-slim",
                ],
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(project)},
                cwd=project,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=LIMIT,
            )
        finally:
            self._remove_left()
            _remove_copies(files)
            self.store.docker("volume", "rm", "--force", certificates)
        return Ended(done.returncode, done.stdout, project / "ci-slim")

    def _remove_left(self) -> None:
        """What gitlab-ci-local normally removes itself, unless it was killed."""
        wanted = [f"--filter=ancestor={image}" for image in (JOB, SERVICE, COPIER)]
        found = self.store.text("ps", "--all", "--quiet", *wanted).split()
        if not found:
            return
        seen = json.loads(self.store.text("inspect", *found))
        volumes = {m["Name"] for each in seen for m in each["Mounts"] if m["Type"] == "volume"}
        networks = {name for each in seen for name in each["NetworkSettings"]["Networks"]}
        self.store.docker("rm", "--force", "--volumes", *found)
        self.store.docker("volume", "rm", "--force", *volumes, check=False)
        self.store.docker("network", "rm", *(networks - {"bridge"}), check=False)


def _remove_copies(files: Mapping[str, bytes]) -> None:
    """Files that gitlab-ci-local writes for variables of the type file, and does not remove."""
    for folder in Path("/tmp").glob("gitlab-ci-local-file-variables-*"):
        with contextlib.suppress(OSError):
            if any((folder / name).read_bytes() == text for name, text in files.items()):
                shutil.rmtree(folder)


@contextlib.contextmanager
def started(store: Store) -> Iterator[Runner]:
    """The runner with its images, until the end of the block."""
    subprocess.run([PROJECT / "tests/contract/gitlab_ci_local.sh"], check=True, timeout=300)
    with contextlib.ExitStack() as made:
        for name, context in (
            (SERVICE, FOLDER / "dind"),
            (COPIER, FOLDER / "copier"),
        ):
            secret = ["--secret", f"id=ca,src={AUTHORITIES}"] if AUTHORITIES.exists() else []
            store.docker(
                *("buildx", "build", "--load", "--provenance=false", "--tag", name, *secret),
                str(context),
            )
            made.callback(store.docker, "rmi", "--force", name)
        store.docker("tag", release.made().image, JOB)
        made.callback(store.docker, "rmi", "--force", JOB)
        store.docker("network", "create", f"--subnet={SUBNET}", f"--gateway={ADDRESS}", NETWORK)
        made.callback(store.docker, "network", "rm", NETWORK)
        mirror = made.enter_context(_forwarded(ADDRESS, urlsplit(daemons.MIRROR).netloc))
        yield Runner(store, mirror)


@contextlib.contextmanager
def _forwarded(address: str, to: str) -> Iterator[str]:
    """Forward a host:port at the address to another one on loopback, which containers
    cannot reach."""
    host, port = to.split(":")

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), socket.create_connection((host, int(port))) as other:
                back = threading.Thread(target=_copy, args=(other, self.request), daemon=True)
                back.start()
                _copy(self.request, other)
                back.join()

    with socketserver.ThreadingTCPServer((address, 0), Connection) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"{address}:{server.server_address[1]}"
        finally:
            server.shutdown()


def _copy(come: socket.socket, go: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := come.recv(1 << 18):
            go.sendall(piece)
    with contextlib.suppress(OSError):
        go.shutdown(socket.SHUT_WR)
