"""Sends several HTTP requests in one call of curl, to save time when probes are repeated. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ci_slim.probes.curl import WRITE_OUT, read_write_out
from ci_slim.probes.exchange import Carried, Ran
from ci_slim.probes.http import HttpProbe, answer
from ci_slim.probes.model import Answer

LARGEST = 50
"""The most requests in one call. Its arguments must stay below the kernel's limit."""
_MARK = "\x1e"
"""The character that ends curl's output for one request. JSON writes it in another form."""


def batch(requests: Sequence[tuple[HttpProbe, Carried]]) -> Carried:
    """One call that sends these requests one after the other. curl keeps the connection to a server
    open between two requests, as browsers do."""
    argv: list[str] = []
    files: dict[str, bytes] = {}
    for probe, request in requests:
        argv += ["--next"] if argv else []
        argv += _arguments(probe, request, first=not argv)
        files |= request.files
    return Carried("curl", tuple(argv), files)


def at_once(requests: Sequence[tuple[HttpProbe, Carried]], clients: int) -> Carried:
    """One call that sends these requests, at most `clients` at a time, each over its own
    connection. The bodies of the answers are discarded."""
    call = batch([(replace(probe, method="HEAD"), request) for probe, request in requests])
    first, *rest = call.argv
    parallel = ("--parallel", "--parallel-immediate", "--parallel-max", str(clients))
    return replace(call, argv=(first, *parallel, *rest))


def batched_answers(
    probes: Sequence[HttpProbe], stdout: bytes, stderr: bytes, *, bodies: bool = True
) -> tuple[Answer, ...] | None:
    """The answer to each request. Without `bodies`, the bodies were discarded. None if curl's
    output cannot be split, for example because curl was stopped in the middle."""
    parts = stderr.split(_MARK.encode())[:-1]
    if len(parts) != len(probes):
        return None
    found: list[Answer] = []
    at = 0
    for probe, part in zip(probes, parts, strict=True):
        told = read_write_out(part)
        if told is None:
            return None
        size, code = told[0].get("size_download"), told[0].get("exitcode")
        if not isinstance(size, int) or not isinstance(code, int):
            return None
        size = size if bodies and probe.method != "HEAD" else 0
        found.append(answer(probe, Ran(code, stdout[at : at + size], part)))
        at += size
    return tuple(found) if at == len(stdout) else None


def _arguments(probe: HttpProbe, request: Carried, *, first: bool) -> Iterator[str]:
    before = ""
    for argument in request.argv:
        if before == "--output" and probe.method == "HEAD":
            yield "/dev/null"  # else curl would write the headers there
        elif argument == WRITE_OUT:
            yield argument + _MARK
        elif argument != "--disable" or first:
            yield argument
        before = argument
