"""The probe kind `script`: a command on the machine that ci-slim runs on, such as a test suite."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import command, fields, keys
from ci_slim.probes.exchange import Answered, Exchange, OnMachine, Way
from ci_slim.probes.given import Given
from ci_slim.probes.model import Answer, Compare, Expect, shorten

TIMEOUT = 600.0
"""A test suite takes longer than a request."""

KEYS: Section = keys.section(
    "script",
    Option("script", Type.LINE, "a command on the machine that ci-slim runs on"),
    keys.NAME,
    Option("shell", Type.SWITCH, "run it with /bin/sh; by default when it has shell characters"),
    Option("env", Type.VALUES, "environment variables of the command", {}),
    keys.PORT,
    Option("timeout", Type.DURATION, "longest time that it may take", TIMEOUT, most=3600),
    expect=(keys.EXIT, keys.BODY, keys.BODY_REGEX, keys.JSON),
)


@dataclass(frozen=True, slots=True)
class ScriptProbe:
    """One command on this machine; `port` is the one that it is told of."""

    kind: ClassVar[str] = "script"
    content: ClassVar[str] = "the output"
    sidecar: ClassVar[bool] = False
    listener: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    command: tuple[str, ...]
    shell: bool = False
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    port: int | None = None
    timeout: float = TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"

    @property
    def repeatable(self) -> bool:
        """A test suite may change anything."""
        return False

    def exchange(self, way: Way) -> Exchange:
        """Run the command once."""
        argv = ("/bin/sh", "-c", *self.command) if self.shell else self.command
        ran = yield OnMachine(argv, self.env, self.port or way.port, self.timeout)
        yield Answered(self, command.answer(self, ran))

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """Why the exit code is not the one expected."""
        return command.unexpected(self.expect, found)

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """How the exit code differs from that with the fat image."""
        return command.worse(fat, slim)

    def outcome(self, found: Answer) -> str:
        """The exit code."""
        return f"exited {found.status}"

    def final_after(self, found: Answer) -> float | None:
        """At once: a test suite is not run again and again."""
        return 0

    def secrets(self) -> frozenset[str]:
        """The command line is no secret; variables are, where their name says so."""
        return keys.secret_values(self.env)


def read(given: Given) -> ScriptProbe:
    """The probe that the settings give."""
    words, shell = fields.command(given["script"], given["shell"], given.where("script"))
    return ScriptProbe(
        name=keys.named(given, f"script {shorten(words)}"),
        command=words,
        shell=shell,
        env=given["env"],
        port=given["port"],
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
    )
