"""Tests that the API version is negotiated: new daemons refuse old versions."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ci_slim.engine.docker import Engine

OLDEST, NEWEST = (1, 44), (1, 52)
"""The versions of Docker 29."""


class Docker29(BaseHTTPRequestHandler):
    """Answers like a daemon that refuses API versions below 1.44."""

    def do_GET(self) -> None:
        first = self.path.split("/")[1]
        asked = tuple(map(int, first[1:].split("."))) if first.startswith("v1.") else None
        if asked and not OLDEST <= asked <= NEWEST:
            self._answer(400, {"message": f"client version {first[1:]} is not supported"})
        elif self.path.endswith("/version"):
            self._answer(200, {"ApiVersion": "1.52", "MinAPIVersion": "1.44", "Os": "linux",
                               "Arch": "arm64"})  # fmt: skip
        elif "/images/app" not in self.path:
            self._answer(200, [])  # there is nothing of ours to remove
        else:
            self._answer(200, {"Id": "sha256:1", "Os": "linux", "Architecture": "arm"})

    def _answer(self, status: int, body: dict[str, str] | list[str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture
def daemon() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Docker29)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"tcp://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_daemon_that_refuses_old_api_versions_works(daemon: str) -> None:
    with Engine.connect({"DOCKER_HOST": daemon}, "run") as engine:
        assert str(engine.platform) == "linux/arm64"
        assert str(engine.image_platform("app:1")).startswith("linux/arm")
