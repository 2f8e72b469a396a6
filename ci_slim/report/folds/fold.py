"""What a folded part of the comment is."""

from collections.abc import Callable
from dataclasses import dataclass

from ci_slim.result import Report

NAMES = ("What grew", "Not kept", "Advice", "Update costs", "Details")
"""All that there will ever be: a reviewer learns five names."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be shown: rows of each table, characters of a foreign text, and how many of the
    kinds of details, the most useful first."""

    rows: int = 20
    signs: int = 160
    kinds: int = 99


@dataclass(frozen=True, slots=True)
class Said:
    """A folded part: `brief` stands in its title, which is HTML and no Markdown; `body` below it
    is Markdown. Foreign text is escaped in both: `foreign.code_tag` and `foreign.plain` for the
    title, `foreign.code` and `foreign.plain` for the body."""

    brief: str
    body: str


@dataclass(frozen=True, slots=True)
class Fold:
    """A folded part: its name, one of `NAMES`, and what it says of a report; None: nothing."""

    name: str
    said: Callable[[Report, Room], Said | None]

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"{self.name} is none of the five parts")


def folded(title: str, body: str) -> str:
    """A fold. The empty lines matter: without them Markdown within HTML is not rendered."""
    return f"<details><summary>{title}</summary>\n\n{body}\n</details>\n"
