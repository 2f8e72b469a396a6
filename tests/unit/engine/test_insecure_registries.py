"""Tests plain HTTP: for this machine, and for registries that Docker trusts without TLS."""

from collections.abc import Iterator
from typing import Any

import pytest
from registry_server import Server, serving

from ci_slim.engine import endpoint, registry
from ci_slim.engine.registry import Registry
from ci_slim.engine.transfer import Clock
from ci_slim.errors import EngineError
from ci_slim.image.reference import ImageName


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A registry without TLS that does not count as local."""
    monkeypatch.setattr(registry, "is_loopback", lambda _: False)
    with serving() as one:
        one.on("/v2/app/manifests/1", (200, {}, b"{}"))
        yield one


def test_a_registry_without_tls_is_read_where_docker_trusts_it(server: Server) -> None:
    name = ImageName(server.host, "app", "1")
    with Registry(server.host, insecure=lambda: True) as trusted:
        assert trusted.manifest(name) == b"{}"
    other = Registry(server.host, clock=Clock(sleep=lambda _: None))
    with other, pytest.raises(EngineError, match=f"https://{server.host}/v2/app/manifests/1"):
        other.manifest(name)


class Daemon:
    """A daemon that lists its insecure registries."""

    def __init__(self, told: Any) -> None:
        self.told = told

    def info(self) -> dict[str, Any]:
        return {"RegistryConfig": self.told}

    def close(self) -> None:
        """Nothing to close."""


TOLD = {
    "IndexConfigs": {
        "docker.io": {"Secure": True},
        "registry.plant:5000": {"Secure": False},
        "registry.office": {"Secure": True},
    },
    "InsecureRegistryCIDRs": ["127.0.0.0/8", "10.1.0.0/16"],
}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("registry.plant:5000", True),
        ("registry.plant", False),
        ("registry.office", False),
        ("docker.io", False),
        ("10.1.2.3:5000", True),
        ("10.2.2.3:5000", False),
        ("unknown.example", False),
    ],
)
def test_insecure_registries_come_from_dockers_settings(
    monkeypatch: pytest.MonkeyPatch, host: str, expected: bool
) -> None:
    monkeypatch.setattr(endpoint, "client", lambda _: Daemon(TOLD))
    assert endpoint.is_insecure(host, {}) is expected


def test_without_a_daemon_or_settings_no_registry_is_insecure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endpoint, "client", lambda _: Daemon(None))
    assert endpoint.is_insecure("registry.plant:5000", {}) is False

    def silent(_: object) -> Daemon:
        raise EngineError("no Docker daemon answers")

    monkeypatch.setattr(endpoint, "client", silent)
    assert endpoint.is_insecure("registry.plant:5000", {}) is False
