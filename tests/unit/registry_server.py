"""A small registry on loopback that can fail like real ones."""

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Server:
    """Answers by path, one after the other, then always the last one. `seen` has the requests:
    method, path with query, Authorization."""

    answers: dict[str, list[Answer | Callable[[Mapping[str, str]], Answer]]] = field(
        default_factory=dict
    )
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def on(self, path: str, *answers: Answer | Callable[[Mapping[str, str]], Answer]) -> None:
        self.answers[path] = list(answers)

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.seen]

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        found = self.answers.get(path.partition("?")[0])
        if not found:
            return 404, {}, b"{}"
        given = found.pop(0) if len(found) > 1 else found[0]
        return given(headers) if callable(given) else given


@contextmanager
def serving() -> Iterator[Server]:
    """A server on a free port, until the end of the block."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send()

        def do_HEAD(self) -> None:
            self._send()

        def do_DELETE(self) -> None:
            self._send()

        def do_POST(self) -> None:
            server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self._send()

        def do_PUT(self) -> None:
            self.do_POST()

        def _send(self) -> None:
            server.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
            status, headers, body = server.answer(self.path, dict(self.headers))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | dict(headers)).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Write no log."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.port = listening.server_address[1]
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
