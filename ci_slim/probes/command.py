"""The probe kind `exec`: a command in the running container."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import fields, keys
from ci_slim.probes.exchange import Answered, Exchange, Inside, Probe, Ran, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.judged import CANNOT_EXECUTE, NOT_FOUND, JudgedByExitCode
from ci_slim.probes.model import BODY_LIMIT, DEFAULT_TIMEOUT, Answer, Compare, Expect, shorten

STDERR_LIMIT = 2000

KEYS: Section = keys.section(
    "exec",
    Option("exec", Type.LINE, "a command in the running container"),
    keys.NAME,
    Option("stdin", Type.SCALAR, "text for its standard input"),
    Option("shell", Type.SWITCH, "run it with /bin/sh; by default if it has shell characters"),
    keys.TIMEOUT,
    expect=(keys.EXIT, keys.BODY, keys.BODY_REGEX, keys.JSON),
)


@dataclass(frozen=True, slots=True)
class ExecProbe(JudgedByExitCode):
    """One command in the running container. With `shell`, the command is one line for /bin/sh."""

    kind: ClassVar[str] = "exec"
    content: ClassVar[str] = "the output"
    sidecar: ClassVar[bool] = False
    listener: ClassVar[bool] = False
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    command: tuple[str, ...]
    shell: bool = False
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"
    stdin: bytes = field(default=b"", repr=False)

    @property
    def argv(self) -> tuple[str, ...]:
        """The arguments to execute."""
        return ("/bin/sh", "-c", *self.command) if self.shell else self.command

    def exchange(self, way: Way) -> Exchange:
        """Run the command once."""
        ran = yield Inside(self.argv, self.timeout, self.stdin)
        yield Answered(self, answer(self, ran))

    def final_after(self, found: Answer) -> float | None:
        """At once if the command does not exist."""
        return 0 if found.status in (CANNOT_EXECUTE, NOT_FOUND) else None

    def secrets(self) -> frozenset[str]:
        """A command line is not secret."""
        return frozenset()


def read(given: Given) -> ExecProbe:
    """Make the probe from its settings."""
    command, shell = fields.command(given["exec"], given["shell"], given.where("exec"))
    return ExecProbe(
        name=keys.named(given, f"exec {shorten(command)}"),
        command=command,
        shell=shell,
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
        stdin=(given["stdin"] or "").encode(),
    )


def answer(probe: Probe, ran: Ran) -> Answer:
    """The answer of a command. Its output is cut at BODY_LIMIT."""
    if ran.error:
        return Answer.none(ran.error)
    told = ran.stderr[-STDERR_LIMIT:].decode(errors="replace").strip()
    return settled(probe, Answer(False, ran.code, ran.ms, ran.stdout[:BODY_LIMIT], stderr=told))
