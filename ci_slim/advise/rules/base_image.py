"""A smaller base image of the same family, tried in the place of the one that is used."""

from collections.abc import Iterator

from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.subject import Subject

NAME = "base-image"
_COMPILERS = ("go", "cargo", "rustc", "gcc", "g++", "cc", "make", "cmake")


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each candidate of the base of the image's lowest stage."""
    stage = subject.root()
    base = subject.base(stage) if stage is not None else None
    if stage is None or base is None or "$" in stage.base:
        return
    start = stage.head.arguments.value.index(stage.base)
    places = stage.head.arguments
    compiles = any(any(run.script.named(*_COMPILERS)) for run in subject.image_runs())
    commands = any(e.keyword == "RUN" for each in subject.lineage for e in each.instructions)
    for name in subject.bases.candidates(base, compiles=compiles, commands=commands):
        edit = Edit(places.at(start), places.behind(start + len(stage.base)), name)
        yield Finding(
            NAME, stage.head.line, f"{name} in the place of the base image {base}", (edit,)
        )
