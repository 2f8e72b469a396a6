"""The daemon's long answers, taken out of their HTTP chunks."""

import io
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_slim.engine.chunked import body, unframed


class Wire(io.RawIOBase):
    """Gives what was sent in pieces of these sizes, as a socket does."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data, self._sizes = data, sizes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview", /) -> int:  # type: ignore[override]
        size = self._sizes.pop(0) if self._sizes else len(self._data)
        piece, self._data = self._data[:size], self._data[size:]
        buffer[: len(piece)] = piece
        return len(piece)


def framed(chunks: list[bytes], extension: bytes = b"", end: bytes = b"0\r\n\r\n") -> bytes:
    sent = (b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks if chunk)
    return b"".join(sent) + end


def taken(data: bytes, sizes: list[int]) -> bytes:
    return b"".join(unframed(io.BufferedReader(Wire(data, sizes), 1 << 16)))


CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=8)
SIZES = st.lists(st.integers(1, 17), max_size=200)


@settings(derandomize=True, deadline=None)
@given(chunks=CHUNKS, sizes=SIZES, extension=st.sampled_from([b"", b";x=1", b" "]))
def test_whatever_the_socket_gives_at_once(
    chunks: list[bytes], sizes: list[int], extension: bytes
) -> None:
    assert taken(framed(chunks, extension), sizes) == b"".join(chunks)


@settings(derandomize=True, deadline=None)
@given(chunks=CHUNKS, sizes=SIZES)
def test_trailers_are_no_content(chunks: list[bytes], sizes: list[int]) -> None:
    assert taken(framed(chunks, end=b"0\r\nSum: 1\r\n\r\n"), sizes) == b"".join(chunks)


@settings(derandomize=True, deadline=None)
@given(chunks=CHUNKS.filter(bool), data=st.data())
def test_an_answer_that_is_cut_off_is_no_answer(chunks: list[bytes], data: st.DataObject) -> None:
    whole = framed(chunks, end=b"")
    kept = data.draw(st.integers(0, len(whole)))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        taken(whole[:kept], [])


@pytest.mark.parametrize(
    "line",
    [b"x\r\n", b"-1\r\n", b"\r\n", b"5 6\r\n", b"0x5\r\n", b"1_0\r\n", b"+5\r\n", b"7" * 2000],
)
def test_what_is_no_chunk_is_refused(line: bytes) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="no size of a chunk"):
        taken(b"2\r\nab\r\n" + line, [])


@pytest.mark.parametrize("sent", [b"2\r\nabXX0\r\n\r\n", b"2\r\nab\rX0\r\n\r\n"])
@pytest.mark.parametrize("sizes", [[], [1] * 30])
def test_what_follows_a_chunk_is_a_line_end(sent: bytes, sizes: list[int]) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="follows a chunk"):
        taken(sent, sizes)


READ = threading.Event()


class Daemon(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        chunks = [b"a" * 70_000, b"b", b"c" * 300_000]
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(framed(chunks))
        elif self.path == "/broken":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(framed(chunks)[:-100_000])
            self.close_connection = True
        elif self.path == "/reset":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(framed(chunks)[:-100_000])
            at_once = struct.pack("ii", 1, 0)  # on, no seconds
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.connection.close()
            self.close_connection = True
        elif self.path == "/stuck":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(framed(chunks)[:-100_000])
            READ.wait(20)
            self.close_connection = True
        else:
            whole = b"".join(chunks)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Daemon) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/chunks", "/length"])
def test_a_real_answer_is_read_to_its_end_and_closed(address: str, path: str) -> None:
    with requests.Session() as session:
        answer = session.get(address + path, stream=True, timeout=10)
        content = b"".join(body(answer, 1 << 20))
        assert content == b"a" * 70_000 + b"b" + b"c" * 300_000
        assert answer.raw.closed
        assert session.get(address + path, timeout=10).content == content


def test_a_real_answer_that_breaks_off_is_an_error(address: str) -> None:
    with requests.Session() as session:
        answer = session.get(address + "/broken", stream=True, timeout=10)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            b"".join(body(answer, 1 << 20))


def test_a_connection_that_is_reset_is_an_error_of_requests(address: str) -> None:
    with requests.Session() as session:
        answer = session.get(address + "/reset", stream=True, timeout=10)
        with pytest.raises(requests.exceptions.ConnectionError):
            b"".join(body(answer, 1 << 20))


def test_a_daemon_that_sends_nothing_any_more_is_not_waited_for(address: str) -> None:
    with requests.Session() as session:
        answer = session.get(address + "/stuck", stream=True, timeout=1)
        with pytest.raises(requests.exceptions.ReadTimeout):
            b"".join(body(answer, 1 << 20))
        READ.set()
