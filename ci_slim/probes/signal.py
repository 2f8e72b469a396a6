"""The probe kind `signal`: a signal, such as HUP, at which servers read their configuration."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys
from ci_slim.probes.exchange import Answered, Exchange, Signal, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

SIGNALS = ("HUP", "INT", "QUIT", "USR1", "USR2", "WINCH", "CONT")
"""Signals that a server may be told something with; the one that ends it comes by itself."""

KEYS: Section = keys.step(
    "signal",
    Option("signal", Type.CHOICE, "send this signal to the container", choices=SIGNALS),
    keys.NAME,
)


@dataclass(frozen=True, slots=True)
class SignalProbe:
    """The container's first process gets a signal, and a moment for what it does then."""

    kind: ClassVar[str] = "signal"
    content: ClassVar[str] = "nothing"
    sidecar: ClassVar[bool] = False
    listener: ClassVar[bool] = False
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    signal: str = ""
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "status"

    @property
    def repeatable(self) -> bool:
        """Once is enough."""
        return False

    def exchange(self, way: Way) -> Exchange:
        """Send it, and see whether the container still runs."""
        ran = yield Signal(self.signal)
        yield Answered(self, settled(self, Answer(False, None, ran.ms, error=ran.error)))

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """It is enough that the container runs on."""
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """An error is told apart."""
        return ()

    def outcome(self, found: Answer) -> str:
        """The answer in a few words."""
        return "ran on"

    def final_after(self, found: Answer) -> float | None:
        """At once: a container that ended answers nothing later."""
        return 0.0

    def secrets(self) -> frozenset[str]:
        """It sends nothing."""
        return frozenset()


def read(given: Given) -> SignalProbe:
    """The probe that the settings give."""
    return SignalProbe(keys.named(given, f"signal {given['signal']}"), given["signal"])
