"""Where the pipeline runs: the same few functions for each forge, chosen from a dict.

A forge says what came of a call in a value. Nothing here fails a job: a report that could not be
posted, or a baseline that is not there, comes back with the reason.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from ci_slim.options import KEY


@dataclass(frozen=True, slots=True)
class Published:
    """The comment stands at `url`."""

    url: str
    how: Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class NotPublished:
    """There is no comment, or it is an old one; `hint` is the next step, where there is one."""

    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The bytes of a report that anyone may have written, and where they are from."""

    content: bytes
    source: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """No report, and why. `branch` is the one whose next successful run leaves it; "" where
    another run would not help."""

    reason: str
    branch: str = ""


class Forge(Protocol):
    """What the pipeline asks of the place it runs in."""

    name: str

    def publish_comment(self, markdown: str, key: str = KEY) -> Published | NotPublished:
        """The one comment of this key on the pull or merge request says `markdown` now."""

    def baseline(self, key: str = KEY, branch: str = "") -> Found | NotFound:
        """The report of the newest successful pipeline of a branch, by default of the base
        branch."""


@runtime_checkable
class Threads(Protocol):
    """A forge whose comment can be a thread that is to be resolved before a merge."""

    def settle(self, resolved: bool) -> str:
        """The thread of the comment that was published is resolved, or open; why not, or ""."""
