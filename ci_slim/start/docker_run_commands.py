"""What `docker run` in a README says of an image: environment and published ports. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ci_slim.start.addresses import commands_of, words_of
from ci_slim.start.repository import README, Repository

_ENV = ("-e", "--env")
_PORTS = ("-p", "--publish")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PORT = re.compile(r"(?:[0-9.]*:)?([0-9]{1,5}):([0-9]{1,5})(?:/tcp)?")


@dataclass(frozen=True, slots=True)
class DockerRun:
    """What the commands of a README say together; `ports` is the machine's → the container's."""

    env: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[int, int] = field(default_factory=dict)


def docker_run(repository: Repository, folder: str) -> DockerRun:
    """What the README of a folder and that of the top say."""
    env: dict[str, str] = {}
    ports: dict[int, int] = {}
    for path, text in repository.named(README):
        if str(PurePosixPath(path).parent) not in {folder, "."}:
            continue
        for command in commands_of(text):
            words = words_of(command)
            if words[:2] == ("docker", "run") or words[:3] == ("sudo", "docker", "run"):
                for name, value in _flags(words):
                    _take(name, value, env, ports)
    return DockerRun(env, ports)


def _take(name: str, value: str, env: dict[str, str], ports: dict[int, int]) -> None:
    if name in _ENV:
        key, _, text = value.partition("=")
        # `$TOKEN` and `<token>` stand for what the reader has: that is for the reader to write.
        if text and _NAME.fullmatch(key) and not re.search(r"[$<>]", text):
            env.setdefault(key, text)
    elif match := _PORT.fullmatch(value):
        outside, inside = int(match[1]), int(match[2])
        if 0 < inside < 65536:
            ports.setdefault(outside, inside)


def _flags(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    following = iter(words)
    for word in following:
        name, equals, value = word.partition("=")
        if name in (*_ENV, *_PORTS):
            yield name, value if equals and name.startswith("--") else next(following, "")
        elif word[:2] in ("-e", "-p") and len(word) > 2:
            yield word[:2], word[2:]
