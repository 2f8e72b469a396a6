"""Proven changes of a Dockerfile, as the comment shows them."""

from dataclasses import dataclass

MOST_CHANGES = 3
"""So many changes of one Dockerfile are in a report: those that save most."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Lines of the Dockerfile, from the number `first` on, and what replaces them."""

    first: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def last(self) -> int:
        """The number of the last replaced line."""
        return self.first + len(self.old) - 1


@dataclass(frozen=True, slots=True)
class AdvisedChange:
    """One change: the rule that found it, the line of the Dockerfile, and the bytes that it saves
    on the platform where it saves most. `suggestion` is None if it is not one place of the file."""

    rule: str
    line: int
    message: str
    pull_bytes: int
    disk_bytes: int
    suggestion: Suggestion | None = None


@dataclass(frozen=True, slots=True)
class AdvisedDockerfile:
    """The changes of one Dockerfile that save most, and how many more were proven."""

    dockerfile: str
    changes: tuple[AdvisedChange, ...]
    more: int = 0
