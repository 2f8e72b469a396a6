"""Fetches the traces of a container from the folder where its tracer wrote them.

The application may write there too, and may remove, replace, truncate or fill these files. So the
traces are fetched by name, a missing one is a loss, and nothing longer than a line of strace is
held in memory or on disk.
"""

import contextlib
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, TypeVar, cast

from ci_slim.engine.docker import Engine
from ci_slim.observe.observation import Lost, Observation
from ci_slim.observe.toolkit import OUT
from ci_slim.observe.trace import parse

T = TypeVar("T")


def fetch_observation(
    engine: Engine, container: str, wanted: Mapping[str, bool], workdir: str
) -> Observation:
    """The traces of used files, as one observation."""

    def read(lines: Iterator[bytes]) -> Observation:
        return parse.parse(lines, workdir=workdir)

    seen = Observation.none()
    for found in fetch_traces(engine, container, wanted, read):
        seen = seen.merge(Observation(lost=(found,)) if isinstance(found, Lost) else found)
    return seen


def fetch_traces(
    engine: Engine,
    container: str,
    wanted: Mapping[str, bool],
    read: Callable[[Iterator[bytes]], T],
) -> Iterator[T | Lost]:
    """What `read` returns for the lines of each trace. `wanted` maps the name of each trace to
    whether it is a loss if it is missing."""
    for name, must in wanted.items():
        found = _read(engine, container, name, read)
        if found is not None:
            yield found
        elif must:
            detail = f"it removed or replaced a file of the tracer ({name})"
            yield Lost("the application", detail)


def _read(
    engine: Engine, container: str, name: str, read: Callable[[Iterator[bytes]], T]
) -> T | None:
    try:
        with contextlib.closing(_opened(engine, container, name)) as archive:
            member = archive.next()
            stream = archive.extractfile(member) if member and member.isfile() else None
            return read(_lines(stream)) if stream else None
    except (KeyError, tarfile.TarError):
        return None


def _opened(engine: Engine, container: str, name: str) -> tarfile.TarFile:
    """The archive that the daemon sends, read as a stream."""
    stream = _Stream(engine.get(container, f"{OUT}/{name}"))
    return tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|")


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(parse.LONGEST):
        yield line


class _Stream(io.RawIOBase):
    """Makes an iterator of pieces readable as a file, once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = -1, /) -> bytes:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = piece
        end = len(self._left) if size < 0 else size
        data, self._left = self._left[:end], self._left[end:]
        return data
