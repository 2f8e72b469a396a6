"""Finds the line of a Dockerfile for a remark about the image. Pure.

It is the line of the instruction that made a layer, as the image's history describes it. BuildKit
writes `RUN /bin/sh -c make # buildkit` and `COPY a b # buildkit`, with build arguments before the
shell (`RUN |1 VERSION=1 /bin/sh -c …`) and without the options of the instruction.
https://docs.docker.com/reference/dockerfile/ (parser directives, line continuation, heredocs)
"""

import contextlib
import json
import re

from ci_slim.image.instructions import Instruction, read_dockerfile

_OPTIONS = re.compile(r"^(?:--[a-z-]+(?:=\S+)?\s+)+")
_SHELL = re.compile(r"(?:.* )?-[a-z]*c ").fullmatch
"""The end of what the history writes before a command: `RUN |1 A=1 /bin/bash -euo pipefail -c `."""
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
    made = (each.line for each in reversed(read_dockerfile(text).instructions) if _made(each, said))
    return next(made, 0)


def _made(instruction: Instruction, said: str) -> bool:
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
    return _paths(own) == _paths(rest)


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
