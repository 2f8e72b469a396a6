"""What a probe is, what is to be run for it, and what came of it.

A kind of probe says with an `Exchange` what happens when it is sent: a generator that yields what
is to be run and receives what came of it, and yields each answer that it has. It does nothing
itself; `observe/` runs what it asks for.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeAlias

from ci_slim.probes.model import Answer, Compare, Expect


@dataclass(frozen=True, slots=True)
class Way:
    """Where a server is reached from the sidecar. `port` is that of probes that name none, None
    when no port is known; `scratch` is the folder in the sidecar that files are put into."""

    host: str = "127.0.0.1"
    port: int | None = None
    scratch: str = "/"


@dataclass(frozen=True, slots=True)
class Carried:
    """Run a carried program in the sidecar, in the network of the target.

    `argv` is without the program's name. `files` are put into the scratch folder before: their
    names are derived from their content, so that one that is there already does no harm.
    """

    program: str
    argv: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Inside:
    """Run a command in the target itself, watched like the application."""

    argv: tuple[str, ...]
    seconds: float
    stdin: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class OnMachine:
    """Run a command on the machine that ci-slim runs on. Its environment has what `environment`
    says, PATH, HOME and the like, and where the target is reached, but none of ci-slim's own."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    port: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class InNetwork:
    """Run a container of another image in the network of the target, to its end."""

    image: str
    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...] | None
    environment: Mapping[str, str] = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class Idle:
    """Let the target be for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Signal:
    """Send a signal to the target's first process: `HUP`."""

    name: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Stop the target and start it again, with its volumes and what it wrote."""


Run: TypeAlias = Carried | Inside | OnMachine | InNetwork | Idle | Signal | Restart


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run. With an `error` it was not carried out at all."""

    code: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    ms: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of a probe; of a crawl, that of one page."""

    probe: "Probe"
    answer: Answer


Exchange: TypeAlias = Generator[Run | Answered, Ran, None]


class Probe(Protocol):
    """One exercise of the container. Each kind has a frozen dataclass of this shape."""

    kind: ClassVar[str]
    """The key that it is told by."""
    content: ClassVar[str]
    """What the body of an answer is called."""
    sidecar: ClassVar[bool]
    """It is sent from the sidecar."""
    listener: ClassVar[bool]
    """It is sent once something listens on a TCP port."""
    programs: ClassVar[tuple[str, ...]]
    """Carried programs that it needs besides the usual ones."""

    @property
    def name(self) -> str: ...

    @property
    def repeat(self) -> bool | None:
        """Whether it is sent again; None: where it is `repeatable`."""

    @property
    def repeatable(self) -> bool:
        """It changes nothing in the application."""

    @property
    def compare(self) -> Compare: ...

    @property
    def timeout(self) -> float: ...

    @property
    def expect(self) -> Expect: ...

    def exchange(self, way: Way, /) -> Exchange:
        """What is run for it, and its answers."""

    def unexpected(self, found: Answer, /) -> tuple[str, ...]:
        """Why the outcome is not the one expected; content and headers are judged for all kinds."""

    def worse(self, fat: Answer, slim: Answer, /) -> tuple[str, ...]:
        """How the outcome of the slim image differs from that of the fat one."""

    def outcome(self, found: Answer, /) -> str:
        """The answer in a few words: `200`, `exited 1`."""

    def final_after(self, found: Answer, /) -> float | None:
        """Seconds after which a bad answer of a container that has just started is believed; None:
        it is asked again as long as the container may take to be ready."""

    def secrets(self) -> frozenset[str]:
        """What of the probe must not be shown, though a server may log it."""


def answers(exchange: Exchange, run: Callable[[Run], Ran]) -> Iterator[Answered]:
    """Carry out an exchange with `run`: its answers, one by one."""
    step = next(exchange, None)
    while step is not None:
        if isinstance(step, Answered):
            yield step
            step = next(exchange, None)
            continue
        try:
            step = exchange.send(run(step))
        except StopIteration:
            return
