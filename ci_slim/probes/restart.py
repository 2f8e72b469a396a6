"""The probe kind `restart`: a second start of the same container, with what the first one wrote."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys
from ci_slim.probes.exchange import Answered, Exchange, Restart, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

KEYS: Section = keys.step(
    "restart", Option("restart", Type.SWITCH, "stop the container and start it again"), keys.NAME
)


@dataclass(frozen=True, slots=True)
class RestartProbe:
    """The container is stopped, and started again with its volumes and its changes."""

    kind: ClassVar[str] = "restart"
    content: ClassVar[str] = "nothing"
    sidecar: ClassVar[bool] = False
    listener: ClassVar[bool] = False
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "status"

    @property
    def repeatable(self) -> bool:
        """Once is enough."""
        return False

    def exchange(self, way: Way) -> Exchange:
        """Start it again, and see whether it becomes ready."""
        ran = yield Restart()
        yield Answered(self, settled(self, Answer(False, None, ran.ms, error=ran.error)))

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """It is enough that the container runs on."""
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """An error is told apart."""
        return ()

    def outcome(self, found: Answer) -> str:
        """The answer in a few words."""
        return "started again"

    def final_after(self, found: Answer) -> float | None:
        """At once: a container that ended answers nothing later."""
        return 0.0

    def secrets(self) -> frozenset[str]:
        """It sends nothing."""
        return frozenset()


def read(given: Given) -> RestartProbe:
    """The probe that the settings give."""
    if not given["restart"]:
        hint = "write `restart: true`, or leave it out"
        raise UsageError("restart: false asks for nothing", where=given.where("restart"), hint=hint)
    return RestartProbe(keys.named(given, "restart"))
