"""The same file twice in the image: a copy of a file that stays where it was."""

import posixpath
from collections.abc import Iterator

from ci_slim.advise.built_files import LEFTOVERS
from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.origins import Origins
from ci_slim.advise.run import Run
from ci_slim.advise.subject import Subject
from ci_slim.advise.updates import own_layers
from ci_slim.image.instructions import Instruction, Stage
from ci_slim.units import count, size

NAME = "duplicate-files"
_OPTIONS = frozenset({"-a", "-p", "-r", "-R", "-f", "-v", "-rf", "-rp", "-pr", "-av", "-ar"})

_LEAST_TOLD = 1_000_000
"""Fewer bytes are not worth a remark where nothing can be changed."""


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each instruction of the image that makes such copies. The built image shows
    them."""
    origins = subject.facts.origins if subject.facts is not None else None
    own = own_layers(subject)
    if origins is None or own is None:
        return
    base, made = own
    copies: dict[int, list[tuple[str, str, int]]] = {}
    for same in origins.same:
        first, *others = same.paths
        for path in others:
            layer = origins.files[path]
            if layer >= base and not _is_of_system(origins, first, path):
                copies.setdefault(layer - base, []).append((first, path, same.bytes))
    for number, found in sorted(copies.items()):
        stage, instruction = made[number]
        total = sum(each[2] for each in found)
        first, path, _ = max(found, key=lambda each: each[2])
        edits = tuple(_edits(subject, stage, instruction, found))
        if not edits and total < _LEAST_TOLD:
            continue
        more = f" and {count(len(found) - 1, 'other')}" if len(found) > 1 else ""
        yield Finding(
            NAME,
            instruction.line,
            f"{path} is {first} again{more}: {size(total)} twice in the image",
            edits,
            takes=tuple(each[1] for each in found),
        )


def _is_of_system(origins: Origins, *paths: str) -> bool:
    """Whether both are of packages, or one is what a package manager left behind."""
    of_packages = all(path in origins.packages for path in paths)
    return of_packages or any(map(LEFTOVERS.fullmatch, paths))


def _edits(
    subject: Subject, stage: Stage, instruction: Instruction, found: list[tuple[str, str, int]]
) -> Iterator[Edit]:
    """A symbolic link in the place of a copy; nothing where that is not one command."""
    if instruction.keyword == "RUN":
        runs = (run for run in subject.runs(stage) if run.instruction is instruction)
        for run in runs:
            yield from _linked(run, found)
    elif instruction.keyword == "COPY" and len(found) == 1:
        yield from _link_for_copy(subject, instruction, *found[0][:2])


def _linked(run: Run, found: list[tuple[str, str, int]]) -> Iterator[Edit]:
    """`cp -s` makes links where `cp` copies."""
    for command in run.script.named("cp"):
        words = command.own[1:]
        options = [word.value for word in words if word.value.startswith("-")]
        paths = [word for word in words if not word.value.startswith("-")]
        if len(paths) != 2 or not set(options) <= _OPTIONS:
            continue
        source, to = (posixpath.normpath(word.value) for word in paths)
        plain = all(word.plain and word.value.startswith("/") for word in paths)
        if plain and any(_is_at(first, source) and _is_at(path, to) for first, path, _ in found):
            yield run.insert(command.own[0].end, " -s")


def _is_at(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place.rstrip('/')}/")


def _link_for_copy(
    subject: Subject, instruction: Instruction, first: str, path: str
) -> Iterator[Edit]:
    """One file of the build context, copied a second time."""
    files = subject.context.files if subject.context is not None else {}
    if len(instruction.paths) != 2 or instruction.flags or instruction.heredocs:
        return
    source = posixpath.normpath(instruction.paths[0]).lstrip("/")
    if source in files and not any(char.isspace() for char in first + path):
        folder = posixpath.dirname(path)
        text = f"RUN mkdir -p {folder} && ln -s {first} {path}"
        end = "\n" if subject.text[: instruction.end].endswith("\n") else ""
        yield Edit(instruction.start, instruction.end, text + end)
