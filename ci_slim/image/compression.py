"""Compression that gives the same bytes for the same input, on several cores.

Gzip: every MiB becomes a gzip member of its own, as in eStargz. Several members in a row are one
gzip file (RFC 1952, section 2.2). libdeflate makes them. Its output depends only on the input and
its version, not on the processor. At level 6, libdeflate made 22.9 MB from 67 MB of programs, where
zlib's level 6 made 23.2 MB and took three times as long.
"""

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal, Protocol

import zstandard

Blob = Literal["gzip", "zstd"]
"""How new layers may be compressed. Docker supports zstd since 23.0, containerd since 1.5."""

_BLOCK = 1 << 20
_LEVEL = 6
_SYSTEM = 9
"""The byte of a gzip member for the operating system: 255 means "unknown"."""


class Workers:
    """Limits the threads that compress: `few` of them, and `all` after `hurry` was called.

    During the proof of the slim image, the daemon and the application need the processors too.
    """

    def __init__(self, few: int, all: int) -> None:
        self.all = max(1, all)
        self._spare = self.all - min(self.all, max(1, few))
        self._free = threading.Semaphore(self.all - self._spare)

    def hurry(self) -> None:
        """Use all processors from now on. May be called more than once."""
        spare, self._spare = self._spare, 0
        if spare:
            self._free.release(spare)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The time in which a thread may compute."""
        with self._free:
            yield


class Compressor(Protocol):
    kind: Blob

    def compress(self, data: bytes, /) -> bytes:
        """Take data, and return the bytes that are compressed so far, which may be none."""

    def flush(self) -> bytes:
        """End the stream, and return its last bytes."""


def compressor(kind: Blob, workers: Workers) -> Compressor:
    """Make a compressor: gzip with these workers, or zstd at level 19, which is a quarter smaller
    and about thirty times slower."""
    return GzipMembers(workers) if kind == "gzip" else ParallelZstd()


class ParallelZstd:
    """A zstd stream that several threads make. Each takes about 90 MB. The bytes are the same for
    any number of threads except zero (zstd.h, ZSTD_c_nbWorkers)."""

    kind: Blob = "zstd"

    def __init__(self, level: int = 19, workers: int = 2) -> None:
        self._stream = zstandard.ZstdCompressor(level=level, threads=workers).compressobj()

    def compress(self, data: bytes, /) -> bytes:
        return self._stream.compress(data)

    def flush(self) -> bytes:
        return self._stream.flush()


class GzipMembers:
    """A gzip file that several threads make. libdeflate works without the interpreter's lock."""

    kind: Blob = "gzip"

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers.all, "gzip")
        self._waiting: deque[Future[bytes]] = deque()
        self._buffer = bytearray()
        self._empty = True

    def compress(self, data: bytes, /) -> bytes:
        ready = []
        self._buffer += data
        while len(self._buffer) >= _BLOCK:
            self._submit(bytes(self._buffer[:_BLOCK]))
            del self._buffer[:_BLOCK]
        while len(self._waiting) > 2 * self._workers.all:
            ready.append(self._waiting.popleft().result())
        return b"".join(ready)

    def flush(self) -> bytes:
        if self._buffer or self._empty:
            self._submit(bytes(self._buffer))
        ready = [future.result() for future in self._waiting]
        self._pool.shutdown()
        return b"".join(ready)

    def _submit(self, block: bytes) -> None:
        self._empty = False
        self._waiting.append(self._pool.submit(self._member, block))

    def _member(self, block: bytes) -> bytes:
        import deflate

        with self._workers.turn():
            member = deflate.gzip_compress(block, _LEVEL)
        member[_SYSTEM] = 0xFF
        return bytes(member)
