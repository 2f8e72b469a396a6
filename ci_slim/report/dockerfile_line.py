"""The line of a Dockerfile that a remark about the image belongs to: where its stage begins. Pure.

https://docs.docker.com/reference/dockerfile/ (parser directives, line continuation, heredocs)
"""

import re
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S+)\s*")
_FROM = re.compile(r"(?i)\s*FROM\s+(.*)", re.DOTALL)
_NAMED = re.compile(r"(?i)\sAS\s+(\S+)\s*$")
_HEREDOC = re.compile(r"<<(-?)(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\2")
_TAKES_HEREDOC = re.compile(r"(?i)\s*(?:RUN|COPY|ADD)\b")


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file of the repository; lines count from 1."""

    path: str
    line: int = 1


def stage_line(text: str, target: str | None = None) -> int:
    """The line of the FROM of the target stage, else of the last one; 1 where there is none.

    A target is the name of a stage, in any case, or its number from 0.
    """
    stages = _stages(text)
    if not stages:
        return 1
    for number, (line, name) in enumerate(stages):
        if target is not None and target.lower() in {name, str(number)}:
            return line
    return stages[-1][0]


def _stages(text: str) -> list[tuple[int, str]]:
    lines = text.splitlines()
    escape = _escape(lines)
    found: list[tuple[int, str]] = []
    at = 0
    while at < len(lines):
        begin = at
        instruction, at = _instruction(lines, at, escape)
        match = _FROM.match(instruction)
        if match:
            named = _NAMED.search(match[1])
            found.append((begin + 1, named[1].lower() if named else ""))
        elif _TAKES_HEREDOC.match(instruction):
            for dash, _, word in _HEREDOC.findall(instruction):
                at = _after(lines, at, word, tabs=bool(dash))
    return found


def _escape(lines: list[str]) -> str:
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None:
            break  # directives stand before anything else
        if match[1].lower() == "escape":
            return match[2]
    return "\\"


def _instruction(lines: list[str], at: int, escape: str) -> tuple[str, int]:
    """An instruction with its continued lines as one text, and the number of the line after it."""
    parts: list[str] = []
    while at < len(lines):
        line = lines[at].rstrip()
        at += 1
        if line.lstrip().startswith("#") or (parts and not line):
            if not parts:
                break
            continue  # comments and empty lines do not end an instruction that is continued
        if not line.endswith(escape):
            parts.append(line)
            break
        parts.append(line.removesuffix(escape))
    return " ".join(parts), at


def _after(lines: list[str], at: int, word: str, *, tabs: bool) -> int:
    for number in range(at, len(lines)):
        line = lines[number].lstrip("\t") if tabs else lines[number]
        if line == word:
            return number + 1
    return len(lines)
