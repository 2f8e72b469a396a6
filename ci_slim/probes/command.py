"""The probe kind `exec`: a command in the running container."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import fields, keys
from ci_slim.probes.exchange import Answered, Exchange, Inside, Probe, Ran, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judge import settled
from ci_slim.probes.model import BODY_LIMIT, DEFAULT_TIMEOUT, Answer, Compare, Expect, shorten

STDERR_LIMIT = 2000
CANNOT_EXECUTE, NOT_FOUND = 126, 127
"""What a command that cannot be executed, or is not there, ends with."""

KEYS: Section = keys.section(
    "exec",
    Option("exec", Type.LINE, "a command in the running container"),
    keys.NAME,
    Option("stdin", Type.SCALAR, "text for its standard input"),
    Option("shell", Type.SWITCH, "run it with /bin/sh; by default when it has shell characters"),
    keys.TIMEOUT,
    expect=(keys.EXIT, keys.BODY, keys.BODY_REGEX, keys.JSON),
)


@dataclass(frozen=True, slots=True)
class ExecProbe:
    """One command in the running container; with `shell` the command is one line for /bin/sh."""

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

    @property
    def repeatable(self) -> bool:
        """A command may change anything."""
        return False

    def exchange(self, way: Way) -> Exchange:
        """Run the command once."""
        ran = yield Inside(self.argv, self.timeout, self.stdin)
        yield Answered(self, answer(self, ran))

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """Why the exit code is not the one expected."""
        return unexpected(self.expect, found)

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """How the exit code differs from that of the fat image."""
        return worse(fat, slim)

    def outcome(self, found: Answer) -> str:
        """The answer in a few words."""
        return f"exited {found.status}"

    def final_after(self, found: Answer) -> float | None:
        """At once, when the command is not there."""
        return 0 if found.status in (CANNOT_EXECUTE, NOT_FOUND) else None

    def secrets(self) -> frozenset[str]:
        """A command line is no secret."""
        return frozenset()


def read(given: Given) -> ExecProbe:
    """The probe that the settings give."""
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


def unexpected(expect: Expect, found: Answer) -> tuple[str, ...]:
    """Why an exit code is not the one expected."""
    if found.status == expect.exit:
        return ()
    why = {
        CANNOT_EXECUTE: ": the command cannot be executed",
        NOT_FOUND: ": the command was not found",
    }
    reason = why.get(found.status or 0, "") + _last_line(found)
    return (f"exited {found.status}{reason}, expected {expect.exit}",)


def worse(fat: Answer, slim: Answer) -> tuple[str, ...]:
    """How an exit code differs from that with the fat image."""
    if slim.status == fat.status:
        return ()
    return (f"exited {slim.status}{_last_line(slim)}; the fat image exited {fat.status}",)


def answer(probe: Probe, ran: Ran) -> Answer:
    """What the command gave; its output is cut at BODY_LIMIT."""
    if ran.error:
        return Answer.none(ran.error)
    told = ran.stderr[-STDERR_LIMIT:].decode(errors="replace").strip()
    return settled(probe, Answer(False, ran.code, ran.ms, ran.stdout[:BODY_LIMIT], stderr=told))


def _last_line(found: Answer) -> str:
    lines: Sequence[str] = found.stderr.splitlines()
    return f' ("{lines[-1]}")' if lines else ""
