"""Names of images in registries: `host/repository:tag@digest`.

Source: github.com/distribution/reference, regexp.go and normalize.go.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from ci_slim.errors import UsageError

DOCKER_HUB = "docker.io"

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_PART = re.compile(r"[a-z0-9]+(?:(?:[.]|_{1,2}|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_LONGEST = 255  # characters of a repository's path


@dataclass(frozen=True, slots=True)
class ImageName:
    """A name with everything that Docker leaves out. `tag` is "" only if a digest is given."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def wanted(self) -> str:
        """What to request from a registry: the digest if there is one, as Docker does, else the
        tag."""
        return self.digest or self.tag

    def at(self, digest: str) -> str:
        """The name of one manifest in this repository."""
        return f"{self.host}/{self.repository}@{digest}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.host}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")


def parse_name(text: str, where: str) -> ImageName:
    """Read a name. `x` is `docker.io/library/x:latest`. The port of `host:5000/x` is not a tag.

    Raises UsageError with `where` if it is not a name.
    """
    rest, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        _refuse(f"{digest[:80]!r} is not a digest", where, "a digest is sha256: and 64 hex digits")
    head, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        head, tag = rest, ""
    elif not _TAG.fullmatch(tag):
        _refuse(f"{tag[:80]!r} is not a tag", where, "a tag has up to 128 letters, digits, `_.-`")
    host, slash, path = head.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, path = DOCKER_HUB, head if slash else f"library/{head}"
    if host == f"index.{DOCKER_HUB}":
        host = DOCKER_HUB
    if host == DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    if not _HOST.fullmatch(host):
        _refuse(f"{host[:80]!r} is not the host of a registry", where, "write it as host[:port]")
    if len(path) > _LONGEST or not all(_PART.fullmatch(part) for part in path.split("/")):
        _refuse(
            f"{head[:80]!r} is not the name of an image",
            where,
            "a name has lower-case letters and digits, joined by `.`, `_`, `-` and `/`",
        )
    return ImageName(host, path, tag or ("" if digest else "latest"), digest)


def is_tag(text: str) -> bool:
    """Whether a text can be a tag."""
    return _TAG.fullmatch(text) is not None


def _refuse(problem: str, where: str, hint: str) -> NoReturn:
    raise UsageError(problem, where=where, hint=hint)
