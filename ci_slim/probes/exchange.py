"""What a probe is, what is run for it, and what that returns.

The `Exchange` of a probe says what happens when the probe is sent. It is a generator that yields
what to run, receives the result, and yields each answer. It runs nothing itself: `observe/` runs
what it asks for.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeAlias

from ci_slim.probes.model import Answer, Compare, Expect


@dataclass(frozen=True, slots=True)
class Way:
    """How the sidecar reaches a server. `port` is for probes without a port of their own, None if
    no port is known. `scratch` is the folder for files in the sidecar. `root` is where the files of
    the target are, for probes that use a Unix socket."""

    host: str = "127.0.0.1"
    port: int | None = None
    scratch: str = "/"
    root: str = "/proc/1/root"


@dataclass(frozen=True, slots=True)
class Carried:
    """Run a program of the toolkit in the sidecar, in the network of the target.

    `argv` is without the program's name. `files` are first written into the scratch folder. Their
    names are derived from their content, so an existing file is the same.
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
    """Run a command on the machine that ci-slim runs on. Its environment has `environment`, PATH,
    HOME and the like, and the address of the target, but no other variables of ci-slim."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    port: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class InNetwork:
    """Run a container of another image in the network of the target, until it ends."""

    image: str
    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...] | None
    environment: Mapping[str, str] = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class Idle:
    """Wait for so many seconds without sending anything."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Signal:
    """Send a signal, such as `HUP`, to the target's first process."""

    name: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Stop the target and start it again, with its volumes and its changes."""


@dataclass(frozen=True, slots=True)
class OwnContainer:
    """Run the target's image in one more container, with the same settings, until it ends. With
    `arguments`, these replace its command."""

    arguments: tuple[str, ...]
    seconds: float
    stdin: bytes = field(default=b"", repr=False)


Run: TypeAlias = Carried | Inside | OnMachine | InNetwork | Idle | Signal | Restart | OwnContainer


@dataclass(frozen=True, slots=True)
class Ran:
    """The result of a run. With an `error`, it was not carried out."""

    code: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    ms: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to a probe, or to one page of a crawl."""

    probe: "Probe"
    answer: Answer


Exchange: TypeAlias = Generator[Run | Answered, Ran, None]


class Probe(Protocol):
    """One exercise of the container. Each kind has a frozen dataclass with these members."""

    kind: ClassVar[str]
    """The key that names the kind."""
    content: ClassVar[str]
    """What messages call the body of an answer."""
    sidecar: ClassVar[bool]
    """Whether it is sent from the sidecar."""

    @property
    def listener(self) -> bool:
        """Whether it is sent only when something listens on a TCP port."""

    @property
    def programs(self) -> tuple[str, ...]:
        """Programs of the toolkit that it needs in addition to the usual ones."""

    @property
    def name(self) -> str: ...

    @property
    def repeat(self) -> bool | None:
        """Whether it is sent again. None: if it is `repeatable`."""

    @property
    def repeatable(self) -> bool:
        """Whether it changes nothing in the application."""

    @property
    def compare(self) -> Compare: ...

    @property
    def timeout(self) -> float: ...

    @property
    def expect(self) -> Expect: ...

    def exchange(self, way: Way, /) -> Exchange:
        """Yield what to run for it, and its answers."""

    def unexpected(self, found: Answer, /) -> tuple[str, ...]:
        """Why the outcome is not the expected one. Content and headers are judged in the same way
        for all kinds."""

    def worse(self, fat: Answer, slim: Answer, /) -> tuple[str, ...]:
        """How the outcome of the slim image differs from that of the fat one."""

    def outcome(self, found: Answer, /) -> str:
        """The answer in a few words: `200`, `exited 1`."""

    def final_after(self, found: Answer, /) -> float | None:
        """Seconds after which a bad answer of a container that has just started is final. None: it
        is sent again for as long as the container may take to be ready."""

    def secrets(self) -> frozenset[str]:
        """The values of the probe that must not be shown, because a server may log them."""


def answers(exchange: Exchange, run: Callable[[Run], Ran]) -> Iterator[Answered]:
    """Carry out an exchange with `run`, and yield its answers."""
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
