"""What an answer must be, and the answer.

Probes are made by the `read` of their kind and by `from_dockerslim`, which check every field. The
dataclasses check nothing. Values that may be secret (header values, bodies, passwords, the files of
a request) are not in `repr`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

DEFAULT_TIMEOUT = 30.0
"""Seconds for one request or command. Under QEMU and a tracer, the first answer may take ten."""
BODY_LIMIT = 1024 * 1024
"""Bytes of an answer that are read. The rest is not compared."""
COMPARED_LIMIT = 64 * 1024
"""Bytes of an answer that are compared word by word. Longer bodies are compared by their digest,
and if the digest varies, by their beginning."""
TIMED_OUT = "timed out"
"""The start of the error of an answer that did not come in time."""


Compare = Literal["exact", "learned", "status"]
"""How the slim image's answers are compared with the fat image's: the same bytes; the same except
for what varies in the fat image's own answers; or only status, exit code and `expect`."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What an answer must be. If it is empty, the default of the kind of probe applies."""

    status: tuple[int, ...] | None = None
    """HTTP statuses, any of which is accepted. None means 2xx or 3xx."""
    body: str | None = None
    """A text in the body, or in the standard output of a command."""
    body_regex: str | None = None
    """A Python regular expression that is found in the body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header name to a regular expression that is found in its value."""
    json: Mapping[str, object] = field(default_factory=dict)
    """Dotted path in the JSON body (`items.0.name`) to the value there."""
    exit: int = 0
    """The exit code of a command."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The part of an answer that is compared, without the names of its run, such as its address."""

    body: bytes = b""
    """At most COMPARED_LIMIT bytes."""
    headers: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    """SHA-256 of the whole body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. `ok` says whether it is the expected one."""

    ok: bool
    status: int | None
    """The HTTP status, or the exit code of a command. None if there was no answer."""
    ms: int
    body: bytes = field(default=b"", repr=False)
    """The body, or the standard output of a command: at most BODY_LIMIT bytes."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Lower-case name to value. Repeated headers are joined with ", "."""
    error: str = ""
    """Why there is no answer: "connection refused on port 5000"."""
    url: str = ""
    """The address of the request, for the links of a page."""
    stderr: str = field(default="", repr=False)
    """The end of a command's standard error."""
    unread: bool = False
    """Whether the body was so long that curl was told to stop. Then only status and headers are
    known."""
    compared: Compared = field(default_factory=Compared, repr=False)
    """What is compared with other answers, as `judged` makes it."""

    @property
    def timed_out(self) -> bool:
        """Whether the answer did not come in time."""
        return self.error.startswith(TIMED_OUT)

    @classmethod
    def none(cls, error: str, ms: int = 0) -> Self:
        """No answer, and the reason."""
        return cls(False, None, ms, error=error)


def shorten(words: Sequence[str], limit: int = 80) -> str:
    """One line for a name: words joined, white space shortened, cut at `limit` characters."""
    text = " ".join(" ".join(words).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
