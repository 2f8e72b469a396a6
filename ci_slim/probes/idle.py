"""The probe kind `idle`: a while in which nothing is asked, for what timers do."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys
from ci_slim.probes.exchange import Answered, Exchange, Idle, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

KEYS: Section = keys.step(
    "idle",
    Option("idle", Type.DURATION, "let the container be for this long", most=3600),
    keys.NAME,
)


@dataclass(frozen=True, slots=True)
class IdleProbe:
    """The container is left to itself for so many seconds."""

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

    @property
    def repeatable(self) -> bool:
        """Once is enough."""
        return False

    def exchange(self, way: Way) -> Exchange:
        """Wait, and see whether it still runs."""
        ran = yield Idle(self.seconds)
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


def read(given: Given) -> IdleProbe:
    """The probe that the settings give."""
    return IdleProbe(keys.named(given, f"idle {given['idle']:g} s"), given["idle"])
