"""The probe kind `tcp`: connects to a port, sends texts, and expects an answer."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys, talk
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import JudgedByText
from ci_slim.probes.model import DEFAULT_TIMEOUT, Compare, Expect

KEYS: Section = keys.section(
    "tcp",
    Option("tcp", Type.PORT, "the port to connect to"),
    keys.NAME,
    Option("send", Type.LINE, "text to send; of a list, each after the previous answer"),
    Option("greeting", Type.SWITCH, "the server speaks first: wait for it before sending", False),
    keys.TIMEOUT,
    expect=(keys.BODY, keys.BODY_REGEX, keys.JSON),
)


@dataclass(frozen=True, slots=True)
class TcpProbe(JudgedByText):
    """One connection to a port of the target. If nothing is sent and nothing expected, it is enough
    that the port accepts the connection."""

    kind: ClassVar[str] = "tcp"
    content: ClassVar[str] = "the answer"
    sidecar: ClassVar[bool] = True
    listener: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = (talk.PROGRAM,)

    name: str
    port: int
    send: tuple[bytes, ...] = field(default=(), repr=False)
    greeting: bool = False
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"

    @property
    def repeatable(self) -> bool:
        """A text may change anything."""
        return not self.send

    def exchange(self, way: Way) -> Exchange:
        """Connect, and send one text after the other."""
        turns = talk.turns(self.send, self.expect, greeting=self.greeting)
        ran = yield talk.over_port(way, self.port, turns, self.timeout)
        found = talk.heard(ran, self.timeout, f"port {self.port}", self.expect)
        yield Answered(self, settled(self, found))


def read(given: Given) -> TcpProbe:
    """Make the probe from its settings."""
    return TcpProbe(
        name=keys.named(given, f"tcp {given['tcp']}"),
        port=given["tcp"],
        send=keys.texts(given["send"]),
        greeting=given["greeting"],
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
    )
