"""What a run showed: the value that the tracer's text is read into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, auto

from ci_slim.probes import Answer, Probe


class How(Flag):
    """How a path was used; a path may be used in several ways."""

    EXEC = auto()
    OPEN = auto()
    STAT = auto()
    LINK = auto()
    LIST = auto()
    WRITE = auto()
    CREATE = auto()
    REMOVE = auto()
    CONNECT = auto()


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that happened and could not be read: `process` is "pid 7 (nginx)"."""

    process: str
    detail: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What a run showed.

    `uses`: absolute paths inside the container, the name asked for and the one the kernel arrived
    at, with how they were used. `missed`: absolute paths of look-ups that failed because nothing
    was there (ENOENT, ENOTDIR) or the kernel could not execute it (ENOEXEC). `syscalls`: names seen
    in the trace. `lost`: what could not be read; an observation with losses is not to be trusted.
    """

    uses: Mapping[str, How] = field(default_factory=dict)
    missed: frozenset[str] = frozenset()
    syscalls: frozenset[str] = frozenset()
    lost: tuple[Lost, ...] = ()

    @classmethod
    def none(cls) -> "Observation":
        """An observation of nothing: the neutral element of `merge`."""
        return cls()

    def merge(self, other: "Observation") -> "Observation":
        """Both observations as one; the same loss told twice is told once."""
        uses = dict(self.uses)
        for path, how in other.uses.items():
            uses[path] = uses[path] | how if path in uses else how
        return Observation(
            uses,
            self.missed | other.missed,
            self.syscalls | other.syscalls,
            tuple(dict.fromkeys(self.lost + other.lost)),
        )


RUN_TO_END = "run to its end"
EMULATOR_CRASH = "QEMU internal SIG"
"""QEMU's own crash; it calls a crash of its guest `uncaught target signal`."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one probe of a run showed."""

    observation: Observation
    answers: tuple[tuple[Probe, Answer], ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """What one run under probes showed."""

    answers: tuple[tuple[Probe, Answer], ...]
    """Each probe with its first answer."""
    observation: Observation = field(default_factory=Observation.none)
    """Which files it used; of nothing, where it was not watched for that."""
    problem: str = ""
    """Why the probes could not be sent: it ended early or never became ready. '' when they were."""
    log: tuple[str, ...] = ()
    """The last lines that the container wrote."""
    application_seconds: float = 0.0
    """The application's own start and its answers."""
    start_seconds: float = 0.0
    """Until its first good answer; until it was ready, where no probe was sent."""
    exit_code: int | None = None
    """What it ended with when it was stopped; 137 when it had to be killed."""
    went_on: bool = True
    """It ran until it was stopped."""
    repeats: tuple[tuple[Probe, Answer], ...] = ()
    """Probes that were sent again, in that order."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """What each probe showed, by its name, where that was asked for; its start and its end: ""."""

    @property
    def patience(self) -> float:
        """Seconds in which the first good answer of the slim image must come: it is as fast, but
        the machine may be busier."""
        return max(5.0, 3 * self.start_seconds)

    @property
    def emulator_crash(self) -> str:
        """The line with which QEMU itself crashed, "" when it did not."""
        told = [answer.stderr for _, answer in (*self.answers, *self.repeats)]
        lines = (line for text in (*self.log, *told) for line in text.splitlines())
        return next((line for line in lines if EMULATOR_CRASH in line), "")
