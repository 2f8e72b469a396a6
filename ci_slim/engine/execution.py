"""Runs commands inside a running container, and containers to their end, with docker-py."""

import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
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
    with translated(container[:12]):
        created = client.exec_create(container, list(argv), stdin=True, **settings)
        stream = client.exec_start(created["Id"], socket=True)
        try:
            out, err = _talk(stream, stdin, limit)
        finally:
            stream.close()
        code = client.exec_inspect(created["Id"])["ExitCode"]
    return Executed(-1 if code is None else int(code), out, err)


def run_container(
    client: Any,
    container: str,
    start: Callable[[], object],
    stdin: bytes,
    limit: int | None,
) -> Executed:
    """Run a created container to its end. `start` starts it. See `Engine.run`."""
    wanted = {"stdout": 1, "stderr": 1, "stream": 1} | ({"stdin": 1} if stdin else {})
    with translated(container[:12]):
        # Attached before the start, so that nothing is missed. Its log would not do: the daemon may
        # keep none, and changes bytes that are not UTF-8.
        stream = client.attach_socket(container, wanted)
        try:
            start()
            out, err = _talk(stream, stdin, limit)
        finally:
            stream.close()
        code = client.wait(container)["StatusCode"]
    return Executed(int(code), out, err)


def _talk(stream: Any, stdin: bytes, limit: int | None) -> tuple[bytes, bytes]:
    """Send bytes to a process, and read its stdout and its stderr to their end."""
    out, err = bytearray(), bytearray()
    if stdin:
        connection = getattr(stream, "_sock", stream)

        def feed() -> None:
            with contextlib.suppress(OSError):  # the command may end without reading it
                connection.sendall(stdin)
                connection.shutdown(socket.SHUT_WR)

        BackgroundTask(feed, "stdin")
    for kind, piece in cast(Iterator[tuple[int, bytes]], _frames(stream, tty=False)):
        taken = err if kind == docker_socket.STDERR else out
        taken += piece
        if limit is not None:
            del err[:-limit], out[limit:]
    return bytes(out), bytes(err)
