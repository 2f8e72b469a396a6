"""What ci-slim-update says when the clock of the device is wrong."""

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from certificates import Authority

from ci_slim.device import ci_slim_update as update

DOCKER = (
    "app cannot be pulled: docker says: tls: failed to verify certificate: x509: certificate has "
    "expired or is not yet valid: current time 1970-01-01T00:02:03Z is before 2026-01-01T00:00:00Z"
)
NOW = "; the clock of this device says 1970-01-01 00:02 UTC: if that is wrong, set it and call"


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], str]]:
    """Starts an HTTPS server, and returns its address. Its certificate is valid in so many days,
    and trusted."""
    servers = []

    def start(days: int) -> str:
        authority = Authority(days=days)
        (tmp_path / "ca.pem").write_bytes(authority.pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        server = http.server.HTTPServer(("127.0.0.2", 0), http.server.BaseHTTPRequestHandler)
        server.socket = authority.server("127.0.0.2").wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"127.0.0.2:{server.server_address[1]}"

    yield start
    for each in servers:
        each.shutdown()
        each.server_close()


@pytest.mark.parametrize(
    ("days", "wanted"), [(9, "certificate is not yet valid"), (-9, "certificate has expired")]
)
def test_a_registry_whose_certificate_is_not_valid_now_makes_it_name_the_clock(
    days: int, wanted: str, serve: Callable[[int], str], capsys: pytest.CaptureFixture[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    host = serve(days)
    monkeypatch.setattr("time.gmtime", lambda: (1970, 1, 1, 0, 2, 3, 3, 1, 0))
    registry = update.Registry(f"{host}/app", False, Path("none"))
    with pytest.raises(update.Problem) as raised:
        registry.manifest("stable")
    told = update.advised(raised.value)
    assert told.startswith(f"{host} does not answer: ") and wanted in told
    assert NOW in told
    assert "timedatectl set-ntp true" in told and "must be renewed" in told


def test_the_same_holds_for_what_docker_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.gmtime", lambda: (1970, 1, 1, 0, 2, 3, 3, 1, 0))
    assert update.advised(DOCKER).startswith(DOCKER + NOW)


def test_a_certificate_that_nobody_signed_says_nothing_about_the_clock(
    serve: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    host = serve(0)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(update.Problem) as raised:
        update.Registry(f"{host}/app", False, Path("none")).manifest("stable")
    assert "CERTIFICATE_VERIFY_FAILED" in str(raised.value)
    assert update.advised(raised.value) == str(raised.value)
