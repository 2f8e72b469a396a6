"""The probe kind `http`: one HTTP request."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import bodies, curl, fields, keys
from ci_slim.probes.bodies import FormField
from ci_slim.probes.exchange import Answered, Carried, Exchange, Ran, Way
from ci_slim.probes.fields import METHODS, PROTOCOLS
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import JudgedByStatus
from ci_slim.probes.model import BODY_LIMIT, DEFAULT_TIMEOUT, Answer, Compare, Expect

PROTOCOL = Option("protocol", Type.CHOICE, "the HTTP protocol", "http", choices=PROTOCOLS)
HEADERS = Option("headers", Type.HEADERS, "request headers")
SOCKET = Option("socket", Type.TEXT, "a Unix socket in the container, instead of a port")
USERNAME = Option("username", Type.SCALAR, "user for basic authentication")
PASSWORD = Option("password", Type.SCALAR, "its password")

KEYS: Section = keys.section(
    "http",
    Option("http", Type.TEXT, "method and path, such as POST /login; a path alone is GET"),
    keys.NAME, PROTOCOL, keys.PORT, SOCKET, HEADERS, *bodies.KEYS, USERNAME, PASSWORD, keys.TIMEOUT,
    expect=keys.HTTP_EXPECT,
)  # fmt: skip

REPEATED = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing, so that a request may be repeated."""
_VERSIONS = {
    "http": "--http1.1",
    "https": "--http1.1",
    "http2": "--http2",
    "http2c": "--http2-prior-knowledge",
}
_LONGEST_SOCKET = 90
"""The kernel's limit is 107 bytes (unix(7)), and the path of the target's root comes before it."""
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|password", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HttpProbe(JudgedByStatus):
    """One HTTP request. `path` starts with "/" and has the query. `port` None means the port of the
    run.

    Protocols: http and https use HTTP/1.1, http2 is HTTP/2 over TLS, http2c is HTTP/2 in clear text
    with prior knowledge. Certificates are not verified, because the server is reached as 127.0.0.1,
    which no certificate names.
    """

    kind: ClassVar[str] = "http"
    content: ClassVar[str] = "the body"
    sidecar: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = ()

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
    socket: str = ""
    """The path of a Unix socket in the container, or `@name` for one without a file. "" means the
    port."""

    @property
    def listener(self) -> bool:
        """Whether it is sent to a port."""
        return not self.socket

    @property
    def repeatable(self) -> bool:
        """Some methods change nothing."""
        return self.method in REPEATED

    def exchange(self, way: Way) -> Exchange:
        """Send the request with one call of curl."""
        ran = yield request(self, way)
        yield Answered(self, answer(self, ran))

    def secrets(self) -> frozenset[str]:
        """The password, also in the form in which it is sent, and the headers that authenticate."""
        return secrets(self.headers, self.username, self.password)


def read(given: Given) -> HttpProbe:
    """Make the probe from its settings."""
    method, path, said = request_line(given["http"], given.where("http"))
    key = bodies.given_key(given)
    if key and (method == "HEAD" or not said):
        raise UsageError(
            f"{key} cannot be used with {method if said else 'a request without method'}",
            where=given.where(key),
            hint=f'write "http: POST {path}"',
        )
    body, form = bodies.body(given)
    headers = given["headers"] or ()
    if "json" in given and not any(name.lower() == "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", "application/json"))
    username, password = login(given)
    return HttpProbe(
        name=keys.named(given, f"{method} {path}"),
        method=method,
        path=path,
        protocol=given["protocol"],
        port=given["port"],
        headers=headers,
        body=body,
        form=form,
        username=username,
        password=password,
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
        socket=_socket(given),
    )


def _socket(given: Given) -> str:
    """The Unix socket, "" if none is given."""
    socket: str | None = given["socket"]
    if socket is None:
        return ""
    where = given.where("socket")
    if "port" in given:
        raise UsageError("port and socket cannot be used together", where=where)
    if not socket.startswith(("/", "@")) or len(socket) > _LONGEST_SOCKET or "\0" in socket:
        raise UsageError(
            f"`{socket}` is not the path of a Unix socket",
            where=where,
            hint=f"write a path of the container with at most {_LONGEST_SOCKET} characters",
        )
    return socket


def request_line(line: str, where: str) -> tuple[str, str, bool]:
    """The method, the path, and whether the method was given."""
    line = line.strip()
    first, _, rest = line.partition(" ")
    if first.startswith("/"):
        return "GET", fields.path(line, where), False
    if not rest and first.upper() not in METHODS:
        return "GET", fields.path(first, where), False
    if not rest.strip():
        raise UsageError(f'"{line}" lacks a path', where=where, hint=f'write "{first} /"')
    return fields.method(first, where), fields.path(rest.strip(), where), True


def login(given: Given) -> tuple[str, str]:
    """The user name and the password, "" if they are not given."""
    if "password" in given and "username" not in given:
        raise UsageError("password needs username", where=given.where("password"))
    username, password = given["username"] or "", given["password"] or ""
    return fields.credentials(username, password, given.where("username"))


def request(probe: HttpProbe, way: Way) -> Carried:
    """The call of curl for a probe.

    Redirects are not followed. Certificates are not verified, because the server is reached by its
    address. A Host header also names the server in TLS. Raises UsageError if no port is known.
    """
    number = probe.port or way.port
    if probe.socket:
        number = None
    elif number is None:
        hint = "give the probe a port, or use --port or run.port"
        raise UsageError(f"no port is known for the probe {probe.name}", hint=hint)
    tls = probe.protocol in ("https", "http2")
    authority = f"[{way.host}]" if ":" in way.host else way.host
    place = authority if number is None else f"{authority}:{number}"
    argv = [*curl.COMMON, _VERSIONS[probe.protocol], "--max-time", f"{probe.timeout:g}"]
    argv += ["--max-filesize", str(curl.TRANSFER_LIMIT), "--output", "-"]
    if probe.socket.startswith("@"):
        argv += ["--abstract-unix-socket", probe.socket[1:]]
    elif probe.socket:
        argv += ["--unix-socket", f"{way.root}{probe.socket}"]
    if tls:
        argv.append("--insecure")
        asked = next((value for name, value in probe.headers if name.lower() == "host"), "")
        if asked and _is_host(asked):
            name = asked.partition(":")[0]
            if number is None:
                place = name
            else:
                argv += ["--connect-to", f"::{place}"]
                place = f"{name}:{number}"
    if probe.method == "HEAD":
        argv.append("--head")
    else:
        argv += ["--request", probe.method]
    body, content_type = bodies.payload(probe.body, probe.form)
    files: dict[str, bytes] = {}
    scratch = way.scratch.rstrip("/")
    if body is not None:
        name = curl.file_name("body", body)
        files[name] = body
        argv += ["--data-binary", f"@{scratch}/{name}"]
    config = _config(probe, content_type)
    name = curl.file_name("curl", config)
    files[name] = config
    argv += ["--config", f"{scratch}/{name}"]
    scheme = "https" if tls else "http"
    argv += ["--url", f"{scheme}://{place}{probe.path}"]
    return Carried("curl", tuple(argv), files)


def answer(probe: HttpProbe, ran: Ran) -> Answer:
    """The answer from curl's output. Bodies are cut at BODY_LIMIT."""
    if ran.error:
        return Answer.none(ran.error)
    written = curl.read_write_out(ran.stderr)
    if written is None:
        said = ran.stderr[-curl.STDERR_LIMIT :].decode(errors="replace").strip()
        error = f"curl gave no result (exit {ran.code}): {said or 'it wrote nothing'}"
        return Answer.none(error, ran.ms)
    told, headers = written
    taken = told.get("time_total")
    code = told.get("http_code")
    status = code if isinstance(code, int) and code else None
    url = str(told.get("url_effective") or told.get("url") or "")
    unread = ran.code == curl.STOPPED and status is not None
    error = "" if unread else curl.trouble(ran.code, told, probe.timeout, url)
    if probe.socket and ran.code == curl.REFUSED:
        error = f"connection refused on the socket {probe.socket}"
    found = Answer(
        ok=False,
        status=status,
        ms=round(taken * 1000) if isinstance(taken, int | float) else ran.ms,
        body=b"" if probe.method == "HEAD" else ran.stdout[:BODY_LIMIT],
        headers=headers,
        error=error,
        url=url,
        unread=unread,
    )
    return settled(probe, found)


def secrets(headers: tuple[tuple[str, str], ...], username: str, password: str) -> frozenset[str]:
    """The password, also in the form in which it is sent, and the headers that authenticate."""
    values = {value for name, value in headers if _SECRET_HEADER.search(name)}
    values |= {value.partition(" ")[2] for value in values}  # without `Bearer`
    if password:
        values |= {password, _basic(username, password)}
    return frozenset(values - {""})


def _basic(username: str, password: str) -> str:
    return b64encode(f"{username}:{password}".encode("utf-8", "surrogateescape")).decode()


def _config(probe: HttpProbe, content_type: str) -> bytes:
    """curl's configuration file: the headers, without curl's own defaults."""
    given = {name.lower() for name, _ in probe.headers}
    lines: list[str] = []
    for name, value in probe.headers:
        lines.append(curl.header_line(f"{name}: {value}" if value else f"{name};"))
    if probe.username or probe.password:
        basic = _basic(probe.username, probe.password)
        lines.append(curl.header_line(f"Authorization: Basic {basic}"))
    if "user-agent" not in given:
        lines.append(curl.header_line("User-Agent: ci-slim"))
    if "content-type" not in given:
        # With nothing after the colon, curl does not add the type of a form.
        lines.append(curl.header_line(f"Content-Type: {content_type}".rstrip()))
    if "expect" not in given:
        # do not wait for "100 Continue" before a long body
        lines.append(curl.header_line("Expect:"))
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def _is_host(text: str) -> bool:
    name, _, number = text.partition(":")
    plain = name.replace("-", "").replace(".", "")
    return plain.isascii() and plain.isalnum() and (not number or number.isdecimal())
