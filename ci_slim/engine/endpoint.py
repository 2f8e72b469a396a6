"""Finds the Docker daemon: `DOCKER_HOST` with its certificates, or a context."""

from collections.abc import Mapping
from contextlib import closing
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
import requests
from docker.errors import DockerException, TLSParameterError
from docker.tls import TLSConfig
from docker.utils import kwargs_from_env

from ci_slim.engine import contexts
from ci_slim.engine.contexts import Context
from ci_slim.errors import EngineError
from ci_slim.tls import LenientTlsAdapter

TIMEOUT = 600
"""Seconds without an answer after which a daemon is given up."""


class DockerClient(docker.APIClient):
    """Verifies the daemon's certificate only with the CA certificates in DOCKER_CERT_PATH.

    `requests` would prefer REQUESTS_CA_BUNDLE, which companies set for their web servers
    (github.com/psf/requests/issues/3829).
    """

    def mount(self, prefix: Any, adapter: Any) -> None:
        super().mount(prefix, LenientTlsAdapter() if prefix == "https://" else adapter)

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        verify = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, verify, cert)


def client(environment: Mapping[str, str]) -> docker.APIClient:
    """A client for the daemon of `DOCKER_HOST`, or else of the current docker context.

    Raises EngineError if none answers.
    """
    try:
        settings = kwargs_from_env(environment=_for_its_host(environment))
        if "base_url" not in settings and (context := contexts.chosen(environment)):
            given = {"base_url": context.host, **_tls(context)}
            return DockerClient(version="auto", timeout=TIMEOUT, **given)
        return DockerClient(version="auto", timeout=TIMEOUT, **settings)
    except TLSParameterError:
        folder = environment.get("DOCKER_CERT_PATH") or "~/.docker"
        raise EngineError(
            f"no Docker daemon answers: its certificates are missing in {folder}",
            where=environment.get("DOCKER_HOST", ""),
            hint="put ca.pem, cert.pem and key.pem there; the docker:dind service makes "
            'them where the GitLab runner shares the folder: volumes = ["/certs/client", "/cache"]',
        ) from None
    except (DockerException, requests.RequestException, ValueError) as error:
        raise EngineError(
            f"no Docker daemon answers: {error}",
            where=environment.get("DOCKER_HOST", ""),
            hint="start Docker, or set DOCKER_HOST to a running daemon; in a container "
            "action or job, mount /var/run/docker.sock or add the docker:dind service",
        ) from None


def _for_its_host(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without certificates where the daemon is one of this machine: they are for
    another host then."""
    local = environment.get("DOCKER_HOST", "unix://").startswith("unix://")
    kept = {k: v for k, v in environment.items() if not local or k != "DOCKER_CERT_PATH"}
    return kept or {"HOME": ""}  # docker-py takes none for the environment of the process


def is_insecure(registry: str, environment: Mapping[str, str]) -> bool:
    """Whether the daemon is configured (`insecure-registries`) to use plain HTTP for this registry,
    `host[:port]`. False if no daemon answers."""
    try:
        with closing(client(environment)) as daemon:
            known = daemon.info().get("RegistryConfig") or {}
    except (EngineError, DockerException, requests.RequestException):
        return False
    named = (known.get("IndexConfigs") or {}).get(registry) or {}
    if named.get("Secure") is False:
        return True
    try:
        address = ip_address(urlsplit(f"//{registry}").hostname or "")
    except ValueError:
        return False
    return any(address in ip_network(each) for each in known.get("InsecureRegistryCIDRs") or ())


def _tls(context: Context) -> dict[str, Any]:
    if context.certificates is None:
        return {}
    return {"tls": tls_config(context.certificates, verify=context.verify)}


def tls_config(folder: Path, *, verify: bool) -> TLSConfig:
    """The certificates of a folder, as docker calls them. Raises TLSParameterError."""
    client = (str(folder / "cert.pem"), str(folder / "key.pem"))
    return TLSConfig(client_cert=client, ca_cert=str(folder / "ca.pem"), verify=verify)
