"""The probe kind `script`: a command on the machine that ci-slim runs on, such as a test suite."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import command, fields, keys
from ci_slim.probes.exchange import Answered, Exchange, OnMachine, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judged import JudgedByExitCode
from ci_slim.probes.model import Answer, Compare, Expect, shorten

TIMEOUT = 600.0
"""The default timeout. A test suite takes longer than a request."""

KEYS: Section = keys.section(
    "script",
    Option("script", Type.LINE, "a command on the machine that ci-slim runs on"),
    keys.NAME,
    Option("shell", Type.SWITCH, "run it with /bin/sh; by default if it has shell characters"),
    Option("env", Type.VALUES, "environment variables of the command", {}),
    keys.PORT,
    Option("timeout", Type.DURATION, "the most time that it may take", TIMEOUT, most=3600),
    expect=(keys.EXIT, keys.BODY, keys.BODY_REGEX, keys.JSON),
)


@dataclass(frozen=True, slots=True)
class ScriptProbe(JudgedByExitCode):
    """One command on this machine. `port` is the port that it is told."""

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

    def exchange(self, way: Way) -> Exchange:
        """Run the command once."""
        argv = ("/bin/sh", "-c", *self.command) if self.shell else self.command
        ran = yield OnMachine(argv, self.env, self.port or way.port, self.timeout)
        yield Answered(self, command.answer(self, ran))

    def final_after(self, found: Answer) -> float | None:
        """At once. A test suite is not repeated until it succeeds."""
        return 0

    def secrets(self) -> frozenset[str]:
        """The values of variables whose names say that they are secret. The command line is not
        secret."""
        return keys.secret_values(self.env)


def read(given: Given) -> ScriptProbe:
    """Make the probe from its settings."""
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
