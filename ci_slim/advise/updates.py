"""What a device fetches after a commit: the layers from the first instruction on that copies a
changed file. Pure."""

import fnmatch
import posixpath
from collections.abc import Iterable, Sequence

from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Instruction, Stage

COMMITS = 10
"""So many commits are looked at."""
History = Sequence[frozenset[str]]
"""The files that each commit changed, newest first, by their paths in the build context."""
FILLS = ("RUN", "COPY", "ADD", "WORKDIR")
"""Instructions that make a layer (BuildKit, frontend/dockerfile/dockerfile2llb)."""


def filling(subject: Subject) -> list[tuple[Stage, Instruction]]:
    """The instructions that made the topmost layers of the image, lowest first."""
    return [
        (stage, each)
        for stage in reversed(subject.lineage)
        for each in stage.instructions
        if each.keyword in FILLS
    ]


def own_layers(subject: Subject) -> tuple[int, list[tuple[Stage, Instruction]]] | None:
    """The number of the lowest layer that the Dockerfile made, and the instructions of this layer
    and of those above. None if the built image is not known, or has too few layers."""
    origins = subject.facts.origins if subject.facts is not None else None
    made = filling(subject)
    if origins is None or len(made) > origins.layers:
        return None
    return origins.layers - len(made), made


def update_bytes(subject: Subject, layers: Sequence[int], history: History) -> int:
    """The bytes that a device fetches for all these commits together, if it fetches each.
    `layers` are the bytes to pull of the image's layers, lowest first.

    A changed instruction makes its layer and all layers above it anew.
    """
    made = filling(subject)
    if len(made) > len(layers):
        return 0
    own = layers[len(layers) - len(made) :]
    total = 0
    for changed in history:
        first = next(
            (n for n, (stage, each) in enumerate(made) if _touched(subject, stage, each, changed)),
            len(made),
        )
        total += sum(own[first:])
    return total


def _touched(
    subject: Subject, stage: Stage, instruction: Instruction, changed: Iterable[str]
) -> bool:
    if instruction.keyword not in ("COPY", "ADD"):
        return False
    origin = instruction.flag("from")
    if origin is None:
        paths = [path for path in changed if not _is_ignored(subject, path)]
        return any(copies(source, path) for source in instruction.paths[:-1] for path in paths)
    other = subject.named(subject.filled(origin), before=stage.number)
    return other is not None and any(
        _touched(subject, below, each, changed)
        for below in subject.below(other)
        for each in below.instructions
    )


def _is_ignored(subject: Subject, path: str) -> bool:
    return subject.context is not None and subject.context.ignored(path)


def copies(source: str, path: str) -> bool:
    """Whether a source of COPY takes a file of the build context along."""
    source = posixpath.normpath(source).strip("/")
    if source in (".", ""):
        return True
    parts = path.split("/")
    above = ["/".join(parts[: number + 1]) for number in range(len(parts))]
    return any(fnmatch.fnmatchcase(each, source) for each in above)
