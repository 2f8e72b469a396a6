"""Tests the kinds udp, websocket, fastcgi, grpc, steps and openapi with the real perl and curl
of this machine and servers on loopback."""

import base64
import contextlib
import hashlib
import http.server
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator
from probe_reading import read

from ci_slim.errors import UsageError
from ci_slim.probes import Answer, Answered, Carried, Ran, Run, Way, answers
from ci_slim.probes.fastcgi import FastCgiProbe, answer, request
from ci_slim.probes.grpc import health, services
from ci_slim.probes.judge import failures
from ci_slim.probes.websocket import frame, messages
from ci_slim.settings.schema import probe_schema


@pytest.fixture
def send(tmp_path: Path) -> Callable[..., list[Answered]]:
    def run(call: Run) -> Ran:
        assert isinstance(call, Carried)
        for name, content in call.files.items():
            (tmp_path / name).write_bytes(content)
        program = shutil.which(call.program) or call.program
        done = subprocess.run([program, *call.argv], capture_output=True, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    def sent(
        value: dict[str, object], port: int | None = None, files: Any = None
    ) -> list[Answered]:
        probe = read(value, files) if files else read(value)
        return list(answers(probe.exchange(Way(port=port, scratch=str(tmp_path))), run))

    return sent


Send = Callable[..., list[Answered]]
SCHEMA = Draft202012Validator(probe_schema())


READ: list[dict[str, object]] = [
    {"udp": 53, "send": ["a", "b"], "answer": False},
    {"websocket": "/chat", "send": "hi", "headers": {"Origin": "x"}, "expect": {"body": "hi"}},
    {"websocket": "/chat", "tls": True},
    {"http": "/", "socket": "/run/app.sock"},
    {"grpc": "health", "service": "shop.Cart", "tls": True, "port": 50051},
    {"fastcgi": "POST /a.php", "query": "a=1", "params": {"A": "b"}, "body": "x"},
    {"steps": [{"http": "POST /login", "save": {"t": "json:token"}}, {"http": "/{{t}}"}]},
    {"openapi": "/openapi.json", "methods": ["get"], "expect": {"status": "2xx"}},
    {"script": "pytest tests | tee log", "env": {"A": "b"}, "port": 80, "timeout": "5m"},
    {"container": "my/tests:1", "command": "run all", "env": {"A": "b"}, "expect": {"exit": 0}},
]


@pytest.mark.parametrize("value", READ)
def test_each_kind_is_read_says_what_it_is_and_has_a_schema(value: dict[str, object]) -> None:
    probe = read(value)
    assert probe.kind == next(iter(value))
    assert replace(cast(Any, probe), name="x").name == "x"
    assert [error.message for error in SCHEMA.iter_errors(value)] == []
    assert not SCHEMA.is_valid({**value, "unknown": 1})


@pytest.fixture
def udp_port() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def echo() -> None:
            while True:
                try:
                    data, peer = server.recvfrom(2000)
                except OSError:
                    return
                if data != b"quiet":
                    server.sendto(b"got " + data, peer)

        threading.Thread(target=echo, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("keys", "body", "error"),
    [
        ({"send": "ping", "expect": {"body": "got"}}, b"got ping", ""),
        ({"send_hex": "00ff"}, b"got \x00\xff", ""),
        ({"send": ["a", "b"]}, b"got agot b", ""),
        ({"send": "quiet", "answer": False}, b"", ""),
        ({"send": "quiet", "timeout": "300ms"}, b"", "timed out after 0.3 s without an answer"),
    ],
)
def test_datagrams(
    send: Send, udp_port: int, keys: dict[str, object], body: bytes, error: str
) -> None:
    (found,) = send({"udp": udp_port, **keys})
    assert (found.answer.body, found.answer.error) == (body, error)


def test_a_udp_port_that_nobody_has(send: Send) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    (found,) = send({"udp": port, "send": "x"})
    assert found.answer.error == f"connection refused on port {port}"


def test_a_datagram_needs_something_to_send() -> None:
    with pytest.raises(UsageError, match="there is nothing to send"):
        read({"udp": 53})
    with pytest.raises(UsageError, match="`0g` is not hexadecimal"):
        read({"udp": 53, "send_hex": "0g"})


def accepted(port_of: list[int], talk: Callable[[socket.socket], object]) -> socket.socket:
    server = socket.create_server(("127.0.0.1", 0))
    port_of.append(server.getsockname()[1])

    def accept() -> None:
        try:
            with server.accept()[0] as client:
                talk(client)
        except OSError:
            return

    threading.Thread(target=accept, daemon=True).start()
    return server


def exactly(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += client.recv(count - len(data)) or exit_early()
    return data


def exit_early() -> bytes:
    raise OSError


def shout(client: socket.socket) -> None:
    """A WebSocket server that refuses data before the end of its handshake."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += client.recv(1)
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if ": " in line)
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        assert not client.recv(1), "data before the handshake"
    client.setblocking(True)
    digest = hashlib.sha1(
        (fields["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()
    ).digest()
    if fields.get("Sec-WebSocket-Version") != "13":
        return
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
    while True:
        first, second = exactly(client, 2)
        size = second & 127
        if size == 126:
            size = int.from_bytes(exactly(client, 2), "big")
        mask = exactly(client, 4)
        text = bytes(b ^ mask[i % 4] for i, b in enumerate(exactly(client, size)))
        if first & 15 == 8:
            return
        said = text.upper()
        client.sendall(b"\x89\x00")  # a ping, which is no message
        client.sendall(bytes([0x01, 1]) + said[:1])  # in two parts
        left = len(said) - 1
        head = bytes([0x80, left]) if left < 126 else b"\x80\x7e" + left.to_bytes(2, "big")
        client.sendall(head + said[1:])


@pytest.mark.parametrize(
    ("keys", "body", "ok"),
    [
        ({"send": "hello"}, b"HELLO", True),
        ({"send": ["one", "two"], "expect": {"body": "TWO"}}, b"ONE\nTWO", True),
        ({"send": "x" * 300}, b"X" * 300, True),
        ({"send": "hello", "expect": {"body": "bye"}}, b"HELLO", False),
        ({}, b"", True),
    ],
)
def test_a_websocket(send: Send, keys: dict[str, object], body: bytes, ok: bool) -> None:
    ports: list[int] = []
    with accepted(ports, shout):
        (found,) = send({"websocket": "/chat", **keys}, ports[0])
    assert (found.answer.status, found.answer.body) == (101, body), found.answer.error
    assert found.answer.ok is ok


def test_a_server_that_is_no_websocket(send: Send) -> None:
    ports: list[int] = []
    refusal = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    with accepted(ports, lambda client: client.recv(4000) and client.send(refusal)):
        (found,) = send({"websocket": "/chat"}, ports[0])
    assert failures(found.probe, found.answer) == (
        "answered 404, expected 101 (Switching Protocols)",
    )


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_frames_of_every_length(size: int) -> None:
    masked = frame(1, b"a" * size)
    start = masked.index(b"slim")
    plain = bytes([masked[0], masked[1] & 127]) + masked[2:start] + b"a" * size
    assert list(messages(plain)) == [b"a" * size]


def record(kind: int, data: bytes, padding: int = 0) -> bytes:
    return bytes([1, kind, 0, 1, *len(data).to_bytes(2, "big"), padding, 0]) + data + bytes(padding)


def test_a_fastcgi_request_is_as_the_specification_has_it() -> None:
    probe = FastCgiProbe("f", "/app/i.php", "POST", query="a=1", params={"X": "y" * 200}, body=b"b")
    sent = request(probe)
    assert sent.startswith(b"\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00")
    assert b"\x0f\x0aSCRIPT_FILENAME/app/i.php" in sent
    assert b"\x01\x80\x00\x00\xc8X" + b"y" * 200 in sent
    assert b"\x0b\x0eREQUEST_URI/app/i.php?a=1" in sent
    assert sent.endswith(record(4, b"") + record(5, b"b") + record(5, b""))


@pytest.mark.parametrize(
    ("stream", "status", "body", "error"),
    [
        (record(6, b"Content-Type: text/html\r\n\r\nhi", 3) + record(6, b"!"), 200, b"hi!", ""),
        (record(6, b"Status: 404 Not Found\nX: y\n\nno"), 404, b"no", ""),
        (record(7, b"PHP Fatal"), None, b"", "the server gave no FastCGI answer: PHP Fatal"),
        (b"", None, b"", "the server gave no FastCGI answer"),
    ],
)
def test_a_fastcgi_answer(stream: bytes, status: int | None, body: bytes, error: str) -> None:
    found = answer(stream, "", 1)
    assert (found.status, found.body, found.error) == (status, body, error)


def test_a_fastcgi_server_is_asked_on_its_port(send: Send) -> None:
    ports: list[int] = []
    seen: list[bytes] = []

    def serve(client: socket.socket) -> None:
        data = b""
        while not data.endswith(record(5, b"")):
            data += client.recv(4000)
        seen.append(data)
        client.sendall(record(6, b"X-A: b\r\n\r\nok") + record(6, b"") + record(3, bytes(8)))

    with accepted(ports, serve):
        (found,) = send(
            {"fastcgi": "GET /a.php", "port": ports[0], "expect": {"headers": {"X-A": "b"}}}
        )
    assert (found.answer.ok, found.answer.body) == (True, b"ok")
    assert b"SCRIPT_FILENAME/a.php" in seen[0]


@pytest.mark.parametrize(
    ("body", "state", "failure"),
    [
        (b"\0\0\0\0\x02\x08\x01", b"SERVING", ()),
        (b"\0\0\0\0\x02\x08\x02", b"NOT_SERVING", ("the health is NOT_SERVING, expected SERVING",)),
        (b"\0\0\0\0\0", b"UNKNOWN", ("the health is UNKNOWN, expected SERVING",)),
    ],
)
def test_the_health_of_a_grpc_server(body: bytes, state: bytes, failure: tuple[str, ...]) -> None:
    found = health(Answer(True, 200, 1, body))
    assert found.body == state
    assert failures(read({"grpc": "health"}), found) == failure


def test_a_grpc_server_without_the_service_says_so() -> None:
    headers = {"grpc-status": "12", "grpc-message": "unknown service"}
    assert health(Answer(True, 200, 1, b"", headers)).error == (
        "the server has no health service: unknown service (grpc-status 12)"
    )
    assert services(Answer(True, 200, 1, b"")).error == (
        "the server has no reflection service: HTTP status 200"
    )


DOCUMENT = {
    "openapi": "3.0.0",
    "servers": [{"url": "http://elsewhere/api"}],
    "paths": {
        "/items/{id}": {
            "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}],
            "delete": {},
            "get": {
                "parameters": [
                    {"name": "q", "in": "query", "required": True, "example": "a b"},
                    {"name": "no", "in": "query", "schema": {"type": "string"}},
                ]
            },
        },
        "/items": {
            "post": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/I"}}}
                }
            }
        },
    },
    "components": {
        "schemas": {
            "I": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 3},
                    "tags": {"type": "array", "items": {"enum": ["x", "y"]}},
                    "self": {"$ref": "#/components/schemas/I"},
                    "at": {"type": "string", "format": "date"},
                },
                "required": ["name", "tags", "at"],
            }
        }
    },
}


class Site(http.server.BaseHTTPRequestHandler):
    """A login with a cookie and a token, and an API with its document."""

    protocol_version = "HTTP/1.1"

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, said, more = 200, b"{}", {}
        if self.path == "/login":
            more = {"Set-Cookie": "session=s1", "Location": "/next"}
            said = b'{"user": {"token": "t/1"}}'
        elif self.path.startswith("/me/"):
            good = self.headers.get("Cookie") == "session=s1" and self.path == "/me/t%2F1"
            status = 200 if good or self.path == "/me/t/1" else 401
            said = json.dumps({"auth": self.headers.get("Authorization")}).encode()
        elif self.path == "/openapi.json":
            said = json.dumps(DOCUMENT).encode()
        else:
            said = json.dumps([self.command, self.path, body.decode()]).encode()
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_DELETE = handle_one  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_steps_carry_cookies_and_values(send: Send, site: int) -> None:
    found = send(
        {
            "steps": [
                {"http": "POST /login", "json": {"a": 1}, "save": {"token": "json:user.token"}},
                {
                    "http": "GET /me/{{token}}",
                    "headers": {"Authorization": "Bearer {{ token }}"},
                    "expect": {"json": {"auth": "Bearer t/1"}},
                },
            ],
            "name": "login",
        },
        site,
    )
    assert [(each.probe.name, each.answer.status, each.answer.ok) for each in found] == [
        ("login, step 1: POST /login", 200, True),
        ("login, step 2: GET /me/{{token}}", 200, True),
    ]
    assert [each.probe.repeat for each in found] == [False, False]


@pytest.mark.parametrize(
    ("save", "error"),
    [
        ({"token": "json:user.none"}, "the answer has no json:user.none to save as token"),
        ({"token": "regex:nothing"}, "the answer has no regex:nothing to save as token"),
    ],
)
def test_steps_end_where_a_value_is_missing(
    send: Send, site: int, save: dict[str, str], error: str
) -> None:
    found = send(
        {"steps": [{"http": "POST /login", "save": save}, {"http": "/me/{{token}}"}]}, site
    )
    assert found[-1].answer.error == error
    assert not found[-1].answer.ok


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"steps": []}, "there are no steps"),
        ({"steps": "x"}, "`steps` must be a list, not a text"),
        ({"steps": [{"name": "x"}]}, "the step has no `http`"),
        ({"steps": [{"http": "/", "save": {"a": "token"}}]}, "`token` does not say where"),
        ({"steps": [{"http": "/", "save": {"a": "regex:("}}]}, "not a regular expression"),
        ({"steps": [{"http": "/", "svae": {}}]}, "unknown key `svae`"),
        ({"steps": [{"http": "/me/{{token}}"}]}, "no earlier step saves `token`"),
        (
            {"steps": [{"http": "/{{t}}", "save": {"t": "json:t"}}, {"http": "/"}]},
            "no earlier step saves `t`",
        ),
    ],
)
def test_bad_steps_are_refused(value: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(value)


OPERATIONS = [
    ("GET /api/items/1?q=a+b", ["GET", "/api/items/1?q=a+b", ""]),
    (
        "POST /api/items",
        ["POST", "/api/items", '{"name": "xxx", "tags": ["x"], "at": "2026-01-01"}'],
    ),
    ("DELETE /api/items/1", ["DELETE", "/api/items/1", ""]),
]


def test_the_operations_of_an_application_are_asked_for(send: Send, site: int) -> None:
    document, *found = send({"openapi": "/openapi.json"}, site)
    assert document.probe.name == "GET /openapi.json"
    assert [(each.probe.name, json.loads(each.answer.body)) for each in found] == OPERATIONS
    assert all(each.answer.ok for each in found)


def test_a_document_may_be_a_file_and_methods_may_be_chosen(send: Send, site: int) -> None:
    value = {"openapi": "api.json", "methods": ["get"]}
    found = send(value, site, lambda name: json.dumps(DOCUMENT).encode())
    assert [each.probe.name for each in found] == ["GET /api/items/1?q=a+b"]


def test_a_file_that_is_not_openapi_is_an_error(send: Send, site: int) -> None:
    (found,) = send({"openapi": "/login"}, site)
    assert found.answer.error == "this is not an OpenAPI document in JSON or YAML"
    with pytest.raises(UsageError, match="is not an OpenAPI document in JSON or YAML"):
        read({"openapi": "x.json"}, lambda name: b"[]")
