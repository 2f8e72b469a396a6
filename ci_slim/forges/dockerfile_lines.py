"""Which line of a Dockerfile made a layer, from what the image's history says of it. Pure.

BuildKit writes `RUN /bin/sh -c make # buildkit` and `COPY a b # buildkit`, with build arguments in
front of the shell (`RUN |1 VERSION=1 /bin/sh -c …`) and without the instruction's own options.
"""

import re
from dataclasses import dataclass

_ARGUMENTS = re.compile(r"^(?:--[a-z-]+(?:=\S+)?\s+)+")
_HISTORY = re.compile(r"^(?:/bin/sh -c )?(?:#\(nop\)\s+)?(.*?)(?:\s*# buildkit)?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its first line (from 1), its keyword and the rest, on one line."""

    line: int
    keyword: str
    rest: str


def instructions(text: str) -> tuple[Instruction, ...]:
    """The instructions of a Dockerfile in order; what cannot be read is left out."""
    found: list[Instruction] = []
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        start = start if parts else number
        parts.append(stripped.removesuffix("\\").strip())
        if not stripped.endswith("\\"):
            keyword, _, rest = " ".join(parts).partition(" ")
            rest = _ARGUMENTS.sub("", rest.strip() + " ").strip()
            found.append(Instruction(start, keyword.upper(), _plain(rest)))
            parts = []
    return tuple(found)


def line_of(text: str, created_by: str) -> int:
    """The line of the instruction that made a layer; of the last stage's FROM when none did, as
    for the layers of the base image; 0 in a text without any FROM."""
    found = instructions(text)
    match = _HISTORY.match(created_by.strip())
    said = _plain(match[1] if match else created_by)
    for instruction in reversed(found):
        if _made(instruction, said):
            return instruction.line
    return next((each.line for each in reversed(found) if each.keyword == "FROM"), 0)


def _made(instruction: Instruction, said: str) -> bool:
    keyword, _, rest = said.partition(" ")
    if instruction.keyword == "RUN":
        # The old builder writes the command alone.
        runs = keyword == "RUN" or not keyword.isupper()
        return runs and bool(instruction.rest) and said.endswith(instruction.rest)
    if instruction.keyword != keyword or keyword not in ("COPY", "ADD", "WORKDIR"):
        return False
    return _paths(instruction.rest) == _paths(rest)


def _paths(text: str) -> list[str]:
    return [part.removeprefix("./").strip("/") for part in text.split()]


def _plain(text: str) -> str:
    return " ".join(text.split())
