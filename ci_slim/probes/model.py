"""What an answer must be, and what came back.

Probes are made by the `read` of their kind and by `from_dockerslim`, which check every field; the
dataclasses themselves check nothing. Whatever may carry a secret (header values, bodies,
passwords, the files of a request) stays out of `repr`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

DEFAULT_TIMEOUT = 30.0
"""Seconds for one request or command: under QEMU and a tracer the first answer may take ten."""
BODY_LIMIT = 1024 * 1024
"""Bytes of an answer that are read; what comes after is not compared."""
COMPARED_LIMIT = 64 * 1024
"""Bytes of an answer that are compared word by word; longer bodies are compared by their digest,
and where that varies, by their beginning."""
TIMED_OUT = "timed out"
"""How the error of an answer begins that did not come in time."""


Compare = Literal["exact", "learned", "status"]
"""How the slim image's answers are held against the fat one's: the same bytes; the same but for
what the fat image's own answers differ in; status, exit code and `expect` alone."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What an answer must be; an empty one asks for the default of its kind of probe."""

    status: tuple[int, ...] | None = None
    """HTTP statuses, any of which will do; None: 2xx or 3xx."""
    body: str | None = None
    """Text that the body (of a command: the standard output) contains."""
    body_regex: str | None = None
    """Python regular expression found in the body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header name → regular expression found in its value."""
    json: Mapping[str, object] = field(default_factory=dict)
    """Dotted path into the JSON body (`items.0.name`) → the value there."""
    exit: int = 0
    """Exit code of a command."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What of an answer is compared: without the names that its run has for itself, such as its
    address."""

    body: bytes = b""
    """At most COMPARED_LIMIT bytes."""
    headers: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    """SHA-256 of the whole body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `ok`: it meets the probe's expectation."""

    ok: bool
    status: int | None
    """HTTP status, or the exit code of a command; None when there was no answer."""
    ms: int
    body: bytes = field(default=b"", repr=False)
    """At most BODY_LIMIT bytes; of a command: its standard output."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Lower-case name → value; repeated headers are joined with ", "."""
    error: str = ""
    """Why there is no answer: "connection refused on port 5000"."""
    url: str = ""
    """The address asked, for the links of a page."""
    stderr: str = field(default="", repr=False)
    """The end of a command's standard error."""
    unread: bool = False
    """The body was so long that curl was told to stop: status and headers only."""
    compared: Compared = field(default_factory=Compared, repr=False)
    """What is held against other answers, as `judged` makes it."""

    @property
    def timed_out(self) -> bool:
        """The answer did not come in time."""
        return self.error.startswith(TIMED_OUT)

    @classmethod
    def none(cls, error: str, ms: int = 0) -> Self:
        """There is no answer, and why."""
        return cls(False, None, ms, error=error)


def shorten(words: Sequence[str], limit: int = 80) -> str:
    """One line for a name: words joined, white space squeezed, cut at `limit` characters."""
    text = " ".join(" ".join(words).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
