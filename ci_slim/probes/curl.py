"""How curl is called, and how its output is read.

This is for curl 8.14, which the toolkit contains. The user's values go into files. So no value is
taken for an option, a file name or a pattern, and no password shows in the process list or in a
log. Only the URL is an argument. The body comes on standard output. curl's own JSON
(https://everything.curl.dev, `--write-out`) and the headers as JSON come on standard error.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlsplit

from ci_slim.probes.model import TIMED_OUT

TRANSFER_LIMIT = 16 * 1024 * 1024
"""Bytes after which curl stops reading a body. So an endless answer does not fill the memory."""
WRITE_OUT = "%{stderr}%{json}\n%{header_json}"
COMMON = (
    "--disable",  # must come first: curlrc of the image is not read
    "--silent", "--globoff", "--path-as-is", "--noproxy", "*", "--proto", "=http,https",
    "--write-out", WRITE_OUT,
)  # fmt: skip
STDERR_LIMIT = 2000
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
REFUSED = 7  # CURLE_COULDNT_CONNECT
STOPPED = 63  # CURLE_FILESIZE_EXCEEDED
_TIMED_OUT = 28
_WITH_DETAIL = (1, 3, 16, 18, 35, 55, 56, 92)


def read_write_out(stderr: bytes) -> tuple[Mapping[str, object], Mapping[str, str]] | None:
    """curl's two JSON objects, or None if curl did not write them."""
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
    except json.JSONDecodeError:  # curl before 8 wrote invalid JSON for some header bytes
        headers = {}
    return told, {name.lower(): ", ".join(values) for name, values in headers.items()}


def trouble(exit_code: int, told: Mapping[str, object], timeout: float, url: str) -> str:
    """The meaning of curl's exit code, or "" if there was no error."""
    if exit_code == 0:
        return ""
    detail = str(told.get("errormsg") or "")
    if exit_code == _TIMED_OUT:
        part = " in the middle of the answer" if told.get("http_code") else ""
        return f"{TIMED_OUT} after {timeout:g} s{part}"
    words = _ERRORS.get(exit_code)
    if words is None:
        return f"curl failed (exit {exit_code}): {detail or 'no reason given'}"
    if exit_code == REFUSED:
        return f"{words} on port {urlsplit(url).port}"
    return f"{words}: {detail}" if detail and exit_code in _WITH_DETAIL else words


def header_line(line: str) -> str:
    """A header as a line of curl's configuration file."""
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'header = "{escaped}"'


def file_name(stem: str, content: bytes) -> str:
    """A file name that is derived from the content."""
    return f"{stem}-{sha256(content).hexdigest()[:16]}"
