"""What `docker run` in a README says of an image: environment, published ports, arguments. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from ci_slim.start.addresses import commands_of, words_of
from ci_slim.start.docker_build_commands import base_name
from ci_slim.start.repository import README, Repository

_ENV = ("-e", "--env")
_PORTS = ("-p", "--publish")
_MOUNTS = ("-v", "--volume", "--mount")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PORT = re.compile(r"(?:[0-9.]*:)?([0-9]{1,5}):([0-9]{1,5})(?:/tcp)?")
_SWITCHES = frozenset({
    "--detach", "--init", "--interactive", "--no-healthcheck", "--privileged", "--publish-all",
    "--quiet", "--read-only", "--rm", "--tty",
})  # fmt: skip
_SHORT_SWITCHES = re.compile(r"-[ditPq]+")
_OF_OTHERS = re.compile(r"[:/@]")
"""In a reference: a registry, a namespace, a tag or a digest, which an image that was just built
seldom has."""
_OUTPUT = re.compile(r"[0-9]?>")
_PLACEHOLDER = re.compile(r"[$<>\[]|\.\.\.|^[A-Z][A-Z0-9_-]*$|^$")
"""What a word has that stands for something of the reader: `<file>`, `[OPTIONS]`, `FILE`."""
_SHELLS = frozenset({"sh", "bash", "/bin/sh", "/bin/bash"})


@dataclass(frozen=True, slots=True)
class DockerRun:
    """What the commands of a README say together; `ports` is the machine's → the container's,
    `calls` the arguments of each command that can be repeated, also () of one without."""

    env: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[int, int] = field(default_factory=dict)
    calls: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Command:
    flags: tuple[tuple[str, str], ...]
    image: str
    arguments: tuple[str, ...]
    is_ours: bool = True


def docker_run(repository: Repository, folder: str, names: Collection[str] = ()) -> DockerRun:
    """What the README of a folder and that of the top say of the image with one of these names. If
    they name none of these, but one image alone, it is taken to be that."""
    commands = tuple(_commands(repository, folder))
    ours = [each for each in commands if base_name(each.image) in names]
    if not ours and len({base_name(each.image) for each in commands}) == 1:
        ours = [_ports_only(each) if _OF_OTHERS.search(each.image) else each for each in commands]
    env: dict[str, str] = {}
    ports: dict[int, int] = {}
    for each in ours:
        for name, value in each.flags:
            _take(name, value, env, ports)
    calls = dict.fromkeys(each.arguments for each in ours if _can_be_repeated(each))
    return DockerRun(env, ports, tuple(calls))


def _commands(repository: Repository, folder: str) -> Iterator[_Command]:
    for path, text in repository.named(README):
        if str(PurePosixPath(path).parent) not in {folder, "."}:
            continue
        for command in commands_of(text):
            words = words_of(command.removeprefix("sudo "), "|;&")
            if words[:2] == ("docker", "run"):
                yield _command(words[2:])


def _command(words: tuple[str, ...]) -> _Command:
    flags: list[tuple[str, str]] = []
    following = iter(words)
    for word in following:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            return _Command(tuple(flags), word, tuple(_arguments(following)))
        if word.startswith("--"):
            if equals or name not in _SWITCHES:
                flags.append((name, value if equals else next(following, "")))
        elif not _SHORT_SWITCHES.fullmatch(word):
            flags.append((word[:2], word[2:] or next(following, "")))
    return _Command(tuple(flags), "", ())


def _arguments(words: Iterator[str]) -> Iterator[str]:
    """The words before a comment, or before the file that takes the output."""
    for word in words:
        if word.startswith("#") or _OUTPUT.match(word):
            return
        yield word


def _ports_only(command: _Command) -> _Command:
    """What may be true of this image if the command seems to run another one."""
    flags = tuple((name, value) for name, value in command.flags if name in _PORTS)
    return replace(command, flags=flags, is_ours=False)


def _can_be_repeated(command: _Command) -> bool:
    """Whether its arguments need nothing that only the reader has: a folder, a value, a shell."""
    if command.arguments[:1] and command.arguments[0] in _SHELLS:
        return False
    mounts = [value for name, value in command.flags if name in _MOUNTS]
    own = any(re.search(r"^[./~$]|source=[./~$]|src=[./~$]", value) for value in mounts)
    if own or not command.is_ours or command.image.startswith("["):
        return False
    return not any(map(_PLACEHOLDER.search, command.arguments))


def _take(name: str, value: str, env: dict[str, str], ports: dict[int, int]) -> None:
    if name in _ENV:
        key, _, text = value.partition("=")
        # `$TOKEN` and `<token>` stand for what the reader has: that is for the reader to write.
        if text and _NAME.fullmatch(key) and not re.search(r"[$<>]", text):
            env.setdefault(key, text)
    elif name in _PORTS and (match := _PORT.fullmatch(value)):
        outside, inside = int(match[1]), int(match[2])
        if 0 < inside < 65536:
            ports.setdefault(outside, inside)
