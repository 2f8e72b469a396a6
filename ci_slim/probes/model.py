"""The kinds of probe, what is sent for them and what came back.

Probes are made by `from_settings`, `from_flag_http`, `from_flag_exec` and `from_dockerslim`, which
check every field; the dataclasses themselves check nothing. Whatever may carry a secret (header
values, bodies, passwords, the files of a request) stays out of `repr`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
PROTOCOLS = ("http", "https", "http2", "http2c")
DEFAULT_TIMEOUT = 30.0
"""Seconds for one request or command: under QEMU and a tracer the first answer may take ten."""
BODY_LIMIT = 1024 * 1024
"""Bytes of an answer that are read; what comes after is not compared."""
COMPARED_LIMIT = 64 * 1024
"""Bytes of an answer that are compared word by word; longer bodies are compared by their digest,
and where that varies, by their beginning."""
TIMED_OUT = "timed out"
"""How the error of an answer begins that did not come in time."""


Compare = Literal["exact", "learned", "status"]
"""How the slim image's answers are held against the fat one's: the same bytes; the same but for
what the fat image's own answers differ in; status, exit code and `expect` alone."""
REPEATED = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing, so that a request may be sent again."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What an answer must be; an empty one asks for the default of its kind of probe."""

    status: tuple[int, ...] | None = None
    """HTTP statuses, any of which will do; None: 2xx or 3xx."""
    body: str | None = None
    """Text that the body (of a command: the standard output) contains."""
    body_regex: str | None = None
    """Python regular expression found in the body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header name → regular expression found in its value."""
    json: Mapping[str, object] = field(default_factory=dict)
    """Dotted path into the JSON body (`items.0.name`) → the value there."""
    exit: int = 0
    """Exit code of a command."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form; one with a file name makes the form multipart/form-data."""

    name: str
    value: bytes = field(repr=False)
    file_name: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """One HTTP request. `path` starts with "/" and holds the query; `port` None: the run's own.

    Protocols: http and https speak HTTP/1.1, http2 is HTTP/2 over TLS, http2c is HTTP/2 in clear
    text with prior knowledge. Certificates are not verified: the server is asked as 127.0.0.1,
    which no certificate names.
    """

    name: str
    method: str = "GET"
    path: str = "/"
    protocol: str = "http"
    port: int | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    form: tuple[FormField, ...] = ()
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"


@dataclass(frozen=True, slots=True)
class ExecProbe:
    """One command in the running container; with `shell` the command is one line for /bin/sh."""

    name: str
    command: tuple[str, ...]
    shell: bool = False
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"

    @property
    def argv(self) -> tuple[str, ...]:
        """The arguments to execute."""
        return ("/bin/sh", "-c", *self.command) if self.shell else self.command


@dataclass(frozen=True, slots=True)
class CrawlProbe:
    """Pages from `path` on. The start page has depth 1 (as in DockerSlim); `pages` bounds them."""

    name: str
    path: str = "/"
    port: int | None = None
    protocol: str = "http"
    depth: int = 3
    pages: int = 1000
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"
    """Asked of the start page; the other pages are compared with the fat image's answers."""


Probe = HttpProbe | ExecProbe | CrawlProbe


@dataclass(frozen=True, slots=True)
class Request:
    """How curl is called: its arguments without the program's name, and the files it reads.

    File names are relative to the scratch folder and derived from their content, so files of
    several requests can stand in one folder and one that is there already need not be sent again.
    """

    argv: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `ok`: it meets the probe's expectation."""

    ok: bool
    status: int | None
    """HTTP status, or the exit code of a command; None when there was no answer."""
    ms: int
    body: bytes = field(default=b"", repr=False)
    """At most BODY_LIMIT bytes; of a command: its standard output."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Lower-case name → value; repeated headers are joined with ", "."""
    error: str = ""
    """Why there is no answer: "connection refused on port 5000"."""
    url: str = ""
    """The address asked, for the links of a page."""
    stderr: str = field(default="", repr=False)
    """The end of a command's standard error."""
    unread: bool = False
    """The body was so long that curl was told to stop: status and headers only."""
    digest: str = ""
    """SHA-256 of the body, of which `judged` keeps only the beginning."""

    @property
    def timed_out(self) -> bool:
        """The answer did not come in time."""
        return self.error.startswith(TIMED_OUT)


def page(probe: CrawlProbe, path: str) -> HttpProbe:
    """The request for one page of a crawl. Only the start page carries the expectation: of the
    others any answer will do, a dead link's too, that the slim image gives as well."""
    return HttpProbe(
        name=f"GET {path}",
        path=path,
        protocol=probe.protocol,
        port=probe.port,
        headers=probe.headers,
        username=probe.username,
        password=probe.password,
        timeout=probe.timeout,
        expect=probe.expect if path == probe.path else Expect(status=tuple(range(100, 600))),
        repeat=probe.repeat,
        compare=probe.compare,
    )


def unique(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """The same probes with distinct names: the second "GET /" becomes "GET / (2)"."""
    probes = tuple(probes)
    taken = {probe.name for probe in probes}
    seen: Counter[str] = Counter()
    named: list[Probe] = []
    for probe in probes:
        seen[probe.name] += 1
        if seen[probe.name] == 1:
            named.append(probe)
            continue
        number = seen[probe.name]
        while (name := f"{probe.name} ({number})") in taken:
            number += 1
        taken.add(name)
        named.append(replace(probe, name=name))
    return tuple(named)


def repeated(probe: Probe) -> bool:
    """Whether a probe is sent again: what it says itself, else a request that changes nothing."""
    if probe.repeat is not None:
        return probe.repeat
    return isinstance(probe, HttpProbe) and probe.method in REPEATED


def shorten(words: Sequence[str], limit: int = 80) -> str:
    """One line for a name: words joined, white space squeezed, cut at `limit` characters."""
    text = " ".join(" ".join(words).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
