"""Finds the line of a Dockerfile for a remark about the image. Pure.

It is the line of the instruction that made a layer, as the image's history describes it. BuildKit
writes `RUN /bin/sh -c make # buildkit` and `COPY a b # buildkit`, with build arguments before the
shell (`RUN |1 VERSION=1 /bin/sh -c …`) and without the options of the instruction. In the paths of
COPY, ADD and WORKDIR, it writes the value of a variable, which this module does not know.
https://docs.docker.com/reference/dockerfile/ (parser directives, line continuation, heredocs)
"""

import contextlib
import glob
import json
import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from ci_slim.image.instructions import Instruction, read_dockerfile

_OPTIONS = re.compile(r"^(?:--[a-z-]+(?:=\S+)?\s+)+")
_SHELL = re.compile(r"(?:.* )?-[a-z]*c ").fullmatch
"""The end of what the history writes before a command: `RUN |1 A=1 /bin/bash -euo pipefail -c `."""
_VARIABLE = re.compile(r"(?<!\\)\$(?:\w+|\{[^}]*\})")
_LONGEST = 4096


def stage_line(text: str, target: str | None = None) -> int:
    """The line with the FROM of the target stage, or else of the last stage. 1 if there is no FROM.

    A target is the name of a stage, in any case, or its number from 0.
    """
    stage = read_dockerfile(text).target(target)
    return stage.head.line if stage else 1


def layer_line(text: str, created_by: str) -> int:
    """The line of the last instruction that may have made a layer, or 0 if there is none."""
    said = _plain(created_by[:_LONGEST]).removesuffix("# buildkit").rstrip()
    said = said.removeprefix("/bin/sh -c ").removeprefix("#(nop) ")
    instructions = read_dockerfile(text).instructions[::-1]
    by_name = (each.line for each in instructions if _made(each, said, _paths_are))
    by_value = (each.line for each in instructions if _made(each, said, _paths_may_be))
    return next(by_name, 0) or next(by_value, 0)


def _made(
    instruction: Instruction, said: str, fit: Callable[[Sequence[str], Sequence[str]], bool]
) -> bool:
    """Whether this instruction made the layer of which the history says this. `fit` compares the
    paths of the instruction with those of the history."""
    keyword, _, rest = said.partition(" ")
    own = _words(_plain(_OPTIONS.sub("", instruction.rest + " ")))
    if instruction.keyword == "RUN":
        # The old builder writes only the command. BuildKit's shell is that of SHELL.
        before = said.removesuffix(own)
        return (
            bool(own) and before != said and (before in ("", "RUN ") or _SHELL(before) is not None)
        )
    if instruction.keyword != keyword or keyword not in ("COPY", "ADD", "WORKDIR"):
        return False
    return fit(_paths(own), _paths(rest))


def _paths_are(own: Sequence[str], said: Sequence[str]) -> bool:
    return own == said


def _paths_may_be(own: Sequence[str], said: Sequence[str]) -> bool:
    """Whether these are the paths, with some value for each variable."""
    return len(own) == len(said) and all(map(fnmatchcase, said, map(_pattern, own)))


def _pattern(path: str) -> str:
    return "*".join(map(glob.escape, _VARIABLE.split(path)))


def _words(text: str) -> str:
    """The arguments in the JSON form as the history writes them."""
    if text.startswith("["):
        with contextlib.suppress(ValueError, TypeError):
            return " ".join(json.loads(text))
    return text


def _paths(text: str) -> list[str]:
    return [part.removeprefix("./").strip("/") for part in text.split()]


def _plain(text: str) -> str:
    return " ".join(text.split())
