"""Whether an application answers HTTP yet: one call of curl, repeated by the caller.

Readiness by port is not asked with curl: `slim.sockets` reads who listens.
"""

from ci_slim.probes.curl import COMMON, read_write_out, trouble
from ci_slim.probes.exchange import Carried
from ci_slim.probes.fields import path as checked_path

SECONDS = 5.0


def ready_request(path: str, port: int, *, host: str = "127.0.0.1") -> Carried:
    """The call of curl that asks for `path`. Raises UsageError for a path without its slash."""
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    path = checked_path(path or "/", "ready.http")
    limits = ("--max-time", f"{SECONDS:g}", "--max-filesize", "1048576")
    return Carried("curl", (*COMMON, *limits, "--url", f"http://{authority}{path}"))


def is_ready(stderr: bytes) -> bool:
    """Whether curl's standard error tells of an HTTP status under 500.

    curl's exit code does not matter: an answer that is cut short is an answer.
    """
    written = read_write_out(stderr)
    status = written[0].get("http_code") if written is not None else None
    return isinstance(status, int) and 100 <= status < 500


def what_came(stderr: bytes) -> str:
    """What curl's standard error tells of an answer that was not good: `answered 503`."""
    told, _ = read_write_out(stderr) or ({}, {})
    if told.get("http_code"):
        return f"answered {told['http_code']}"
    code = told.get("exitcode")
    return trouble(code, told, SECONDS, str(told.get("url"))) if isinstance(code, int) else ""
