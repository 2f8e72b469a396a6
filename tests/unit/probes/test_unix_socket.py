"""HTTP over Unix sockets, with the real curl of this machine."""

import http.server
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from probe_reading import read

from ci_slim.errors import UsageError
from ci_slim.probes import Answered, Carried, Ran, Run, Way, answers, uses_socket_file


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.path} over a socket".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "a socket"

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(socketserver.UnixStreamServer):
    def get_request(self) -> Any:
        request, _ = super().get_request()
        return request, ("", 0)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s")


@pytest.fixture(params=["file", "abstract"])
def place(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """A server on a socket: the value of `socket`, as the container would see it."""
    path = str(folder / "app.sock")
    address, value = (path, "/app.sock") if request.param == "file" else (f"\0{path}", f"@{path}")
    with Server(address, Site) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield value
        server.shutdown()


def sent(value: dict[str, object], folder: Path) -> list[Answered]:
    def run(call: Run) -> Ran:
        assert isinstance(call, Carried)
        for name, content in call.files.items():
            (folder / name).write_bytes(content)
        argv = [shutil.which(call.program) or call.program, *call.argv]
        done = subprocess.run(argv, capture_output=True, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    way = Way(port=None, scratch=str(folder), root=str(folder))
    return list(answers(read(value).exchange(way), run))


def test_a_request_goes_to_the_socket(place: str, folder: Path) -> None:
    (found,) = sent({"http": "/a?b=c", "socket": place, "expect": {"body": "over"}}, folder)
    assert (found.answer.status, found.answer.body) == (200, b"/a?b=c over a socket")
    assert found.answer.ok


def test_steps_go_to_the_socket(place: str, folder: Path) -> None:
    steps: dict[str, object] = {
        "steps": [{"http": "/a", "socket": place}, {"http": "/b", "socket": place}]
    }
    assert [each.answer.body for each in sent(steps, folder)] == [
        b"/a over a socket",
        b"/b over a socket",
    ]


def test_a_socket_that_is_not_there_is_told(folder: Path) -> None:
    (found,) = sent({"http": "/", "socket": "/none.sock"}, folder)
    assert found.answer.error == "connection refused on the socket /none.sock"


def test_a_socket_nobody_listens_on_is_told(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "dead.sock"))
        (found,) = sent({"http": "/", "socket": "/dead.sock"}, folder)
    assert found.answer.error == "connection refused on the socket /dead.sock"


@pytest.mark.parametrize(
    ("value", "file", "port"),
    [
        ({"http": "/"}, False, True),
        ({"http": "/", "socket": "/run/app.sock"}, True, False),
        ({"http": "/", "socket": "@app"}, False, False),
        ({"steps": [{"http": "/"}, {"http": "/", "socket": "/run/app.sock"}]}, True, True),
        ({"exec": "true"}, False, False),
    ],
)
def test_what_a_probe_needs_to_reach_its_server(
    value: dict[str, object], file: bool, port: bool
) -> None:
    probe = read(value)
    assert (uses_socket_file(probe), probe.listener) == (file, port)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"socket": "run/app.sock"}, "`run/app.sock` is not the path of a Unix socket"),
        ({"socket": "/" + "a" * 90}, "is not the path of a Unix socket"),
        ({"socket": "/a", "port": 80}, "port and socket cannot be used together"),
    ],
)
def test_a_socket_that_makes_no_sense_is_refused(value: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read({"http": "/", **value})
