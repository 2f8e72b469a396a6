"""What `docker build` in documents and scripts calls an image. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from ci_slim.start.documented_commands import documented_commands
from ci_slim.start.paths import joined
from ci_slim.start.repository import Repository

_BUILDS = (("docker", "build"), ("docker", "buildx", "build"), ("docker", "image", "build"))
_SWITCHES = frozenset({"--load", "--no-cache", "--pull", "--push", "--quiet", "-q", "--rm"})


@dataclass(frozen=True, slots=True)
class DockerBuild:
    """What a command calls the image, without registry and tag, or ""; and its context."""

    name: str
    context: str


def docker_builds(repository: Repository) -> dict[str, DockerBuild]:
    """The path of a Dockerfile → the first documented `docker build` of it."""
    found: dict[str, DockerBuild] = {}
    for path, words in documented_commands(repository):
        for start in _BUILDS:
            if words[: len(start)] == start:
                flags = dict(_flags(words[len(start) :]))
                for folder in (str(PurePosixPath(path).parent), "."):
                    context = joined(folder, flags.get("", "."))
                    named = flags.get("-f", flags.get("--file", ""))
                    dockerfile = joined(folder, named) if named else joined(context, "Dockerfile")
                    if dockerfile in repository.paths:
                        found.setdefault(dockerfile, DockerBuild(_name(flags), context))
                        break
    return found


def _name(flags: dict[str, str]) -> str:
    tag = flags.get("-t", flags.get("--tag", ""))
    return "" if re.search(r"[$<>]", tag) else base_name(tag)


def base_name(reference: str) -> str:
    """The last part of an image's name, without tag and digest."""
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _flags(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Flags with their values; the context has the name "". An earlier value of a flag is lost."""
    following = iter(words)
    for word in following:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            yield "", word
        elif equals and name.startswith("--"):
            yield name, value
        elif name not in _SWITCHES:
            yield name, next(following, "")
