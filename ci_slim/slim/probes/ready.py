"""Whether a container is ready to be probed: one call of curl, repeated by the caller.

A port is ready when it accepts a connection. curl's telnet does just that and sends nothing: it
holds the connection until `--max-time` ends it (curl 8.14 does not stop at the end of its input),
and its JSON says with `num_connects` whether there was one. So a closed port is known at once and
an open one after PORT_SECONDS, and a server that speaks no HTTP sees no nonsense.
"""

from typing import Protocol

from ci_slim.errors import UsageError
from ci_slim.slim.probes.curl import COMMON, read_write_out
from ci_slim.slim.probes.fields import path as checked_path
from ci_slim.slim.probes.model import Request

PORT_SECONDS = 0.2
HTTP_SECONDS = 5.0


class Readiness(Protocol):
    """What is read of the plan's `Ready`."""

    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def port(self) -> int | None: ...


def ready_request(ready: Readiness, port: int | None, *, host: str = "127.0.0.1") -> Request:
    """The call of curl for readiness by "http" or by "port" ("auto" asks by port).

    `port` is used where `ready` names none. Raises UsageError when there is no port, and for kinds
    that are not asked with curl ("log", "none").
    """
    if ready.kind not in ("auto", "port", "http"):
        raise UsageError(f'readiness by "{ready.kind}" is not asked over the network')
    number = ready.port or port
    if number is None:
        raise UsageError(
            "no port is known to wait for",
            hint="expose one in the Dockerfile, or use --port, run.port or run.ready",
        )
    authority = f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
    if ready.kind == "http":
        path = checked_path(ready.path or "/", "ready.http")
        limits = ("--max-time", f"{HTTP_SECONDS:g}", "--max-filesize", "1048576")
        return Request((*COMMON, *limits, "--url", f"http://{authority}{path}"))
    return Request((*COMMON, "--max-time", f"{PORT_SECONDS:g}", "--url", f"telnet://{authority}"))


def is_ready(ready: Readiness, stderr: bytes) -> bool:
    """Whether curl's standard error says so: any HTTP status under 500, or an accepted connection.

    curl's exit code does not matter: an answer that is cut short is an answer.
    """
    written = read_write_out(stderr)
    if written is None:
        return False
    told = written[0]
    status, connects = told.get("http_code"), told.get("num_connects")
    if ready.kind == "http":
        return isinstance(status, int) and 100 <= status < 500
    return isinstance(connects, int) and connects > 0
