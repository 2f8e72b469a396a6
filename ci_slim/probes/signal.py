"""The probe kind `signal`: a signal such as HUP, after which servers read their configuration."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys
from ci_slim.probes.exchange import Answered, Exchange, Signal, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import JudgedByRunning
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

SIGNALS = ("HUP", "INT", "QUIT", "USR1", "USR2", "WINCH", "CONT")
"""Signals to which a server may react. The stop signal is sent at the end of each run anyway."""

KEYS: Section = keys.step(
    "signal",
    Option("signal", Type.CHOICE, "send this signal to the container", choices=SIGNALS),
    keys.NAME,
)


@dataclass(frozen=True, slots=True)
class SignalProbe(JudgedByRunning):
    """Send a signal to the container's first process, and give it a moment to react."""

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

    def exchange(self, way: Way) -> Exchange:
        """Send it, and check whether the container still runs."""
        ran = yield Signal(self.signal)
        yield Answered(self, settled(self, Answer(False, None, ran.ms, error=ran.error)))


def read(given: Given) -> SignalProbe:
    """Make the probe from its settings."""
    return SignalProbe(keys.named(given, f"signal {given['signal']}"), given["signal"])
