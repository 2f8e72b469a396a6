"""What a folded part of the comment is."""

from collections.abc import Callable
from dataclasses import dataclass

from ci_slim.result import Report

NAMES = ("What grew", "Not kept", "Advice", "Update costs", "Details")
"""The names of all parts. There are never more, so that a reviewer has only five names to learn."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be shown: rows of each table, characters of a foreign text, and kinds of
    details, of which the most useful ones come first."""

    rows: int = 20
    signs: int = 160
    kinds: int = 99


@dataclass(frozen=True, slots=True)
class Said:
    """The text of a folded part. `brief` is a part of the title and is HTML; `body` is Markdown.
    Foreign text is escaped in both: with `foreign.code_tag` and `foreign.plain` in the title, with
    `foreign.code` and `foreign.plain` in the body."""

    brief: str
    body: str


@dataclass(frozen=True, slots=True)
class Fold:
    """A folded part: its name, one of `NAMES`, and a function that makes its text from a report, or
    None."""

    name: str
    said: Callable[[Report, Room], Said | None]

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"{self.name} is none of the five parts")


def folded(title: str, body: str) -> str:
    """A fold. Without the empty lines, Markdown inside HTML is not rendered."""
    return f"<details><summary>{title}</summary>\n\n{body}\n</details>\n"
