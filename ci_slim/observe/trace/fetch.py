"""The traces of a container, fetched from where its tracer wrote them.

The application may write there too, and may remove, replace, cut or fill what lies there. So the
traces that were begun are asked for by name, one that is gone is a loss, and nothing is held in
memory or on disk that is longer than a line of strace.
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


def collected(
    engine: Engine, container: str, wanted: Mapping[str, bool], workdir: str
) -> Observation:
    """The traces of files as one observation."""

    def read(lines: Iterator[bytes]) -> Observation:
        return parse.parse(lines, workdir=workdir)

    seen = Observation.none()
    for found in fetched(engine, container, wanted, read):
        seen = seen.merge(Observation(lost=(found,)) if isinstance(found, Lost) else found)
    return seen


def fetched(
    engine: Engine,
    container: str,
    wanted: Mapping[str, bool],
    read: Callable[[Iterator[bytes]], T],
) -> Iterator[T | Lost]:
    """What `read` makes of the lines of each trace. `wanted`: their names, and whether one that
    cannot be had is a loss."""
    for name, must in wanted.items():
        found = _read(engine, container, name, read)
        if found is not None:
            yield found
        elif must:
            detail = f"it removed or replaced what the tracer wrote ({name})"
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
    """The archive that the daemon sends, read as it comes."""
    stream = _Stream(engine.get(container, f"{OUT}/{name}"))
    return tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|")


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(parse.LONGEST):
        yield line


class _Stream(io.RawIOBase):
    """Pieces as a file that is read once."""

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
