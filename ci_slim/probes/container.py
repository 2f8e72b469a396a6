"""The probe kind `container`: a container of another image that runs in the target's network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ci_slim.options import Option, Section, Type
from ci_slim.probes import command, keys
from ci_slim.probes.exchange import Answered, Exchange, InNetwork, Way
from ci_slim.probes.given import Given
from ci_slim.probes.judged import JudgedByExitCode
from ci_slim.probes.model import Answer, Compare, Expect
from ci_slim.probes.script import TIMEOUT

KEYS: Section = keys.section(
    "container",
    Option("container", Type.REFERENCE, "the image whose container tests the target"),
    keys.NAME,
    Option("command", Type.COMMAND, "arguments instead of the image's CMD"),
    Option("entrypoint", Type.COMMAND, "program instead of the image's ENTRYPOINT"),
    Option("env", Type.VALUES, "environment variables of the container", {}),
    Option("timeout", Type.DURATION, "the most time that it may take", TIMEOUT, most=3600),
    expect=(keys.EXIT, keys.BODY, keys.BODY_REGEX, keys.JSON),
)


@dataclass(frozen=True, slots=True)
class ContainerProbe(JudgedByExitCode):
    """One run of a container in the network of the target, until it ends."""

    kind: ClassVar[str] = "container"
    content: ClassVar[str] = "the output"
    sidecar: ClassVar[bool] = False
    listener: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    image: str
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = TIMEOUT
    expect: Expect = field(default_factory=Expect)
    repeat: bool | None = None
    compare: Compare = "learned"

    def exchange(self, way: Way) -> Exchange:
        """Run the container once."""
        place = {"CI_SLIM_ADDRESS": way.host}
        if way.port is not None:
            host = f"[{way.host}]" if ":" in way.host else way.host
            place |= {"CI_SLIM_PORT": str(way.port), "CI_SLIM_URL": f"http://{host}:{way.port}"}
        ran = yield InNetwork(
            self.image, self.entrypoint, self.command, {**place, **self.env}, self.timeout
        )
        yield Answered(self, command.answer(self, ran))

    def final_after(self, found: Answer) -> float | None:
        """At once. A test suite is not repeated until it succeeds."""
        return 0

    def secrets(self) -> frozenset[str]:
        """The values of variables whose names say that they are secret."""
        return keys.secret_values(self.env)


def read(given: Given) -> ContainerProbe:
    """Make the probe from its settings."""
    return ContainerProbe(
        name=keys.named(given, f"container {given['container']}"),
        image=given["container"],
        command=given["command"],
        entrypoint=given["entrypoint"],
        env=given["env"],
        timeout=given["timeout"],
        expect=keys.expectation(given),
        repeat=given["repeat"],
        compare=given["compare"],
    )
