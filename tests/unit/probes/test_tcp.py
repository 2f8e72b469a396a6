"""Tests the probe kind tcp with the real perl of this machine and servers on loopback."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from probe_reading import read, sent

from ci_slim.probes import Answer, Carried, Ran, Run, TcpProbe, Way
from ci_slim.probes.judge import differences

Talk = Callable[[socket.socket], object]
PERL = shutil.which("perl") or "perl"


def silent(client: socket.socket) -> None:
    client.recv(1)


def redis(client: socket.socket) -> None:
    while line := client.recv(1000):
        client.sendall(b"+PONG\r\n" if line == b"PING\r\n" else b"-ERR " + line)


def mail(client: socket.socket) -> None:
    client.sendall(b"220 mail.example ESMTP\r\n")
    while line := client.recv(1000):
        client.sendall(b"250 hello\r\n" if line.startswith(b"EHLO") else b"221 bye\r\n")
        if line.startswith(b"QUIT"):
            return


def endless(client: socket.socket) -> None:
    try:
        while True:
            client.sendall(b"x" * 65536)
    except OSError:
        return


def bytes_back(client: socket.socket) -> None:
    client.sendall(bytes(range(256)))


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    servers: list[socket.socket] = []

    def start(talk: Talk, family: socket.AddressFamily = socket.AF_INET) -> int:
        server = socket.create_server(
            ("127.0.0.1" if family == socket.AF_INET else "::1", 0), family=family
        )
        servers.append(server)

        def accept() -> None:
            with server.accept()[0] as client:
                talk(client)

        threading.Thread(target=accept, daemon=True).start()
        port: int = server.getsockname()[1]
        return port

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def send(tmp_path: Path) -> Callable[[TcpProbe], Answer]:
    def run(call: Run) -> Ran:
        assert isinstance(call, Carried)
        assert call.program == "perl"
        for name, content in call.files.items():
            (tmp_path / name).write_bytes(content)
        done = subprocess.run([PERL, *call.argv], capture_output=True, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    return lambda probe: sent(probe, run, Way(scratch=str(tmp_path)))[0]


def tcp(port: int, **keys: object) -> TcpProbe:
    probe = read({"tcp": port, **keys})
    assert isinstance(probe, TcpProbe)
    return probe


Send = Callable[[TcpProbe], Answer]


@pytest.mark.parametrize(
    ("talk", "keys", "body", "error"),
    [
        (silent, {}, b"", ""),
        (redis, {"send": "PING\r\n"}, b"+PONG\r\n", ""),
        (redis, {"send": "PING\r\n", "expect": {"body": "PONG"}}, b"+PONG\r\n", ""),
        (redis, {"send": "PING\r\n", "expect": {"body": "+pong"}, "timeout": "500ms"},
         b"+PONG\r\n", ""),
        (mail, {"greeting": True, "send": ["EHLO me\r\n", "QUIT\r\n"]},
         b"220 mail.example ESMTP\r\n250 hello\r\n221 bye\r\n", ""),
        (mail, {"expect": {"body_regex": "^220 .*ESMTP"}}, b"220 mail.example ESMTP\r\n", ""),
        (bytes_back, {"greeting": True}, bytes(range(256)), ""),
        (silent, {"send": "PING\r\n"}, b"", "the connection broke: Connection reset by peer"),
        (lambda client: client.recv(1) and client.recv(99), {"send": "PING", "timeout": "300ms"},
         b"", ""),
        (lambda client: threading.Event().wait(5), {"greeting": True, "timeout": "300ms"},
         b"", "timed out after 0.3 s without an answer"),
    ],
)  # fmt: skip
def test_a_conversation(
    serve: Callable[..., int], send: Send, talk: Talk, keys: dict[str, object], body: bytes,
    error: str,
) -> None:  # fmt: skip
    found = send(tcp(serve(talk), **keys))
    assert (found.body, found.error) == (body, error)
    assert found.ok is (not error and "+pong" not in str(keys))


def test_an_endless_answer_is_cut(serve: Callable[..., int], send: Send) -> None:
    assert len(send(tcp(serve(endless), greeting=True)).body) == 1024 * 1024


def test_a_server_on_ipv6_alone_is_found(serve: Callable[..., int], send: Send) -> None:
    assert send(tcp(serve(redis, socket.AF_INET6), send="PING\r\n")).body == b"+PONG\r\n"


def test_a_port_that_nobody_listens_on(send: Send) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    found = send(tcp(port))
    assert (found.ok, found.error) == (False, f"connection refused on port {port}")


def test_a_missing_expected_text_is_reported(serve: Callable[..., int], send: Send) -> None:
    probe = tcp(serve(redis), send="HELLO\r\n", timeout="500ms", expect={"body": "PONG"})
    found = send(probe)
    assert found.ok is False
    assert differences(probe, Answer(True, None, 1, b"+PONG"), found) == (
        'the answer lacks "PONG": "-ERR HELLO"',
    )


def test_a_missing_answer_is_a_difference() -> None:
    probe = tcp(1, send="x")
    fat, slim = Answer(True, None, 1, b"y"), Answer(True, None, 1)
    assert differences(probe, fat, slim) == ("answered nothing; the fat image answered",)
    assert differences(probe, fat, fat) == ()
