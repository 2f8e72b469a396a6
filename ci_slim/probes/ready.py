"""Whether an application answers HTTP yet, by one call of curl that the caller repeats.

Readiness by port needs no curl: `observe.sockets` reads who listens.
"""

from ci_slim.probes.curl import COMMON, read_write_out, trouble
from ci_slim.probes.exchange import Carried
from ci_slim.probes.fields import path as checked_path

SECONDS = 5.0


def ready_request(path: str, port: int, *, host: str = "127.0.0.1") -> Carried:
    """The call of curl that requests `path`. Raises UsageError for a path without its slash."""
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    path = checked_path(path or "/", "ready.http")
    limits = ("--max-time", f"{SECONDS:g}", "--max-filesize", "1048576")
    return Carried("curl", (*COMMON, *limits, "--url", f"http://{authority}{path}"))


def is_ready(stderr: bytes) -> bool:
    """Whether curl's standard error shows an HTTP status below 500.

    curl's exit code does not matter, because a truncated answer is an answer too.
    """
    written = read_write_out(stderr)
    status = written[0].get("http_code") if written is not None else None
    return isinstance(status, int) and 100 <= status < 500


def what_came(stderr: bytes) -> str:
    """What curl's standard error says about an answer that was not good: `answered 503`."""
    told, _ = read_write_out(stderr) or ({}, {})
    if told.get("http_code"):
        return f"answered {told['http_code']}"
    code = told.get("exitcode")
    return trouble(code, told, SECONDS, str(told.get("url"))) if isinstance(code, int) else ""
