"""The probe kind `tcp`: a connection to a port, a text that is sent, an answer that is expected."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys, talk
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

KEYS: Section = keys.section(
    "tcp",
    Option("tcp", Type.PORT, "the port to connect to"),
    keys.NAME,
    Option("send", Type.LINE, "text to send; of a list each after the answer to the one before"),
    Option("greeting", Type.SWITCH, "the server speaks first: wait for that before sending", False),
    keys.TIMEOUT,
    expect=(keys.BODY, keys.BODY_REGEX, keys.JSON),
)


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """One connection to a port of the target. With nothing to send and nothing expected it is
    enough that the port accepts it."""

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
        """What is sent may change anything."""
        return not self.send

    def exchange(self, way: Way) -> Exchange:
        """Connect, and take turns."""
        turns = talk.turns(self.send, self.expect, greeting=self.greeting)
        ran = yield talk.over_port(way, self.port, turns, self.timeout)
        found = talk.heard(ran, self.timeout, f"port {self.port}", self.expect)
        yield Answered(self, settled(self, found))

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """A conversation that came to its end is as expected, but for what was said."""
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """Whether nothing came where the fat image answered."""
        return talk.worse(fat, slim)

    def outcome(self, found: Answer) -> str:
        """The answer in a few words."""
        return f"{len(found.body)} B"

    def final_after(self, found: Answer) -> float | None:
        """Never: what answers wrongly while it starts may answer well later."""
        return None

    def secrets(self) -> frozenset[str]:
        """What is sent is not known to be secret."""
        return frozenset()


def read(given: Given) -> TcpProbe:
    """The probe that the settings give."""
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
