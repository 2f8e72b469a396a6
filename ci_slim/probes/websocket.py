"""The probe kind `websocket`: a handshake, texts that are sent, and answers (RFC 6455)."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha1
from typing import ClassVar

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import fields, http, keys, talk
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import final_status_after, worse_text
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect
from ci_slim.probes.talk import Step

_KEY = b64encode(b"ci-slim-ci-slim!").decode()
_ACCEPT = b64encode(
    sha1(f"{_KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode(), usedforsecurity=False).digest()
).decode()
_MASK = b"slim"
_TEXT, _BINARY, _CLOSE = 1, 2, 8
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")

KEYS: Section = keys.section(
    "websocket",
    Option("websocket", Type.TEXT, "the path of the WebSocket"),
    keys.NAME,
    keys.PORT,
    Option("tls", Type.SWITCH, "over TLS (wss); the certificate is not verified", False),
    http.HEADERS,
    Option("send", Type.LINE, "text to send; of a list, each after the previous answer"),
    keys.TIMEOUT,
    expect=(keys.BODY, keys.BODY_REGEX, keys.JSON),
)


@dataclass(frozen=True, slots=True)
class WebSocketProbe:
    """One WebSocket. Its answer has the texts that the server sent, one on each line."""

    kind: ClassVar[str] = "websocket"
    content: ClassVar[str] = "the answer"
    sidecar: ClassVar[bool] = True
    listener: ClassVar[bool] = True

    name: str
    path: str = "/"
    port: int | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    send: tuple[bytes, ...] = field(default=(), repr=False)
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"
    tls: bool = False

    @property
    def programs(self) -> tuple[str, ...]:
        """perl, and openssl for TLS."""
        return (talk.PROGRAM, talk.TLS_PROGRAM) if self.tls else (talk.PROGRAM,)

    @property
    def repeatable(self) -> bool:
        """A text may change anything."""
        return not self.send

    def exchange(self, way: Way) -> Exchange:
        """Do the handshake, send one text after the other, and close."""
        port = self.port or way.port
        if port is None:
            raise UsageError(
                f"no port is known for the probe {self.name}",
                hint="give the probe a port, or use --port or run.port",
            )
        framed = tuple(frame(_TEXT, text) for text in self.send)
        turns = talk.turns(framed, replace(self.expect, body=None))
        if not turns and self.expect.body:
            turns = (Step("quiet"),)
        hello = (Step("send", self._handshake(way, port)), Step("text", b"\r\n\r\n"))
        steps = (*hello, *turns, Step("send", frame(_CLOSE, b"\x03\xe8")))
        over = talk.over_tls if self.tls else talk.over_port
        ran = yield over(way, port, steps, self.timeout)
        error = talk.trouble(ran, self.timeout, f"port {port}")
        yield Answered(self, settled(self, answer(ran.stdout, error, ran.ms)))

    def _handshake(self, way: Way, port: int) -> bytes:
        host = f"[{way.host}]" if ":" in way.host else way.host
        given = {name.lower() for name, _ in self.headers}
        lines = [f"GET {self.path} HTTP/1.1"]
        if "host" not in given:
            lines.append(f"Host: {host}:{port}")
        lines += ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {_KEY}"]
        lines += [
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """Why the server refused the handshake."""
        if found.status == 101:
            return ()
        return (f"answered {found.status}, expected 101 (Switching Protocols)",)

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """How the handshake differs, and whether nothing came though the fat image answered."""
        if slim.status != fat.status:
            return (f"answered {slim.status}; the fat image {fat.status}",)
        return worse_text(fat, slim)

    def outcome(self, found: Answer) -> str:
        """The status of the handshake."""
        return str(found.status)

    def final_after(self, found: Answer) -> float | None:
        """After some seconds, if the answer says that the request is wrong."""
        return final_status_after(found)

    def secrets(self) -> frozenset[str]:
        """The headers that authenticate."""
        return http.secrets(self.headers, "", "")


def read(given: Given) -> WebSocketProbe:
    """Make the probe from its settings."""
    path = fields.path(given["websocket"], given.where("websocket"))
    return WebSocketProbe(
        name=keys.named(given, f"websocket {path}"),
        path=path,
        port=given["port"],
        headers=given["headers"] or (),
        send=keys.texts(given["send"]),
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
        tls=given["tls"],
    )


def frame(opcode: int, data: bytes) -> bytes:
    """One whole message of a client. Its frame is masked (RFC 6455, 5.3)."""
    size = len(data)
    head = bytes([0x80 | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return head + _MASK + bytes(byte ^ _MASK[index % 4] for index, byte in enumerate(data))


def messages(stream: bytes) -> Iterator[bytes]:
    """The texts of a server's frames. The parts of a message are joined."""
    message = b""
    while len(stream) >= 2:
        opcode, size, start = stream[0] & 15, stream[1] & 127, 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(stream[2:start], "big")
        data = stream[start : start + size]
        if opcode in (0, _TEXT, _BINARY):
            message += data
            if stream[0] & 0x80:
                yield message
                message = b""
        stream = stream[start + size :]


def answer(stdout: bytes, error: str, ms: int) -> Answer:
    """What the server said, from the first byte of its handshake on."""
    head, _, stream = stdout.partition(b"\r\n\r\n")
    match = _STATUS.match(head)
    status = int(match[1]) if match else None
    if status == 101 and _ACCEPT.encode() not in head:
        error = error or "the server accepts the WebSocket without the key that RFC 6455 requires"
    if status not in (None, 101):
        error = ""  # it answered, but not with a WebSocket
    return Answer(False, status, ms, b"\n".join(messages(stream)), error=error)
