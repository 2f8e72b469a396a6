"""Runs commands inside a running container, through docker-py's client."""

import contextlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from docker.utils import socket as docker_socket

from ci_slim.engine.background import BackgroundTask
from ci_slim.engine.daemon import translated

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_frames: Any = docker_socket.frames_iter


@dataclass(frozen=True, slots=True)
class Executed:
    """The result of a command inside a container: exit code and both streams."""

    code: int
    stdout: bytes
    stderr: bytes
    silent: bool = False
    """Whether nothing came on either stream, not even for a sink."""


def run_command(
    client: Any,
    container: str,
    argv: Sequence[str],
    sink: "SupportsWrite[bytes] | None",
    limit: int | None,
    settings: dict[str, Any],
) -> Executed:
    """Run a command and read its output. See `Engine.execute`."""
    out, err = bytearray(), bytearray()
    silent = True
    with translated(container[:12]):
        created = client.exec_create(container, list(argv), **settings)
        for stdout, stderr in client.exec_start(created["Id"], stream=True, demux=True):
            silent = silent and not stdout and not stderr
            if stdout and sink is not None:
                sink.write(stdout)
            elif stdout:
                out += stdout if limit is None else stdout[: limit - len(out)]
            if stderr:
                err += stderr
                if limit is not None:
                    del err[:-limit]
        code = client.exec_inspect(created["Id"])["ExitCode"]
    return Executed(-1 if code is None else int(code), bytes(out), bytes(err), silent)


def run_with_input(
    client: Any,
    container: str,
    argv: Sequence[str],
    stdin: bytes,
    limit: int | None,
    settings: dict[str, Any],
) -> Executed:
    """Run a command with bytes on its standard input."""
    out, err = bytearray(), bytearray()
    with translated(container[:12]):
        created = client.exec_create(container, list(argv), stdin=True, **settings)
        stream = client.exec_start(created["Id"], socket=True)
        connection = getattr(stream, "_sock", stream)

        def feed() -> None:
            with contextlib.suppress(OSError):  # the command may end without reading it
                connection.sendall(stdin)
                connection.shutdown(socket.SHUT_WR)

        BackgroundTask(feed, "stdin")
        try:
            frames = cast(Iterator[tuple[int, bytes]], _frames(stream, tty=False))
            for kind, piece in frames:
                taken = err if kind == docker_socket.STDERR else out
                taken += piece
                if limit is not None:
                    del err[:-limit], out[limit:]
        finally:
            stream.close()
        code = client.exec_inspect(created["Id"])["ExitCode"]
    return Executed(-1 if code is None else int(code), bytes(out), bytes(err))
