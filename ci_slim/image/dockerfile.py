"""The line of a Dockerfile that a remark about the image belongs to. Pure.

That of the instruction that made a layer, by what the image's history says of it: BuildKit writes
`RUN /bin/sh -c make # buildkit` and `COPY a b # buildkit`, with build arguments in front of the
shell (`RUN |1 VERSION=1 /bin/sh -c …`) and without the instruction's own options.
https://docs.docker.com/reference/dockerfile/ (parser directives, line continuation, heredocs)
"""

import contextlib
import json
import re
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S+)\s*")
_NAMED = re.compile(r"(?i)\sAS\s+(\S+)\s*$")
_HEREDOC = re.compile(r"\d*<<(-?)(['\"]?)([A-Za-z0-9_.-]+)\2")
"""A whole word, as BuildKit has it (frontend/dockerfile/parser, reHeredoc)."""
_TAKES_HEREDOC = frozenset({"RUN", "COPY", "ADD"})
_OPTIONS = re.compile(r"^(?:--[a-z-]+(?:=\S+)?\s+)+")
_SHELL = re.compile(r"(?:.* )?-[a-z]*c ").fullmatch
"""How what history writes in front of a command ends: `RUN |1 A=1 /bin/bash -euo pipefail -c `."""
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class _Instruction:
    """Its first line (from 1), its keyword in capitals, and the rest, on one line."""

    line: int
    keyword: str
    rest: str


def stage_line(text: str, target: str | None = None) -> int:
    """The line of the FROM of the target stage, else of the last one; 1 where there is none.

    A target is the name of a stage, in any case, or its number from 0.
    """
    stages = [each for each in _instructions(text) if each.keyword == "FROM"]
    for number, stage in enumerate(stages):
        named = _NAMED.search(f" {stage.rest}")
        name = named[1].lower() if named else ""
        if target is not None and target.lower() in {name, str(number)}:
            return stage.line
    return stages[-1].line if stages else 1


def layer_line(text: str, created_by: str) -> int:
    """The line of the last instruction that may have made a layer; 0 when none did."""
    said = _plain(created_by[:_LONGEST]).removesuffix("# buildkit").rstrip()
    said = said.removeprefix("/bin/sh -c ").removeprefix("#(nop) ")
    made = (each.line for each in reversed(_instructions(text)) if _made(each, said))
    return next(made, 0)


def _made(instruction: _Instruction, said: str) -> bool:
    keyword, _, rest = said.partition(" ")
    own = _words(_plain(_OPTIONS.sub("", instruction.rest + " ")))
    if instruction.keyword == "RUN":
        # The old builder writes the command alone, and BuildKit's shell is that of SHELL.
        before = said.removesuffix(own)
        return (
            bool(own) and before != said and (before in ("", "RUN ") or _SHELL(before) is not None)
        )
    if instruction.keyword != keyword or keyword not in ("COPY", "ADD", "WORKDIR"):
        return False
    return _paths(own) == _paths(rest)


def _words(text: str) -> str:
    """Arguments in the form of a JSON list as history writes them."""
    if text.startswith("["):
        with contextlib.suppress(ValueError, TypeError):
            return " ".join(json.loads(text))
    return text


def _paths(text: str) -> list[str]:
    return [part.removeprefix("./").strip("/") for part in text.split()]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _instructions(text: str) -> list[_Instruction]:
    lines = text.splitlines()
    escape = _escape(lines)
    found: list[_Instruction] = []
    at = 0
    while at < len(lines):
        begin = at
        whole, at = _instruction(lines, at, escape)
        keyword, _, rest = _plain(whole).partition(" ")
        if not keyword:
            continue
        found.append(_Instruction(begin + 1, keyword.upper(), rest))
        if keyword.upper() in _TAKES_HEREDOC:
            for heredoc in filter(None, map(_HEREDOC.fullmatch, whole.split())):
                at = _after(lines, at, heredoc[3], tabs=bool(heredoc[1]))
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
