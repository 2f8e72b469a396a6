"""Reads the steps of the Dockerfile from the history of an image: which step made which layer."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from ci_slim.image.dockerfile import layer_line

_NOP = re.compile(r"/bin/sh -c #\(nop\)\s+")
_INSTALLS = re.compile(r"\b(?:install|add)\b")
_COMPILER = re.compile(
    r"\s(?:gcc|g\+\+|clang|build-essential|build-base|golang\S*|rustc|cargo)(?:\s|$)"
)
"""Matches the name of a compiler: gcc, clang, Go or Rust."""
_TOGETHER = timedelta(hours=1)
"""Steps of one build are made within this time. A base image is older, or from a cache."""

_BUILD_ARGUMENTS = re.compile(r"^\|\d+ (?:[^\s=]++=\S*+ )*+")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the Dockerfile. `kind` is RUN, COPY or ADD, or "" for another step. `text` is the
    rest of the line. `layer` is the number of the layer that the step made, or None if it made
    none."""

    kind: Literal["RUN", "COPY", "ADD", ""]
    text: str
    layer: int | None
    base: bool
    """The step belongs to the base image."""


def steps(
    history: Sequence[Mapping[str, object]], base: int, dockerfile: str = ""
) -> tuple[Step, ...]:
    """The steps of a history. The lowest `base` layers belong to the base image.

    If the text of the Dockerfile is known, a RUN that is not in it belongs to the base image too.
    This matters for images such as golang's, which end without a CMD, so that their history does
    not show where the base ends. If the text is not known, the steps up to the last installation of
    a compiler are counted as the base image's, but for those made within an hour of the last step.
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
    return tuple(found if dockerfile else _after_compilers(found, _own(history)))


def run_texts(steps: Sequence[Step]) -> Iterator[str]:
    """The texts of the RUN steps, without those of the base image. Continued lines are joined."""
    for step in steps:
        if step.kind == "RUN" and not step.base:
            yield step.text.replace("\\\n", " ")


def _own(history: Sequence[Mapping[str, object]]) -> frozenset[int]:
    """The numbers of the steps that were made together with the last one."""
    times = [_created(entry) for entry in history]
    last = max((time for time in times if time is not None), default=None)
    return frozenset(
        number
        for number, time in enumerate(times)
        if time is not None and last is not None and last - time <= _TOGETHER
    )


def _created(entry: Mapping[str, object]) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(entry.get("created")))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _after_compilers(found: Sequence[Step], own: Container[int]) -> Iterator[Step]:
    last = max((n for n, step in enumerate(found) if _installs_compiler(step)), default=-1)
    for number, step in enumerate(found):
        of_base = step.base or (step.kind == "RUN" and number <= last and number not in own)
        yield replace(step, base=of_base)


def _installs_compiler(step: Step) -> bool:
    if step.kind != "RUN":
        return False
    commands = re.split(r"[;&|]", step.text)
    starts = ((command, _INSTALLS.search(command)) for command in commands)
    return any(start and _COMPILER.search(command, start.end()) for command, start in starts)


def _read(made: str) -> tuple[Literal["RUN", "COPY", "ADD", ""], str]:
    text = _NOP.sub("", made).strip().removesuffix("# buildkit").strip()
    for kind in ("COPY", "ADD"):
        if text.startswith(kind + " "):
            return ("COPY", text[5:]) if kind == "COPY" else ("ADD", text[4:])
    text = text.removeprefix("RUN ")
    text = _BUILD_ARGUMENTS.sub("", text)
    if text.startswith("/bin/") and " -c " in text[:40]:
        return "RUN", text.partition(" -c ")[2].strip()
    return ("RUN", text) if made.startswith(("RUN ", "|")) else ("", text)
