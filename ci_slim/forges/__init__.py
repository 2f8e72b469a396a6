"""The forges: the same few functions for GitHub and GitLab, chosen from a dict.

A forge returns the outcome of a call as a value. Nothing here fails a job: if a report cannot be
posted or a baseline is missing, the value holds the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from ci_slim.options import KEY
from ci_slim.result import AdvisedDockerfile


@dataclass(frozen=True, slots=True)
class Published:
    """The comment was published at `url`."""

    url: str
    how: Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class NotPublished:
    """The comment was not published. `hint` is the next step, if there is one."""

    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The bytes of a report and where they come from. Anyone may have written them."""

    content: bytes
    source: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """There is no report; `reason` says why. `branch` is the one whose next successful run creates
    it; "" if another run would not help. `lost`: runs of this branch succeeded, but their reports
    were not kept or have expired. `own`: this job runs on that branch."""

    reason: str
    branch: str = ""
    lost: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such file on that branch."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """The labels of a pull or merge request, and the users who approved its newest commit."""

    labels: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()


class Forge(Protocol):
    """What a pipeline needs from its forge."""

    name: str

    @property
    def key(self) -> str:
        """The key of a run that does not name one."""

    @property
    def target(self) -> str:
        """The target branch of this job's pull or merge request; "" without one."""

    def file(self, path: str, branch: str) -> Found | NotFound | Absent:
        """A file on a branch of the target repository."""

    def approvals(self) -> Approvals | NotFound:
        """Labels and approvals of this job's pull or merge request."""

    def publish_comment(self, markdown: str, key: str = KEY) -> Published | NotPublished:
        """Make `markdown` the one comment of this key on the pull or merge request."""

    def baseline(self, key: str = "", branch: str = "") -> Found | NotFound:
        """The report of this key, by default `self.key`, in the newest successful pipeline of a
        branch, by default of the base branch."""


@runtime_checkable
class Suggests(Protocol):
    """A forge on which a change of a file can be suggested next to its lines."""

    def suggest(self, advice: Sequence[AdvisedDockerfile]) -> str:
        """Suggest the changes whose lines the pull request changes. Returns why that failed, or
        ""."""


@runtime_checkable
class Threads(Protocol):
    """A forge whose comment can be a thread, which must be resolved before a merge."""

    def settle(self, resolved: bool) -> str:
        """Resolve or open the thread of the published comment. Returns why that failed, or ""."""
