"""A probe as a call of curl, and curl's output as an answer.

Held to curl 8.14, which the toolkit carries. What the user gave goes into files, so that no value
is taken for an option, a file name or a pattern, and no password shows among the processes or in a
log; the URL alone stands among the arguments. The body comes on standard output; on standard error
come curl's own JSON (https://everything.curl.dev, `--write-out`) and the headers' JSON.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

from ci_slim.errors import UsageError
from ci_slim.probes.judge import failures
from ci_slim.probes.model import (
    BODY_LIMIT,
    TIMED_OUT,
    Answer,
    CrawlProbe,
    ExecProbe,
    FormField,
    HttpProbe,
    Probe,
    Request,
    page,
)

TRANSFER_LIMIT = 16 * 1024 * 1024
"""Bytes after which curl stops reading a body, so that an endless answer cannot fill the memory."""
WRITE_OUT = "%{stderr}%{json}\n%{header_json}"
COMMON = (
    "--disable",  # must come first: no curlrc of the image is read
    "--silent", "--globoff", "--path-as-is", "--noproxy", "*", "--proto", "=http,https,telnet",
    "--write-out", WRITE_OUT,
)  # fmt: skip
STDERR_LIMIT = 2000
_VERSIONS = {
    "http": "--http1.1",
    "https": "--http1.1",
    "http2": "--http2",
    "http2c": "--http2-prior-knowledge",
}
_ERRORS = {
    1: "the server does not speak HTTP",
    3: "the URL is malformed",
    6: "the host name is not known",
    7: "connection refused",
    16: "the server does not speak HTTP/2",
    18: "the server closed the connection in the middle of the answer",
    35: "TLS failed",
    52: "the server closed the connection without an answer",
    55: "the connection broke while sending",
    56: "the connection broke while receiving",
    89: "the server does not speak HTTP/2",
    92: "the server does not speak HTTP/2",
}
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|password", re.IGNORECASE)
_STOPPED = 63  # CURLE_FILESIZE_EXCEEDED
_TIMED_OUT = 28
_WITH_DETAIL = (1, 3, 16, 18, 35, 55, 56, 92)


def request(probe: HttpProbe | CrawlProbe, *, host: str, port: int | None, scratch: str) -> Request:
    """The call of curl for a probe; for a crawl that of its start page.

    `port` is used where the probe names none; `scratch` is the absolute folder, as curl sees it,
    that the request's files will be put into. Redirects are not followed. Certificates are not
    verified, since the server is asked by its address; a Host header names the server in TLS too.
    Raises UsageError when there is no port at all.
    """
    if isinstance(probe, CrawlProbe):
        probe = page(probe, probe.path)
    number = probe.port or port
    if number is None:
        hint = "give the probe a port, or use --port or run.port"
        raise UsageError(f"no port is known for the probe {probe.name}", hint=hint)
    tls = probe.protocol in ("https", "http2")
    authority = f"[{host}]" if ":" in host else host
    argv = [*COMMON, _VERSIONS[probe.protocol], "--max-time", f"{probe.timeout:g}"]
    argv += ["--max-filesize", str(TRANSFER_LIMIT), "--output", "-"]
    if tls:
        argv.append("--insecure")
        asked = next((value for name, value in probe.headers if name.lower() == "host"), "")
        if asked and _is_host(asked):
            argv += ["--connect-to", f"::{authority}:{number}"]
            authority = asked.partition(":")[0]
    if probe.method == "HEAD":
        argv.append("--head")
    else:
        argv += ["--request", probe.method]
    body, content_type = payload(probe)
    files: dict[str, bytes] = {}
    if body is not None:
        name = _file_name("body", body)
        files[name] = body
        argv += ["--data-binary", f"@{scratch.rstrip('/')}/{name}"]
    config = _config(probe, content_type)
    name = _file_name("curl", config)
    files[name] = config
    argv += ["--config", f"{scratch.rstrip('/')}/{name}"]
    scheme = "https" if tls else "http"
    argv += ["--url", f"{scheme}://{authority}:{number}{probe.path}"]
    return Request(tuple(argv), files)


def secrets(probe: Probe) -> set[str]:
    """What of a probe must not be shown, though a server may log it: its password, also in the
    form that it is sent in, and the headers that say who asks."""
    if isinstance(probe, ExecProbe):
        return set()
    values = {value for name, value in probe.headers if _SECRET_HEADER.search(name)}
    values |= {value.partition(" ")[2] for value in values}  # without `Bearer`
    if probe.password:
        values |= {probe.password, _basic(probe)}
    return values - {""}


def _basic(probe: HttpProbe | CrawlProbe) -> str:
    return b64encode(f"{probe.username}:{probe.password}".encode()).decode()


def payload(probe: HttpProbe) -> tuple[bytes | None, str]:
    """The bytes to send and their content type ("" when the probe says none).

    A form with a file is multipart/form-data (RFC 7578), any other urlencoded. The boundary comes
    from the content, so that the same probe always sends the same bytes.
    """
    if not probe.form:
        return probe.body, ""
    if not any(part.file_name for part in probe.form):
        pairs = [(part.name, part.value) for part in probe.form]
        return urlencode(pairs).encode(), "application/x-www-form-urlencoded"
    boundary = "ci-slim-" + sha256(b"\0".join(part.value for part in probe.form)).hexdigest()[:32]
    body = b"".join(_part(part, boundary) for part in probe.form)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def answer(
    probe: Probe, exit_code: int, stdout: bytes, stderr: bytes, *, ms: int | None = None
) -> Answer:
    """What came back: of curl for HTTP probes, of the command itself for exec probes.

    Bodies are cut at BODY_LIMIT. `ms` is the time that the caller took; HTTP probes have curl's.
    """
    if isinstance(probe, ExecProbe):
        told = stderr[-STDERR_LIMIT:].decode(errors="replace").strip()
        found = Answer(False, exit_code, ms or 0, stdout[:BODY_LIMIT], stderr=told)
    else:
        found = _http_answer(probe, exit_code, stdout, stderr, ms)
    return replace(found, ok=not failures(probe, found))


def read_write_out(stderr: bytes) -> tuple[Mapping[str, object], Mapping[str, str]] | None:
    """curl's two JSON objects; None when curl did not get as far as writing them."""
    text = stderr.decode(errors="replace")
    start = text.find('{"')
    decoder = json.JSONDecoder(strict=False)
    try:
        told, end = decoder.raw_decode(text, start) if start >= 0 else ({}, 0)
    except json.JSONDecodeError:
        return None
    if "exitcode" not in told:
        return None
    try:
        headers = decoder.decode(text[end:])
    except json.JSONDecodeError:  # curl before 8 wrote unsound JSON for odd header bytes
        headers = {}
    return told, {name.lower(): ", ".join(values) for name, values in headers.items()}


def _http_answer(
    probe: HttpProbe | CrawlProbe, exit_code: int, stdout: bytes, stderr: bytes, ms: int | None
) -> Answer:
    written = read_write_out(stderr)
    if written is None:
        said = stderr[-STDERR_LIMIT:].decode(errors="replace").strip() or "it wrote nothing"
        return Answer(False, None, ms or 0, error=f"curl gave no result (exit {exit_code}): {said}")
    told, headers = written
    taken = told.get("time_total")
    spent = round(taken * 1000) if isinstance(taken, int | float) else ms or 0
    code = told.get("http_code")
    status = code if isinstance(code, int) and code else None
    url = str(told.get("url_effective") or told.get("url") or "")
    headless = isinstance(probe, HttpProbe) and probe.method == "HEAD"
    unread = exit_code == _STOPPED and status is not None
    return Answer(
        ok=False,
        status=status,
        ms=spent,
        body=b"" if headless else stdout[:BODY_LIMIT],
        headers=headers,
        error="" if unread else trouble(exit_code, told, probe.timeout, url),
        url=url,
        unread=unread,
    )


def trouble(exit_code: int, told: Mapping[str, object], timeout: float, url: str) -> str:
    """curl's exit code in the reader's words, "" when all went well."""
    if exit_code == 0:
        return ""
    detail = str(told.get("errormsg") or "")
    if exit_code == _TIMED_OUT:
        part = " in the middle of the answer" if told.get("http_code") else ""
        return f"{TIMED_OUT} after {timeout:g} s{part}"
    words = _ERRORS.get(exit_code)
    if words is None:
        return f"curl failed (exit {exit_code}): {detail or 'no reason given'}"
    if exit_code == 7:
        return f"{words} on port {urlsplit(url).port}"
    return f"{words}: {detail}" if detail and exit_code in _WITH_DETAIL else words


def _config(probe: HttpProbe, content_type: str) -> bytes:
    """curl's configuration file: the headers, and what of curl's own is left out."""
    given = {name.lower() for name, _ in probe.headers}
    lines: list[str] = []
    for name, value in probe.headers:
        lines.append(_header(f"{name}: {value}" if value else f"{name};"))
    if probe.username or probe.password:
        lines.append(_header(f"Authorization: Basic {_basic(probe)}"))
    if "user-agent" not in given:
        lines.append(_header("User-Agent: ci-slim"))
    if "content-type" not in given:
        # With nothing after the colon curl leaves out the form's type that it would claim.
        lines.append(_header(f"Content-Type: {content_type}".rstrip()))
    if "expect" not in given:
        lines.append(_header("Expect:"))  # no waiting for "100 Continue" with long bodies
    return ("\n".join(lines) + "\n").encode()


def _header(line: str) -> str:
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'header = "{escaped}"'


def _part(part: FormField, boundary: str) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(part.name)}"'
    if part.file_name:
        head += f'; filename="{_quoted(part.file_name)}"'
    if part.content_type:
        head += f"\r\nContent-Type: {part.content_type}"
    return head.encode() + b"\r\n\r\n" + part.value + b"\r\n"


def _quoted(name: str) -> str:
    """A name inside quotes, as browsers write it (WHATWG HTML, multipart form data)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _file_name(stem: str, content: bytes) -> str:
    return f"{stem}-{sha256(content).hexdigest()[:16]}"


def _is_host(text: str) -> bool:
    name, _, number = text.partition(":")
    plain = name.replace("-", "").replace(".", "")
    return plain.isascii() and plain.isalnum() and (not number or number.isdecimal())
