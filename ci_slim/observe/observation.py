"""What a run showed, as a value. It is read from the text of the tracer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from typing import NamedTuple

from ci_slim.probes import Answer, Probe


class How(Flag):
    """How a path was used. A path may be used in several ways."""

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
    """Something that happened but could not be read. `process` is "pid 7 (nginx)"."""

    process: str
    detail: str


class Act(NamedTuple):
    """A call that needs a right. It has the path, port or capabilities of the call where these
    matter, and the error with which the call was refused, "" if it succeeded."""

    call: str
    subject: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a run showed.

    `uses`: absolute paths inside the container and how they were used. It has the path that the
    program asked for and the path that the kernel arrived at.
    `missed`: absolute paths of look-ups that failed because nothing was there (ENOENT, ENOTDIR) or
    because the kernel could not execute it (ENOEXEC).
    `syscalls`: the names of system calls in the trace.
    `lost`: what could not be read. An observation with losses cannot be trusted.
    `acts`: calls that need a right, and refused calls, if these were observed.
    """

    uses: Mapping[str, How] = field(default_factory=dict)
    missed: frozenset[str] = frozenset()
    syscalls: frozenset[str] = frozenset()
    lost: tuple[Lost, ...] = ()
    acts: frozenset[Act] = frozenset()

    @classmethod
    def none(cls) -> "Observation":
        """An empty observation: the neutral element of `merge`."""
        return cls()

    def merge(self, other: "Observation") -> "Observation":
        """Both observations as one. A loss that both have is kept once."""
        uses = dict(self.uses)
        for path, how in other.uses.items():
            uses[path] = uses[path] | how if path in uses else how
        return Observation(
            uses,
            self.missed | other.missed,
            self.syscalls | other.syscalls,
            tuple(dict.fromkeys(self.lost + other.lost)),
            self.acts | other.acts,
        )


RUN_TO_END = "run to its end"
EMULATOR_CRASH = "QEMU internal SIG"
"""The line of a crash of QEMU itself. For a crash of its guest, QEMU writes `uncaught target
signal`."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one probe of a run showed."""

    observation: Observation
    answers: tuple[tuple[Probe, Answer], ...]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for good answers, as an earlier run showed it: seconds until the first one,
    and the seconds after its start when it had answered each probe, by its name."""

    first: float
    answered: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exercise:
    """The result of one run under probes."""

    answers: tuple[tuple[Probe, Answer], ...]
    """Each probe with its first answer."""
    observation: Observation = field(default_factory=Observation.none)
    """The files that it used. Empty if the run was not watched for files."""
    problem: str = ""
    """Why the probes were not sent: it ended early or never became ready. "" if they were sent."""
    log: tuple[str, ...] = ()
    """The last lines that the container wrote."""
    application_seconds: float = 0.0
    """The application itself as a probe, with its answers, if the image serves nothing."""
    start_seconds: float = 0.0
    """Seconds until the first good answer, or until it was ready if no probe was sent."""
    exit_code: int | None = None
    """The exit code after the stop signal. 137 if it had to be killed."""
    went_on: bool = True
    """Whether it ran until it was stopped."""
    repeats: tuple[tuple[Probe, Answer], ...] = ()
    """Probes that were repeated, in the order in which they were sent."""
    answered: Mapping[str, float] = field(default_factory=dict)
    """The seconds after its start when it had answered each probe, by the name of the probe."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """What each probe showed, by its name, if that was asked for. The name "" stands for the start
    and the end of the run."""

    @property
    def patience(self) -> Patience:
        """How long to wait for good answers of the slim image. It is as fast as the fat image, but
        the machine may be busier."""
        return Patience(max(5.0, 3 * self.start_seconds), self.answered)

    @property
    def emulator_crash(self) -> str:
        """The line with which QEMU itself crashed, or "" if it did not."""
        told = [answer.stderr for _, answer in (*self.answers, *self.repeats)]
        lines = (line for text in (*self.log, *told) for line in text.splitlines())
        return next((line for line in lines if EMULATOR_CRASH in line), "")
