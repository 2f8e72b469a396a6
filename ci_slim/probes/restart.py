"""The probe kind `restart`: a second start of the same container, with the files of the first
start."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import keys
from ci_slim.probes.exchange import Answered, Exchange, Restart, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import JudgedByRunning
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

KEYS: Section = keys.step(
    "restart", Option("restart", Type.SWITCH, "stop the container and start it again"), keys.NAME
)


@dataclass(frozen=True, slots=True)
class RestartProbe(JudgedByRunning):
    """Stop the container, and start it again with its volumes and its changes."""

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

    def exchange(self, way: Way) -> Exchange:
        """Start it again, and check whether it becomes ready."""
        ran = yield Restart()
        yield Answered(self, settled(self, Answer(False, None, ran.ms, error=ran.error)))

    def outcome(self, found: Answer) -> str:
        """The answer in a few words."""
        return "started again"


def read(given: Given) -> RestartProbe:
    """Make the probe from its settings."""
    if not given["restart"]:
        hint = "write `restart: true`, or remove it"
        raise UsageError("restart: false does nothing", where=given.where("restart"), hint=hint)
    return RestartProbe(keys.named(given, "restart"))
