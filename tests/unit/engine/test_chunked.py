"""Tests reading the daemon's long answers from their HTTP chunks."""

import io

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_slim.engine.chunked import unframed


class Wire(io.RawIOBase):
    """Returns the sent bytes in pieces of these sizes, as a socket does."""

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
def test_the_socket_may_give_any_number_of_bytes_at_once(
    chunks: list[bytes], sizes: list[int], extension: bytes
) -> None:
    assert taken(framed(chunks, extension), sizes) == b"".join(chunks)


@settings(derandomize=True, deadline=None)
@given(chunks=CHUNKS, sizes=SIZES)
def test_trailers_are_not_content(chunks: list[bytes], sizes: list[int]) -> None:
    assert taken(framed(chunks, end=b"0\r\nSum: 1\r\n\r\n"), sizes) == b"".join(chunks)


@settings(derandomize=True, deadline=None)
@given(chunks=CHUNKS.filter(bool), data=st.data())
def test_a_truncated_answer_is_an_error(chunks: list[bytes], data: st.DataObject) -> None:
    whole = framed(chunks, end=b"")
    kept = data.draw(st.integers(0, len(whole)))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        taken(whole[:kept], [])


@pytest.mark.parametrize(
    "line",
    [b"x\r\n", b"-1\r\n", b"\r\n", b"5 6\r\n", b"0x5\r\n", b"1_0\r\n", b"+5\r\n", b"7" * 2000],
)
def test_invalid_chunks_are_refused(line: bytes) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="no size of a chunk"):
        taken(b"2\r\nab\r\n" + line, [])


@pytest.mark.parametrize("sent", [b"2\r\nabXX0\r\n\r\n", b"2\r\nab\rX0\r\n\r\n"])
@pytest.mark.parametrize("sizes", [[], [1] * 30])
def test_a_chunk_must_end_with_a_line_end(sent: bytes, sizes: list[int]) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="follows a chunk"):
        taken(sent, sizes)
