"""The probe kind `udp`: datagrams that are sent to a port, and an answer that is expected."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys, talk
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

KEYS: Section = keys.section(
    "udp",
    Option("udp", Type.PORT, "the port to send to"),
    keys.NAME,
    Option("send", Type.LINE, "text to send; of a list each is a datagram"),
    Option("send_hex", Type.TEXT, "bytes to send as one datagram, in hexadecimal"),
    Option("answer", Type.SWITCH, "wait for an answer", True),
    keys.TIMEOUT,
    expect=(keys.BODY, keys.BODY_REGEX),
)


@dataclass(frozen=True, slots=True)
class UdpProbe:
    """Datagrams to a port of the target, and what comes back."""

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
        """What is sent may change anything."""
        return False

    def exchange(self, way: Way) -> Exchange:
        """Send, and wait for an answer where one is wanted."""
        turns = talk.turns(self.send, self.expect)
        if not self.answer:
            turns = tuple(step for step in turns if step.what == "send")
        ran = yield talk.over_port(way, self.port, turns, self.timeout, udp=True)
        found = talk.heard(ran, self.timeout, f"port {self.port}", self.expect)
        yield Answered(self, settled(self, found))

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """An answer is as expected, but for what it says."""
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """Whether nothing came where the fat image answered."""
        return talk.worse(fat, slim)

    def outcome(self, found: Answer) -> str:
        """The answer in a few words."""
        return f"{len(found.body)} B"

    def final_after(self, found: Answer) -> float | None:
        """Never: it may not listen yet."""
        return None

    def secrets(self) -> frozenset[str]:
        """What is sent is not known to be secret."""
        return frozenset()


def read(given: Given) -> UdpProbe:
    """The probe that the settings give."""
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
