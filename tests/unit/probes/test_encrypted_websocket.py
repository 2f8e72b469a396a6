"""WebSockets over TLS, with the real perl and openssl of this machine."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from probe_reading import read

from ci_slim.probes import Answer, Carried, Ran, Run, Way, answers
from ci_slim.probes.websocket import _ACCEPT


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-keyout", folder / "key", "-out", folder / "certificate", "-days", "2"],
        check=True, capture_output=True,
    )  # fmt: skip
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "certificate", folder / "key")
    return made


@pytest.fixture
def port(context: ssl.SSLContext) -> Iterator[int]:
    """A server that accepts a WebSocket, and answers each text with `got it`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError, ssl.SSLError):
                while True:
                    plain, _ = server.accept()
                    with context.wrap_socket(plain, server_side=True) as client:
                        head = b""
                        while b"\r\n\r\n" not in head:
                            head += client.recv(1)
                        client.sendall(
                            b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: "
                            + _ACCEPT.encode()
                            + b"\r\n\r\n"
                        )
                        if b"GET /once" in head:
                            client.recv(4000)
                            client.sendall(b"\x81\x03bye")
                            continue
                        while len(frame := client.recv(4000)) and frame[0] & 15 == 1:
                            client.sendall(b"\x81\x06got it")

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def sent(value: dict[str, object], port: int, folder: Path, host: str = "127.0.0.1") -> Answer:
    def run(call: Run) -> Ran:
        assert isinstance(call, Carried)
        for name, content in call.files.items():
            (folder / name).write_bytes(content)
        argv = [shutil.which(call.program) or call.program, *call.argv]
        done = subprocess.run(argv, capture_output=True, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    way = Way(host=host, port=port, scratch=str(folder))
    (found,) = answers(read(value).exchange(way), run)
    return found.answer


def test_a_websocket_over_tls(port: int, tmp_path: Path) -> None:
    found = sent({"websocket": "/chat", "tls": True, "send": ["a", "b"]}, port, tmp_path)
    assert (found.status, found.body, found.error) == (101, b"got it\ngot it", "")


def test_a_server_that_closes_after_its_answer_has_answered(port: int, tmp_path: Path) -> None:
    found = sent({"websocket": "/once", "tls": True, "send": "a"}, port, tmp_path)
    assert (found.status, found.body, found.error) == (101, b"bye", "")


def test_a_server_without_tls_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]

        def serve() -> None:
            client, _ = server.accept()
            client.sendall(b"I speak no TLS\r\n")
            client.close()

        threading.Thread(target=serve, daemon=True).start()
        found = sent({"websocket": "/chat", "tls": True}, number, tmp_path)
    assert found.error == f"no TLS connection on port {number}"


def test_a_port_on_which_nobody_listens_is_told(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        number = unused.getsockname()[1]
        found = sent({"websocket": "/chat", "tls": True}, number, tmp_path)
    assert found.error == f"no TLS connection on port {number}"


def test_openssl_is_carried_only_for_tls() -> None:
    assert read({"websocket": "/", "tls": True}).programs == ("perl", "openssl")
    assert read({"websocket": "/"}).programs == ("perl",)
