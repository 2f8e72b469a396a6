"""The probe kind `idle`: a time in which nothing is sent, so that timers of the application run."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys
from ci_slim.probes.exchange import Answered, Exchange, Idle, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import JudgedByRunning
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

KEYS: Section = keys.step(
    "idle",
    Option("idle", Type.DURATION, "wait for this long without sending anything", most=3600),
    keys.NAME,
)


@dataclass(frozen=True, slots=True)
class IdleProbe(JudgedByRunning):
    """Wait for so many seconds without sending anything."""

    kind: ClassVar[str] = "idle"
    content: ClassVar[str] = "nothing"
    sidecar: ClassVar[bool] = False
    listener: ClassVar[bool] = False
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    seconds: float = 0.0
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "status"

    def exchange(self, way: Way) -> Exchange:
        """Wait, and check whether the container still runs."""
        ran = yield Idle(self.seconds)
        yield Answered(self, settled(self, Answer(False, None, ran.ms, error=ran.error)))


def read(given: Given) -> IdleProbe:
    """Make the probe from its settings."""
    return IdleProbe(keys.named(given, f"idle {given['idle']:g} s"), given["idle"])
