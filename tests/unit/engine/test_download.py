"""Tests the daemon's long answers, from a local socket and from another machine."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn, UnixStreamServer
from typing import ClassVar

import pytest
import requests
from docker import APIClient
from docker.errors import NotFound

from ci_slim.engine.docker import Engine
from ci_slim.engine.download import pieces
from ci_slim.errors import EngineError

PARTS = [b"a" * 70_000, b"b", b"c" * 300_000]
WHOLE = b"".join(PARTS)
BROKEN = {"broken", "reset", "stuck", "shorter"}


class Daemon(BaseHTTPRequestHandler):
    """Answers HTTP/1.1 in chunks and HTTP/1.0 with plain bytes, as the daemon's server does."""

    protocol_version = "HTTP/1.1"
    given_up = threading.Event()
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        name = self.path.split("/")[-2]
        self.asked.append((self.request_version, self.headers["X-Team"]))
        if name == "missing":
            text = b'{"message": "No such image: missing"}'
            self.send_response(404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            return
        if name == "moved":
            self.send_response(301)
            self.send_header("Location", "/missing/get")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        old, known = self.request_version == "HTTP/1.0", name in ("known", "shorter")
        if known:
            self.send_header("Content-Length", str(len(WHOLE)))
        elif not old:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        frames = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in PARTS)
        if name == "image.tar":
            self.wfile.write(bytes(2048) if old else b"800\r\n%s\r\n0\r\n\r\n" % bytes(2048))
            return
        sent = WHOLE if old or known else frames + b"0\r\n\r\n"
        if name == "failed":
            said = b'{"errorDetail":{"message":"no space left"},"error":"no space left"}\r\n'
            sent = b"x" * 2000 + said if old else b"%x\r\n%s\r\n0\r\n\r\n" % (len(said), said)
        self.wfile.write(sent[:-100_000] if name in BROKEN else sent)
        self.wfile.flush()
        if name == "reset" and self.connection.family == socket.AF_INET:
            at_once = struct.pack("ii", 1, 0)  # on, no seconds
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.connection.close()
        elif name == "stuck":
            self.given_up.wait(20)
        self.close_connection = self.close_connection or name in BROKEN

    def address_string(self) -> str:
        return "somebody"

    def log_message(self, *_: object) -> None:
        """Write no log."""


class Unix(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


class Tcp(ThreadingMixIn, HTTPServer):
    daemon_threads = True


@contextmanager
def serving(server: TCPServer) -> Iterator[None]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture(params=["unix", "tcp"])
def client(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[APIClient]:
    settings = tmp_path / "docker"
    settings.mkdir()
    (settings / "config.json").write_text('{"HttpHeaders": {"X-Team": "edge"}}')
    monkeypatch.setenv("DOCKER_CONFIG", str(settings))
    Daemon.given_up.clear()
    Daemon.asked.clear()
    with ExitStack() as stack:
        if request.param == "unix":
            path = tmp_path / "docker.sock"
            stack.enter_context(serving(Unix(str(path), Daemon)))
            address = f"unix://{path}"
        else:
            server = Tcp(("127.0.0.1", 0), Daemon)
            stack.enter_context(serving(server))
            address = f"tcp://127.0.0.1:{server.server_port}"
        made = APIClient(base_url=address, version="1.41", timeout=1)
        yield made
        Daemon.given_up.set()
        made.close()


def got(client: APIClient, name: str) -> bytes:
    return b"".join(pieces(client, "/images/{0}/get", name))


@pytest.mark.parametrize("name", ["image", "known", "a name/of an image:1"])
def test_an_answer_is_read_to_its_end(client: APIClient, name: str) -> None:
    assert got(client, name) == WHOLE
    assert got(client, name) == WHOLE


def test_only_a_local_daemon_is_asked_without_frames(client: APIClient) -> None:
    got(client, "image")
    version = "HTTP/1.0" if client.base_url.startswith("http+docker") else "HTTP/1.1"
    assert Daemon.asked == [(version, "edge")]  # a header that the user set for all calls


def test_a_refusal_is_raised_as_dockers_error(client: APIClient) -> None:
    with pytest.raises(NotFound, match="No such image: missing"):
        got(client, "missing")


def test_a_truncated_answer_ends_or_is_an_error(client: APIClient) -> None:
    for name in ("broken", "reset"):
        try:
            assert got(client, name) == WHOLE[:-100_000]
            assert Daemon.asked[-1][0] == "HTTP/1.0"  # nothing tells; see `Engine.save`
        except requests.exceptions.RequestException:
            assert Daemon.asked[-1][0] == "HTTP/1.1"


@pytest.mark.parametrize("name", ["moved", "shorter"])
def test_an_incomplete_answer_is_an_error(client: APIClient, name: str) -> None:
    with pytest.raises((requests.exceptions.RequestException, NotFound)):
        got(client, name)


def test_a_silent_daemon_is_not_waited_for(client: APIClient) -> None:
    with pytest.raises(requests.exceptions.ReadTimeout):
        got(client, "stuck")


def test_a_socket_that_is_gone_is_an_error_of_requests(tmp_path: Path) -> None:
    client = APIClient(base_url=f"unix://{tmp_path}/none", version="1.41", timeout=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        got(client, "image")


def test_a_truncated_saved_image_is_refused(client: APIClient) -> None:
    engine = Engine(client, "test")
    assert b"".join(engine.save("image.tar")) == bytes(2048)
    with pytest.raises(EngineError, match="broke"):
        list(engine.save("broken"))
    with pytest.raises(EngineError, match="stopped while it saved the image"):
        list(engine.save("image"))
    with pytest.raises(EngineError, match="stopped while it saved the image: no space left"):
        list(engine.save("failed"))
