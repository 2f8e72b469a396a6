"""The steps of the Dockerfile, as the image's history tells them: what made which layer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ci_slim.image.dockerfile import layer_line

_NOP = re.compile(r"/bin/sh -c #\(nop\)\s+")
_BUILDKIT = re.compile(r"\s*# buildkit\s*$")
_COMPILER = re.compile(
    r"\b(?:install|add)\b[^;&|]*\s(?:gcc|g\+\+|clang|build-essential|build-base|golang\S*|rustc|cargo)(?:\s|$)"
)
"""A step that installs a compiler: gcc, clang, Go's or Rust's."""
_BUILD_ARGUMENTS = re.compile(r"^\|\d+ (?:\S+=(?:\S*) )*")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `kind` is RUN, COPY, ADD, or "" for another or an unknown one; `text` what follows;
    `layer` the number of the layer that it made, None when it made none."""

    kind: Literal["RUN", "COPY", "ADD", ""]
    text: str
    layer: int | None
    base: bool
    """It belongs to the base image."""


def steps(
    history: Sequence[Mapping[str, object]], base: int, dockerfile: str = ""
) -> tuple[Step, ...]:
    """The steps of a history of which the lowest `base` layers are the base image's.

    With the text of the Dockerfile, a RUN that is not in it is the base image's as well: an image
    such as golang's ends without a CMD, so history alone does not show where the base ends. Without
    the text, what comes before the last installation of a compiler is taken for the base image's.
    """
    found: list[Step] = []
    layer = -1
    for entry in history:
        empty = bool(entry.get("empty_layer"))
        layer += not empty
        made = str(entry.get("created_by") or "")
        kind, text = _read(made)
        of_base = max(0, layer) < base
        if dockerfile and kind == "RUN":
            of_base |= not layer_line(dockerfile, made)
        found.append(Step(kind, text, None if empty else layer, of_base))
    return tuple(found if dockerfile else _after_compilers(found))


def _after_compilers(found: Sequence[Step]) -> Iterator[Step]:
    last = max((n for n, step in enumerate(found) if _installs_compiler(step)), default=-1)
    for number, step in enumerate(found):
        of_base = step.base or (step.kind == "RUN" and number <= last)
        yield replace(step, base=of_base)


def _installs_compiler(step: Step) -> bool:
    return step.kind == "RUN" and _COMPILER.search(step.text) is not None


def _read(made: str) -> tuple[Literal["RUN", "COPY", "ADD", ""], str]:
    text = _BUILDKIT.sub("", _NOP.sub("", made)).strip()
    for kind in ("COPY", "ADD"):
        if text.startswith(kind + " "):
            return ("COPY", text[5:]) if kind == "COPY" else ("ADD", text[4:])
    text = text.removeprefix("RUN ")
    text = _BUILD_ARGUMENTS.sub("", text)
    if text.startswith("/bin/") and " -c " in text[:40]:
        return "RUN", text.partition(" -c ")[2].strip()
    return ("RUN", text) if made.startswith(("RUN ", "|")) else ("", text)
