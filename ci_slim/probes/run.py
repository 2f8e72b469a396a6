"""The probe kind `run`: a run of the image with other arguments, in a container of its own."""

from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import command, fields, keys
from ci_slim.probes.exchange import Answered, Exchange, OwnContainer, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judged import JudgedByExitCode
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect, shorten

KEYS: Section = keys.section(
    "run",
    Option(
        "run",
        Type.ARGUMENTS,
        "run the image with these arguments, as `docker run IMAGE ARGUMENTS`; [] for its CMD",
    ),
    keys.NAME,
    Option("stdin", Type.SCALAR, "text for its standard input"),
    keys.TIMEOUT,
    expect=(keys.EXIT, keys.BODY, keys.BODY_REGEX, keys.JSON),
)


@dataclass(frozen=True, slots=True)
class RunProbe(JudgedByExitCode):
    """One run of the image to its end, in a container of its own. Without arguments it runs the
    command of the plan or of the image."""

    kind: ClassVar[str] = "run"
    content: ClassVar[str] = "the output"
    sidecar: ClassVar[bool] = False
    listener: ClassVar[bool] = False
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    arguments: tuple[str, ...] = ()
    timeout: float = DEFAULT_TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"
    stdin: bytes = field(default=b"", repr=False)

    def exchange(self, way: Way) -> Exchange:
        """Run the container once."""
        ran = yield OwnContainer(self.arguments, self.timeout, self.stdin)
        yield Answered(self, command.answer(self, ran))

    def final_after(self, found: Answer) -> float | None:
        """At once. Its container ended, and the next one starts in the same way."""
        return 0

    def secrets(self) -> frozenset[str]:
        """A command line is not secret."""
        return frozenset()


def read(given: Given) -> RunProbe:
    """Make the probe from its settings."""
    if given["run"] is None:
        raise UsageError(
            "`run` has no arguments",
            where=given.where("run"),
            hint="write them as a list or a text; `run: []` runs the image's own CMD",
        )
    arguments = fields.arguments(given["run"], given.where("run"))
    return RunProbe(
        name=keys.named(given, shorten(["run", *arguments])),
        arguments=arguments,
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
        stdin=(given["stdin"] or "").encode(),
    )
