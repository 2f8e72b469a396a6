"""A forge's API on this machine: its HTTP server, the record of its calls, and its failures.

`answer` of the forge implements the operations. Every request and every answer is checked against
the description of the API. What violates it is recorded in `broken` and answered with 500.
"""

import json
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

import openapi


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass
class Fault:
    """How the next `times` requests of a method, to paths that match, go wrong.

    `done` says that the request is carried out all the same: only its answer is lost.
    """

    method: str
    path: str
    how: Literal["answer", "silent", "reset", "garbage"] = "answer"
    status: int = 502
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False
    times: int = 1


@dataclass
class Answer:
    """An answer: a JSON value, or plain bytes."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


class ForgeServer:
    """A server on loopback, as a context manager. Its operations are below `prefix`."""

    def __init__(
        self, description: openapi.Description, prefix: str, host: str = "127.0.0.1"
    ) -> None:
        self.description = description
        self.prefix = prefix
        self.host = host
        self.scheme = "http"
        self.calls: list[Call] = []
        self.broken: list[str] = []
        self.faults: list[Fault] = []
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer((host, 0), _handler(self))
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address of the API."""
        return self.origin + self.prefix

    def wrap(self, context: Any) -> None:
        """From now on the server speaks TLS."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.scheme = "https"

    def fail(self, method: str, path: str, **how: Any) -> None:
        """Make requests fail. `path` is a regular expression that is found anywhere in the path."""
        self.faults.append(Fault(method, path, **how))

    def made(self, *methods: str) -> list[str]:
        """The calls with these methods, in order."""
        return [f"{call.method} {call.path}" for call in self.calls if call.method in methods]

    # -- what a forge fills in ---------------------------------------------------------------------

    def outside(self, call: Call) -> Answer | None:
        """The answer to a call that does not belong to the API, such as one to a store."""
        return None

    def allowed(self, call: Call) -> Answer | None:
        """The answer to a forbidden call, or None if the call is allowed."""
        return None

    def answer(self, call: Call) -> Answer:
        """Carry out the operation and return its answer. The path has no prefix."""
        return Answer(404, {"message": "404 Not Found"})

    # -- the wire ----------------------------------------------------------------------------------

    def serve(self, call: Call, handler: BaseHTTPRequestHandler) -> None:
        with self.lock:
            self.calls.append(call)
            fault = self._fault(call)
        if fault is None or fault.done:
            answer = self._checked(call)
        if fault is not None:
            if fault.how == "silent":
                time.sleep(2)
            if fault.how in {"silent", "reset"}:
                # An RST instead of an orderly end
                linger = struct.pack("ii", 1, 0)
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                handler.close_connection = True
                handler.connection.close()
                return
            answer = Answer(fault.status, fault.body, fault.headers)
            if fault.how == "garbage":
                answer.raw = b"<html>We are having a problem.</html>"
        _send(handler, answer)

    def _fault(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == call.method and re.search(fault.path, call.path):
                fault.times -= 1
                return fault
        return None

    def _checked(self, call: Call) -> Answer:
        try:
            found = self.outside(call)
            if found is not None:
                return found
            if not call.path.startswith(self.prefix + "/"):
                raise openapi.Broken(f"{call.path} is not below {self.prefix}")
            path = call.path.removeprefix(self.prefix)
            inner = Call(call.method, path, call.query, call.headers, call.body)
            template = self.description.request(inner.method, inner.path, inner.query, inner.body)
            refused = self.allowed(inner)
            if refused is not None:
                return refused
            with self.lock:
                answer = self.answer(inner)
            self.description.response(call.method, template, answer.status, answer.body)
            return answer
        except openapi.Broken as broken:
            self.broken.append(f"{call.method} {call.path}: {broken}")
            return Answer(500, {"message": str(broken)})


def _handler(server: ForgeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two wait 40 ms for each other

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(text) if text else None
            query = parse_qs(parts.query, keep_blank_values=True)
            server.serve(Call(self.command, parts.path, query, headers, body), self)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = handle_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            return None

    return Handler


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    content = answer.raw
    if content is None:
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
    handler.send_response_only(answer.status)
    if "Date" not in answer.headers:
        handler.send_header("Date", handler.date_time_string())
    kind = "application/octet-stream" if answer.raw is not None else "application/json"
    handler.send_header("Content-Type", kind)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if answer.status != 204:
        handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
