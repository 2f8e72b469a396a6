"""The probe kind `udp`: sends datagrams to a port, and expects an answer."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys, talk
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import JudgedByText
from ci_slim.probes.model import DEFAULT_TIMEOUT, Compare, Expect

KEYS: Section = keys.section(
    "udp",
    Option("udp", Type.PORT, "the port to send to"),
    keys.NAME,
    Option("send", Type.LINE, "text to send; of a list, each is a datagram"),
    Option("send_hex", Type.TEXT, "bytes to send as one datagram, in hexadecimal"),
    Option("answer", Type.SWITCH, "wait for an answer", True),
    keys.TIMEOUT,
    expect=(keys.BODY, keys.BODY_REGEX),
)


@dataclass(frozen=True, slots=True)
class UdpProbe(JudgedByText):
    """Datagrams to a port of the target, and the answer."""

    kind: ClassVar[str] = "udp"
    content: ClassVar[str] = "the answer"
    sidecar: ClassVar[bool] = True
    listener: ClassVar[bool] = False
    programs: ClassVar[tuple[str, ...]] = (talk.PROGRAM,)

    name: str
    port: int
    send: tuple[bytes, ...] = field(default=(), repr=False)
    answer: bool = True
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"

    @property
    def repeatable(self) -> bool:
        """A datagram may change anything."""
        return False

    def exchange(self, way: Way) -> Exchange:
        """Send, and wait for an answer if one is expected."""
        turns = talk.turns(self.send, self.expect)
        if not self.answer:
            turns = tuple(step for step in turns if step.what == "send")
        ran = yield talk.over_port(way, self.port, turns, self.timeout, udp=True)
        found = talk.heard(ran, self.timeout, f"port {self.port}", self.expect)
        yield Answered(self, settled(self, found))


def read(given: Given) -> UdpProbe:
    """Make the probe from its settings."""
    send = keys.texts(given["send"])
    if "send_hex" in given:
        try:
            send = (*send, bytes.fromhex(given["send_hex"]))
        except ValueError:
            raise UsageError(
                f"`{given['send_hex']}` is not hexadecimal",
                where=given.where("send_hex"),
                hint="write two digits for each byte: `00ff`",
            ) from None
    if not send:
        raise UsageError(
            "there is nothing to send", where=given.where("udp"), hint="add `send` or `send_hex`"
        )
    return UdpProbe(
        name=keys.named(given, f"udp {given['udp']}"),
        port=given["udp"],
        send=send,
        answer=given["answer"],
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
    )
