"""Smaller images that may replace a base image: a table, by repository. Pure.

Building and probing shows whether one does, so the table may be generous.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

_CODENAMES = "bookworm|trixie|bullseye|buster|jammy|noble|focal"

SLIM = ("debian", "python", "node", "ruby", "perl", "openjdk", "rust", "postgres")
"""Official images whose tags have a variant `-slim`."""
ALPINE = ("python", "node", "ruby", "php", "golang", "rust", "nginx", "httpd", "redis", "postgres",
          "haproxy", "traefik", "memcached", "eclipse-temurin", "openjdk")  # fmt: skip
"""Official images whose tags have a variant `-alpine`."""
JRE = ("eclipse-temurin",)
"""Images of a JDK whose tags have a variant with the runtime alone."""
OTHER = {
    "ubuntu:24.04": ("debian:trixie-slim",),
    "ubuntu:22.04": ("debian:bookworm-slim",),
    "ubuntu:20.04": ("debian:bullseye-slim",),
    "ubuntu": ("debian:trixie-slim",),
    "buildpack-deps": ("debian:trixie-slim",),
}
"""Other images that the same packages can be installed in."""
TOOLCHAINS = {
    "golang": ("debian:trixie-slim", "scratch"),
    "rust": ("debian:trixie-slim", "scratch"),
    "gcc": ("debian:trixie-slim",),
}
"""What runs a program that one of these images compiled, where nothing else of it is used."""
DISTROLESS = (
    ("python", r"3\.11\b", "gcr.io/distroless/python3-debian12"),
    ("python", r"3\.13\b", "gcr.io/distroless/python3-debian13"),
    ("node", r"(20|22|24)\b", r"gcr.io/distroless/nodejs\1-debian12"),
    ("eclipse-temurin", r"(17|21)\b", r"gcr.io/distroless/java\1-debian12"),
    ("golang", "", "gcr.io/distroless/static-debian12"),
    ("rust", "", "gcr.io/distroless/cc-debian12"),
)
"""Repository, the start of its tag, and the image without a shell that has the same runtime."""


@dataclass(frozen=True, slots=True)
class Bases:
    """The candidates of users before those of the table. `own` has images by patterns of the
    present base; `without` are patterns of images of the table that are not tried."""

    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    def candidates(
        self, base: str, *, compiles: bool = True, commands: bool = True
    ) -> Iterator[str]:
        """Images to try in the place of this one, each once. `compiles` says that the build uses
        the image's compilers, `commands` that it runs any commands in it."""
        known = _of_table(base, compiles=compiles, commands=commands)
        table = filter(self.allows, known)
        tried = dict.fromkeys([*self._own(base), *table])
        return (each for each in tried if each != base)

    def allows(self, candidate: str) -> bool:
        """Whether an image of the table is tried."""
        return not any(_matches(candidate, pattern) for pattern in self.without)

    def _own(self, base: str) -> Iterator[str]:
        tag = _parts(base)[1]
        for pattern, images in self.own.items():
            if _matches(base, pattern):
                yield from (i.replace("{tag}", tag) for i in images if tag or "{tag}" not in i)


def _matches(image: str, pattern: str) -> bool:
    """Whether a pattern fits the whole name, or the name without tag and digest."""
    repository, tag = _parts(image)
    pattern = _short(pattern)
    return any(
        fnmatchcase(name, pattern) for name in (_short(image), f"{repository}:{tag}", repository)
    )


def _parts(image: str) -> tuple[str, str]:
    """The repository, without what Docker Hub's names need not have, and the tag: `latest` where
    neither a tag nor a digest is given."""
    name, at, _ = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, "" if at else "latest"
    return _short(repository), tag


def _short(name: str) -> str:
    return name.removeprefix("docker.io/").removeprefix("library/")


def _of_table(base: str, *, compiles: bool, commands: bool) -> Iterator[str]:
    """Smaller images than this one; none if it is already small or pinned by digest."""
    name, _, tag = base.partition(":")
    if "@" in base or "/" in tag or re.search(r"slim|alpine|distroless|busybox", base):
        return
    repository = _short(name)
    if not compiles:
        yield from TOOLCHAINS.get(repository, ())
    if base in OTHER or repository in OTHER:
        yield from OTHER.get(base, OTHER.get(repository, ()))
    if not commands:
        yield from _distroless(repository, tag)
    if repository in JRE and "jdk" in tag:
        yield f"{name}:{tag.replace('jdk', 'jre')}"
    if repository in SLIM:
        yield f"{name}:{tag}-slim" if tag and tag != "latest" else _untagged(name, "slim")
    if repository in ALPINE:
        plain = re.sub(rf"-?(?:{_CODENAMES})$", "", tag)
        yield f"{name}:{plain}-alpine" if plain not in ("", "latest") else f"{name}:alpine"


def _distroless(repository: str, tag: str) -> Iterator[str]:
    for name, pattern, image in DISTROLESS:
        match = re.match(pattern, tag)
        if repository == name and match is not None:
            yield match.expand(image)


def _untagged(name: str, variant: str) -> str:
    stable = "stable-" if name.endswith("debian") else ""
    return f"{name}:{stable}{variant}"
