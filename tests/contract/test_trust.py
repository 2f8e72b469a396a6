"""Whose certificates are trusted: a company's own authorities, also those that are no model."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests
from certificates import SERVER, Authority
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from ci_slim import tls
from ci_slim.engine.registry import Registry
from ci_slim.engine.transfer import Clock
from ci_slim.errors import EngineError, UsageError
from ci_slim.image.reference import ImageName


class NotFound(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    """A server with a certificate of an authority that is told as `authority.pem`."""
    authority = Authority()
    (tmp_path / "authority.pem").write_bytes(authority.pem)
    for name, content in zip(("cert", "key"), authority.signed(SERVER, ["127.0.0.1"]), strict=True):
        (tmp_path / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with ThreadingHTTPServer(("127.0.0.1", 0), NotFound) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_registry_s_authority_is_the_one_that_the_environment_names(
    host: str, tmp_path: Path, variable: str
) -> None:
    name = ImageName(host, "group/app", "1")
    with (
        Registry.of(host, {variable: str(tmp_path / "authority.pem")}) as registry,
        pytest.raises(UsageError, match="the registry has no"),
    ):
        registry.manifest(name)


def test_a_registry_of_an_unknown_authority_is_not_believed(host: str) -> None:
    patient = Clock(sleep=lambda seconds: None)
    with Registry(host, clock=patient) as registry, pytest.raises(EngineError):
        registry.manifest(ImageName(host, "group/app", "1"))


def test_an_authority_without_a_key_usage_is_trusted_under_a_python_that_is_strict(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strict() -> ssl.SSLContext:
        context = create_urllib3_context()
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    class Strict(HTTPAdapter):
        def init_poolmanager(self, *sizes: object, **how: object) -> None:
            super().init_poolmanager(*sizes, ssl_context=strict(), **how)  # type: ignore[arg-type]

    monkeypatch.setattr(tls, "create_urllib3_context", strict)
    with requests.Session() as session:
        session.trust_env = False  # a variable of this machine's would win over `verify`
        session.verify = str(tmp_path / "authority.pem")
        session.mount("https://", Strict())
        with pytest.raises(requests.exceptions.SSLError, match="key usage"):
            session.get(f"https://{host}/")
        session.mount("https://", tls.LenientTlsAdapter())
        assert session.get(f"https://{host}/").status_code == 404
        session.verify = True
        session.mount("https://", tls.LenientTlsAdapter())
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://{host}/")


def test_threads_may_connect_with_a_client_s_certificate_at_once(host: str, tmp_path: Path) -> None:
    """As three platforms do that are slimmed at once by a daemon with TLS. In a process of its own,
    because OpenSSL crashes where threads load a certificate into one context."""
    script = f"""
from threading import Thread
from requests import Session
from ci_slim.tls import LenientTlsAdapter

session = Session()
session.trust_env = False
session.verify = {str(tmp_path / "authority.pem")!r}
session.cert = ({str(tmp_path / "cert")!r}, {str(tmp_path / "key")!r})
session.mount("https://", LenientTlsAdapter())

def connect():
    for _ in range(60):
        answer = session.get("https://{host}/")
        assert answer.status_code == 404 and answer.headers["Connection"] == "close"

threads = [Thread(target=connect) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print("all connected")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "all connected\n", "")
