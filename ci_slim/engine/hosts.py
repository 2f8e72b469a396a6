"""Docker daemons on other hosts: `ssh://`, `tcp://` with TLS, or a docker context.

A daemon without TLS obeys everybody in its network, so for `tcp://` TLS is always used.
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from docker.errors import DockerException, TLSParameterError

from ci_slim.cleanup import Closable
from ci_slim.engine import contexts
from ci_slim.engine.endpoint import TIMEOUT, DockerClient, tls_config
from ci_slim.engine.ssh_access import SshAccess
from ci_slim.engine.tunnel import Tunnel
from ci_slim.errors import EngineError

_CONNECT = 10.0
"""Seconds until a host counts as unreachable."""

_TLS_ERRORS = (
    ("certificate verify failed",
     "its certificate is not signed by the ca.pem of {folder}, or names another host"),
    ("wrong version number", "it does not speak TLS"),
    ("alert", "it refuses the client certificate of {folder}"),
)  # fmt: skip
_SSH_HINTS = (
    ("Host key verification failed", "its key is unknown: add the line of `ssh-keyscan HOST` to "
     "known_hosts, or to the variable CI_SLIM_SSH_KNOWN_HOSTS, once you have compared it"),
    ("Permission denied", "it takes no key of ours: add the public key to authorized_keys there, "
     "and give the private one with ssh-agent or the variable CI_SLIM_SSH_KEY"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reach:
    """What is needed to reach hosts. `folder` is removed at the end. `hold` gets each connection
    when it is made, to close it at the end."""

    environment: Mapping[str, str]
    access: SshAccess
    folder: Path
    hold: Callable[[Closable], object]


def shown(host: str) -> str:
    """The host as messages and reports name it: without user and password."""
    if "://" not in host:
        return f"the docker context {host}"
    parts = urlsplit(host)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def connect(host: str, reach: Reach) -> Any:
    """A client of the daemon on a host. Raises EngineError that names the host and what to do."""
    certificates, verify, where = None, True, shown(host)
    if "://" not in host:
        context = contexts.find(host, reach.environment)
        if context is None:
            raise EngineError(
                "there is no such docker context on this machine",
                where=where,
                hint="`docker context ls` shows those that exist; `docker context create` makes "
                "one. In a container, mount ~/.docker and set DOCKER_CONFIG",
            )
        host, certificates, verify = context.host, context.certificates, context.verify
    if host.startswith("ssh://"):
        return _through_ssh(host, where, reach)
    if host.startswith("tcp://"):
        folder = certificates or _certificates(reach.environment)
        return _over_tls(host, where, folder, verify=verify)
    return _answering(host, where)  # a context of this machine: unix://


def _certificates(environment: Mapping[str, str]) -> Path:
    named = environment.get("DOCKER_CERT_PATH")
    return Path(named) if named else Path(environment.get("HOME", ""), ".docker")


def _through_ssh(url: str, where: str, reach: Reach) -> Any:
    number = len(list(reach.folder.glob("ssh*")))
    folder = reach.folder / f"ssh{number}"
    folder.mkdir(mode=0o700)
    tunnel = Tunnel(url, reach.access, folder)
    reach.hold(tunnel)
    try:
        address = tunnel.open()
    except EngineError as error:
        text = "\n".join((*error.details, error.message))
        hint = "see whether `ssh` to it works from this machine, and whether it is switched on"
        raise EngineError(
            f"the Docker host cannot be reached: {error.message}",
            where=where,
            hint=next((advice for words, advice in _SSH_HINTS if words in text), hint),
            details=error.details,
        ) from None
    try:
        return DockerClient(base_url=address, version="auto", timeout=TIMEOUT)
    except (DockerException, requests.RequestException) as error:
        raise EngineError(
            "ssh reaches the host, but no Docker daemon answers there",
            where=where,
            hint="start Docker there, and let the user use it (`usermod -aG docker USER`); name a "
            "socket at another place as ssh://user@host/run/user/1000/docker.sock",
            details=tunnel.said() or (str(error),),
        ) from None


def _over_tls(url: str, where: str, folder: Path, *, verify: bool) -> Any:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 2376), _CONNECT).close()
    except OSError as error:
        raise EngineError(
            f"the Docker host cannot be reached: {error.strerror or error}",
            where=where,
            hint="see whether it is switched on, whether its daemon listens there, and whether a "
            "firewall is between",
        ) from None
    try:
        tls = tls_config(folder, verify=verify)
        address = url.replace("tcp://", "https://", 1).rstrip("/")
        return DockerClient(base_url=address, version="auto", timeout=TIMEOUT, tls=tls)
    except TLSParameterError:
        raise EngineError(
            f"there are no certificates for the Docker host in {folder}",
            where=where,
            hint="ca.pem, cert.pem and key.pem are needed: set DOCKER_CERT_PATH to their folder, "
            "or make a docker context that holds them",
        ) from None
    except (DockerException, requests.RequestException, OSError) as error:
        text = str(error)
        known = (told.format(folder=folder) for words, told in _TLS_ERRORS if words in text)
        raise EngineError(
            f"the Docker host was not trusted: {next(known, text)}",
            where=where,
            hint="make certificates as https://docs.docker.com/engine/security/protect-access/ "
            "shows, one for this host name and one for the client, signed by the same authority",
        ) from None


def _answering(address: str, where: str) -> Any:
    try:
        return DockerClient(base_url=address, version="auto", timeout=TIMEOUT)
    except (DockerException, requests.RequestException) as error:
        raise EngineError(
            f"no Docker daemon answers: {error}", where=where, hint="start Docker there"
        ) from None
