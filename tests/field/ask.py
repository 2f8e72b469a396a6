"""Runs an image as a device does, and sends it the checks of the corpus."""

import contextlib
import http.client
import shlex
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from corpus import App, Check

_START = 60.0
_ANSWER = 60.0
_SETTLE = 1.5  # seconds for a container that opens no port


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one check. `wrong` is empty if it passed."""

    check: Check
    wrong: str


def results(app: App, image: str) -> tuple[tuple[Result, ...], tuple[Result, ...]]:
    """Send the held-out and the extra checks to a container of an image."""
    if not app.runs:
        return _each(app, app.held_out, image, None), _each(app, app.extra, image, None)
    with _container(app, image) as (container, address):
        if _text("inspect", "--format", "{{.State.Running}}", container) != "true":
            ended = "the container ended"  # and another may have its address by now
            return (
                tuple(Result(check, ended) for check in app.held_out),
                tuple(Result(check, ended) for check in app.extra),
            )
        for check in app.before:
            _wrong(app, check, image, container, address)
        held_out = _each(app, app.held_out, image, container, address)
        return held_out, _each(app, app.extra, image, container, address)


def _each(
    app: App,
    checks: Iterable[Check],
    image: str,
    container: str | None,
    address: tuple[str, int] | None = None,
) -> tuple[Result, ...]:
    return tuple(Result(check, _wrong(app, check, image, container, address)) for check in checks)


def _wrong(
    app: App,
    check: Check,
    image: str,
    container: str | None,
    address: tuple[str, int] | None,
) -> str:
    try:
        if check.kind == "http":
            assert address is not None
            status, body = _http(check, address)
        elif check.kind == "exec":
            assert container is not None and isinstance(check.asked, str)
            status, body = _run(["docker", "exec", container, *shlex.split(check.asked)])
        else:
            status, body = _run(["docker", "run", "--rm", *app.on, image, *check.asked])
    except (OSError, http.client.HTTPException, subprocess.TimeoutExpired) as error:
        return f"no answer: {error}"
    if status != check.status:
        return f"answered {status}, not {check.status}: {_end(body)}"
    if check.body.encode() not in body:
        return f"{check.body!r} is not in the answer: {_end(body)}"
    return ""


def _http(check: Check, address: tuple[str, int]) -> tuple[int, bytes]:
    assert isinstance(check.asked, str)
    method, _, path = check.asked.rpartition(" ")
    headers = dict(check.headers)
    if check.send is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    connection = http.client.HTTPConnection(*address, timeout=_ANSWER)
    with contextlib.closing(connection):
        connection.request(method or "GET", path, check.send, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def _run(argv: Sequence[str]) -> tuple[int, bytes]:
    done = subprocess.run(argv, capture_output=True, timeout=_ANSWER)
    return done.returncode, done.stdout + done.stderr


@contextlib.contextmanager
def _container(app: App, image: str) -> Iterator[tuple[str, tuple[str, int] | None]]:
    container = _text("run", "--detach", *app.on, image)
    try:
        address = None
        if app.port is None:
            time.sleep(_SETTLE)
        else:
            where = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
            address = (_text("inspect", "--format", where, container), app.port)
            _wait(address)
        yield container, address
    finally:
        _text("rm", "--force", "--volumes", container)


def _wait(address: tuple[str, int]) -> None:
    """Wait until the port answers. If it never does, every check fails."""
    ends = time.monotonic() + _START
    while time.monotonic() < ends:
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return
        time.sleep(0.1)


def _text(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    return done.stdout.strip()


def _end(body: bytes) -> str:
    return ascii(body[-200:].decode("utf-8", "replace"))
