"""Smaller images that may replace a base image: a table, by repository. Pure.

Building and probing shows whether one does, so the table may be generous.
"""

import re
from collections.abc import Iterator

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


def candidates(base: str, *, compiles: bool = True) -> Iterator[str]:
    """Smaller images than this one; none if it is already small or pinned by digest. `compiles`
    says that the build uses the image's compilers."""
    name, _, tag = base.partition(":")
    if "@" in base or "/" in tag or re.search(r"slim|alpine|distroless|busybox", base):
        return
    repository = name.removeprefix("docker.io/").removeprefix("library/")
    if not compiles:
        yield from TOOLCHAINS.get(repository, ())
    if base in OTHER or repository in OTHER:
        yield from OTHER.get(base, OTHER.get(repository, ()))
    if repository in JRE and "jdk" in tag:
        yield f"{name}:{tag.replace('jdk', 'jre')}"
    if repository in SLIM:
        yield f"{name}:{tag}-slim" if tag and tag != "latest" else _untagged(name, "slim")
    if repository in ALPINE:
        plain = re.sub(rf"-?(?:{_CODENAMES})$", "", tag)
        yield f"{name}:{plain}-alpine" if plain not in ("", "latest") else f"{name}:alpine"


def _untagged(name: str, variant: str) -> str:
    stable = "stable-" if name.endswith("debian") else ""
    return f"{name}:{stable}{variant}"
