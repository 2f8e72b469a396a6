"""The probe kind `grpc`: the health of a server, or its list of services by reflection.

The messages are those of grpc.health.v1 and grpc.reflection.v1 (and v1alpha). They have one or two
fields each, so they are written and read here (https://protobuf.dev/programming-guides/encoding).
"""

import re
from dataclasses import dataclass, field, replace
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import http, keys
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.http import HttpProbe
from ci_slim.probes.judge import settled
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

HEALTH = "/grpc.health.v1.Health/Check"
REFLECTION = (
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
)
_STATES = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
_SERVICE = re.compile(rb"[A-Za-z_][\w.]*")

KEYS: Section = keys.section(
    "grpc",
    Option("grpc", Type.CHOICE, "the question", choices=("health", "reflection")),
    keys.NAME,
    keys.PORT,
    Option("service", Type.TEXT, "the service to check; by default the whole server"),
    Option("tls", Type.SWITCH, "over TLS", False),
    http.HEADERS,
    keys.TIMEOUT,
    expect=(keys.BODY, keys.BODY_REGEX),
)


@dataclass(frozen=True, slots=True)
class GrpcProbe:
    """One call. Its answer is `SERVING` or another state, or the names of the services."""

    kind: ClassVar[str] = "grpc"
    content: ClassVar[str] = "the answer"
    sidecar: ClassVar[bool] = True
    listener: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    asks: str = "health"
    port: int | None = None
    service: str = ""
    tls: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"

    @property
    def repeatable(self) -> bool:
        """Health and reflection change nothing."""
        return True

    def exchange(self, way: Way) -> Exchange:
        """Send one call through curl. Reflection is repeated with its old name if the server needs
        that."""
        name = self.service.encode()
        if self.asks == "health":
            message = b"\x0a" + bytes([len(name)]) + name if name else b""
            found = http.answer(*(yield from _call(self, HEALTH, message, way)))
            yield Answered(self, settled(self, health(found)))
            return
        for path in REFLECTION:
            found = http.answer(*(yield from _call(self, path, b"\x3a\x00", way)))
            if found.body or found.error:
                break
        yield Answered(self, settled(self, services(found)))

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """Why the server is not healthy."""
        if self.asks == "health" and found.body != b"SERVING":
            return (f"the health is {found.body.decode()}, expected SERVING",)
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """Whether the state or the services differ. Both are the same in two runs of the same
        image."""
        if fat.body == slim.body:
            return ()
        was, now = fat.body.decode(errors="replace"), slim.body.decode(errors="replace")
        return (f"answered {now or 'nothing'}; the fat image {was}",)

    def outcome(self, found: Answer) -> str:
        """The state or the services."""
        return found.body.decode(errors="replace") or "nothing"

    def final_after(self, found: Answer) -> float | None:
        """Never. A server is not healthy during its start."""
        return None

    def secrets(self) -> frozenset[str]:
        """The headers that authenticate."""
        return http.secrets(self.headers, "", "")


def read(given: Given) -> GrpcProbe:
    """Make the probe from its settings."""
    return GrpcProbe(
        name=keys.named(given, f"grpc {given['grpc']}"),
        asks=given["grpc"],
        port=given["port"],
        service=given["service"] or "",
        tls=given["tls"],
        headers=given["headers"] or (),
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
    )


def _call(probe: GrpcProbe, path: str, message: bytes, way: Way):  # type: ignore[no-untyped-def]
    asked = HttpProbe(
        probe.name,
        "POST",
        path,
        "http2" if probe.tls else "http2c",
        probe.port,
        (*probe.headers, ("Content-Type", "application/grpc"), ("TE", "trailers")),
        b"\0" + len(message).to_bytes(4, "big") + message,
        timeout=probe.timeout,
    )
    ran = yield http.request(asked, way)
    return asked, ran


def health(found: Answer) -> Answer:
    """The state in a HealthCheckResponse. UNKNOWN is 0, which is not sent."""
    if found.error:
        return found
    if len(found.body) < 5:
        return replace(found, error=_refused(found, "health"))
    message = found.body[5:]
    number = message[1] if message[:1] == b"\x08" and len(message) > 1 else 0
    return replace(found, body=_STATES.get(number, str(number)).encode())


def services(found: Answer) -> Answer:
    """The names in a ServerReflectionResponse, one on each line."""
    if found.error:
        return found
    if len(found.body) < 5:
        return replace(found, error=_refused(found, "reflection"))
    names = [name for name in _SERVICE.findall(found.body[5:]) if b"." in name]
    return replace(found, body=b"\n".join(sorted(names)))


def _refused(found: Answer, what: str) -> str:
    said = found.headers.get("grpc-message") or f"HTTP status {found.status}"
    code = found.headers.get("grpc-status", "")
    return f"the server has no {what} service: {said}{f' (grpc-status {code})' if code else ''}"
