"""The steps of the Dockerfile, as the image's history tells them: what made which layer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

_NOP = re.compile(r"/bin/sh -c #\(nop\)\s+")
_BUILDKIT = re.compile(r"\s*# buildkit\s*$")
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


def steps(history: Sequence[Mapping[str, object]], base: int) -> tuple[Step, ...]:
    """The steps of a history of which the lowest `base` layers are the base image's.

    Where history does not say how many these are, it is the first layer: an image is made from
    something, and what that something is does not come from COPY.
    """
    found: list[Step] = []
    layer = -1
    for entry in history:
        empty = bool(entry.get("empty_layer"))
        layer += not empty
        kind, text = _read(str(entry.get("created_by") or ""))
        found.append(Step(kind, text, None if empty else layer, max(0, layer) < base))
    return tuple(found)


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
