"""The probe kind `fastcgi`: one request to a FastCGI server, such as PHP-FPM (FastCGI 1.0)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import fields, http, keys, talk
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import JudgedByStatus
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect
from ci_slim.probes.talk import Step

_BEGIN, _PARAMS, _STDIN, _STDOUT, _STDERR = 1, 4, 5, 6, 7
DEFAULT_PORT = 9000

KEYS: Section = keys.section(
    "fastcgi",
    Option("fastcgi", Type.TEXT, "method and path of the script in the image: GET /app/index.php"),
    keys.NAME,
    Option("port", Type.PORT, "the port", DEFAULT_PORT),
    Option("query", Type.SCALAR, "the query, without `?`"),
    Option("params", Type.VALUES, "further parameters, such as DOCUMENT_ROOT", {}),
    Option("body", Type.SCALAR, "the body"),
    keys.TIMEOUT,
    expect=keys.HTTP_EXPECT,
)


@dataclass(frozen=True, slots=True)
class FastCgiProbe(JudgedByStatus):
    """One request. `script` is the file that the server runs."""

    kind: ClassVar[str] = "fastcgi"
    content: ClassVar[str] = "the body"
    sidecar: ClassVar[bool] = True
    listener: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = (talk.PROGRAM,)

    name: str
    script: str
    method: str = "GET"
    port: int = DEFAULT_PORT
    query: str = ""
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"

    @property
    def repeatable(self) -> bool:
        """Some methods change nothing."""
        return self.method in http.REPEATED

    def exchange(self, way: Way) -> Exchange:
        """Send one request, over its own connection."""
        steps = (Step("send", request(self)), Step("eof"))
        ran = yield talk.over_port(way, self.port, steps, self.timeout)
        error = talk.trouble(ran, self.timeout, f"port {self.port}")
        yield Answered(self, settled(self, answer(ran.stdout, error, ran.ms)))

    def secrets(self) -> frozenset[str]:
        """The values of parameters whose names say that they are secret."""
        return keys.secret_values(self.params)


def read(given: Given) -> FastCgiProbe:
    """Make the probe from its settings."""
    method, script, _ = http.request_line(given["fastcgi"], given.where("fastcgi"))
    return FastCgiProbe(
        name=keys.named(given, f"fastcgi {method} {script}"),
        script=fields.path(script, given.where("fastcgi")),
        method=method,
        port=given["port"],
        query=given["query"] or "",
        params=given["params"],
        body=(given["body"] or "").encode(),
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
    )


def request(probe: FastCgiProbe) -> bytes:
    """All records of a request. The server closes the connection after its answer."""
    script = probe.script
    params = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "ci-slim",
        "SERVER_NAME": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": probe.method,
        "SCRIPT_FILENAME": script,
        "SCRIPT_NAME": script,
        "REQUEST_URI": script + (f"?{probe.query}" if probe.query else ""),
        "QUERY_STRING": probe.query,
        "CONTENT_LENGTH": str(len(probe.body)),
        **probe.params,
    }
    pairs = b"".join(_pair(name.encode(), value.encode()) for name, value in params.items())
    # the role responder, without keeping the connection
    begin = _record(_BEGIN, (1).to_bytes(2, "big") + bytes(6))
    return begin + _stream(_PARAMS, pairs) + _stream(_STDIN, probe.body)


def answer(stdout: bytes, error: str, ms: int) -> Answer:
    """The CGI response in the server's records. Without a Status it is 200 (RFC 3875)."""
    out, err = b"", b""
    for kind, data in _records(stdout):
        out += data if kind == _STDOUT else b""
        err += data if kind == _STDERR else b""
    head, _, body = out.replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    headers: dict[str, str] = {}
    for line in head.decode(errors="replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    said = headers.get("status", "200")[:3]
    status = int(said) if out and said.isdecimal() else None
    if status is None and not error:
        detail = err.decode(errors="replace").strip()
        error = f"the server gave no FastCGI answer{f': {detail[:200]}' if detail else ''}"
    return Answer(False, status, ms, body, headers, error=error)


def _record(kind: int, data: bytes) -> bytes:
    return bytes([1, kind, 0, 1]) + len(data).to_bytes(2, "big") + bytes(2) + data


def _stream(kind: int, data: bytes) -> bytes:
    """Records of a stream, with an empty one at the end."""
    most = 65535
    parts = [data[at : at + most] for at in range(0, len(data), most)]
    return b"".join(_record(kind, part) for part in (*parts, b""))


def _pair(name: bytes, value: bytes) -> bytes:
    return _length(name) + _length(value) + name + value


def _length(text: bytes) -> bytes:
    size = len(text)
    return bytes([size]) if size < 128 else (size | 1 << 31).to_bytes(4, "big")


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    while len(stream) >= 8:
        size, padding = int.from_bytes(stream[4:6], "big"), stream[6]
        yield stream[1], stream[8 : 8 + size]
        stream = stream[8 + size + padding :]
