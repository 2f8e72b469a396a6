"""What a Dockerfile says about the container: ports, health check, base image, sources. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ci_slim.image.instructions import Instruction, Stage, read_dockerfile
from ci_slim.start.addresses import Request, addresses

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^}]{0,500}))?\})")
_SECRET = re.compile(r"[A-Za-z0-9_.-]+")
_ASSIGNED = re.compile(r"(?<!\w)(\w+)=(\"[^\"]*\"|'[^']*'|\S*)")


@dataclass(frozen=True, slots=True)
class DockerfileFacts:
    """The facts of the built stage and of the stages below it."""

    base: str = ""
    """The base image of the first of them, in lower case."""
    ports: tuple[int, ...] = ()
    datagram_ports: tuple[int, ...] = ()
    """The UDP ports."""
    health: Request | None = None
    """The request of its HEALTHCHECK, if that is an HTTP request."""
    sources: tuple[str, ...] = ()
    """What COPY and ADD of any stage take from the build context."""
    secrets: tuple[str, ...] = ()
    """The ids of the build secrets that any stage uses."""


def dockerfile_facts(text: str, target: str | None = None) -> DockerfileFacts:
    """The facts of a Dockerfile; `target` is the stage that is built, by default the last."""
    read = read_dockerfile(text)
    chain = list(_chain(read.stages, read.target(target)))
    if not chain:
        return DockerfileFacts()
    known: dict[str, str] = {}
    ports: list[tuple[int, bool]] = []
    health: Request | None = None
    for each in (each for stage in reversed(chain) for each in stage.instructions):
        rest = each.arguments.value
        if each.keyword in ("ENV", "ARG"):
            known.update(_assigned(each))
        elif each.keyword == "EXPOSE":
            ports += _ports(_filled(rest, known))
        elif each.keyword == "HEALTHCHECK":
            health = next(iter(addresses(_filled(rest, known))), None)
    numbers = {udp: [port for port, is_udp in ports if is_udp == udp] for udp in (False, True)}
    return DockerfileFacts(
        chain[-1].base.lower(),
        tuple(dict.fromkeys(numbers[False])),
        tuple(dict.fromkeys(numbers[True])),
        health,
        tuple(_sources(read.stages)),
        tuple(dict.fromkeys(_secrets(read.stages))),
    )


def _chain(stages: tuple[Stage, ...], stage: Stage | None) -> Iterator[Stage]:
    """A stage, the stage that it is FROM, and so on."""
    while stage is not None:
        yield stage
        earlier = [each for each in stages if each.number < stage.number]
        base = stage.base.lower()
        stage = next((each for each in earlier if each.name and each.name == base), None)


def _secrets(stages: tuple[Stage, ...]) -> Iterator[str]:
    """The ids of the secrets that RUN mounts; by default, an id is the name of the target."""
    flags = (
        flag
        for stage in stages
        for each in stage.instructions
        if each.keyword == "RUN"
        for flag in each.flags
        if flag.name == "mount"
    )
    for mount in (flag.fields for flag in flags):
        targets = (mount[key] for key in ("target", "dst", "destination") if key in mount)
        name = mount.get("id") or next(targets, "").rpartition("/")[2]
        if mount.get("type") == "secret" and _SECRET.fullmatch(name):
            yield name


def _assigned(instruction: Instruction) -> dict[str, str]:
    pairs = _ASSIGNED.findall(instruction.arguments.value)
    return {name: value.strip("\"'") for name, value in pairs}


def _filled(text: str, known: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return known.get(match[1] or match[2], match[3] or "")

    return _VARIABLE.sub(value, text)


def _ports(text: str) -> Iterator[tuple[int, bool]]:
    for word in text.split():
        number, _, protocol = word.partition("/")
        if number.isascii() and number.isdecimal() and 0 < int(number[:6]) < 65536:
            yield int(number), protocol.lower() == "udp"


def _sources(stages: tuple[Stage, ...]) -> Iterator[str]:
    for stage in stages:
        for each in stage.instructions:
            if each.keyword in ("COPY", "ADD") and each.flag("from") is None:
                yield from (path for path in each.paths[:-1] if "://" not in path)
