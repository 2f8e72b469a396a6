"""Reads the body of a long answer of the Docker daemon in large pieces.

The daemon sends a saved image in HTTP chunks of 32 KB, thirty thousand of them for a gigabyte.
urllib3 and http.client handle each chunk separately, which takes as long as the daemon needs to
send it. Here a whole socket buffer is read at once, and the frames are removed from it.
"""

import io
from collections.abc import Iterator
from typing import Any, NoReturn

import requests

_PIECE = 1 << 16
_LINE = 1024
"""The most bytes of the line before a chunk: its size and, in theory, extensions."""


def body(response: requests.Response, chunk: int) -> Iterator[bytes | memoryview]:
    """The body of a streamed answer. The answer is closed at the end.

    If the frames cannot be read directly, the pieces have at most `chunk` bytes. Raises
    ChunkedEncodingError of requests if the answer is truncated.
    """
    with response:
        file = _below(response)
        yield from response.iter_content(chunk) if file is None else unframed(file)


def _below(response: requests.Response) -> io.BufferedReader | None:
    """The bytes from the socket after the headers, or None if they are not plain chunks."""
    headers: Any = response.headers
    if headers.get("Transfer-Encoding", "").lower() != "chunked" or "Content-Encoding" in headers:
        return None
    file = getattr(getattr(response.raw, "_fp", None), "fp", None)
    return file if isinstance(file, io.BufferedReader) else None


def unframed(file: io.BufferedReader) -> Iterator[memoryview]:
    """The content of the chunks (RFC 9112, 7.1) in `file`. Trailers are not read."""
    rest = b""
    left = 0  # of the chunk, with the line end after it
    while data := file.read1(_PIECE):
        data, at = rest + data, 0
        rest = b""
        view, end = memoryview(data), len(data)
        while at < end:
            if left:
                if left > 2:
                    here = min(left - 2, end - at)
                    yield view[at : at + here]
                else:
                    here = min(left, end - at)
                    if data[at : at + here] != b"\r\n"[2 - left :][:here]:
                        _broken(f"{data[at : at + 20]!r} follows a chunk")
                at, left = at + here, left - here
                continue
            stop = data.find(b"\n", at, at + _LINE)
            if stop < 0:
                rest = data[at:]
                break
            size = _size(data[at:stop])
            if not size:
                return
            at, left = stop + 1, size + 2
        if len(rest) >= _LINE:
            _broken(f"{rest[:20]!r} is no size of a chunk")
    _broken("the answer ended in the middle")


def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits.isalnum() or b"x" in digits:  # Python would accept it
        _broken(f"{line[:20]!r} is no size of a chunk")
    try:
        return int(digits, 16)
    except ValueError:
        _broken(f"{line[:20]!r} is no size of a chunk")


def _broken(problem: str) -> NoReturn:
    raise requests.exceptions.ChunkedEncodingError(problem)
