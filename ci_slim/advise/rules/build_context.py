"""`COPY .` brings what the image does not need: version control, caches, installed packages."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from ci_slim.advise.finding import Context, Finding
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Instruction
from ci_slim.units import size

NAME = "build-context"
_LEAST = 1024

Kinds = tuple[tuple[str, tuple[str, ...]], ...]

ANYWHERE: Kinds = (
    (
        "version control, caches and editors' files",
        (".git", ".hg", ".svn", ".github", ".gitlab", ".idea", ".vscode", "__pycache__",
         ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".cache", ".DS_Store",
         ".coverage", "htmlcov", ".gradle", ".terraform", ".hypothesis", "npm-debug.log"),
    ),
    ("installed packages", ("node_modules", "bower_components")),
)  # fmt: skip
"""Names of files and folders by what they are; each kind is one finding, as one may be needed."""
AT_TOP: Kinds = (
    ("tests and documents", ("tests", "test", "__tests__", "spec", "docs", "doc", "examples")),
    ("what an earlier build made", ("dist", "build", "target", "out", "coverage")),
)
"""The same at the top of the context. Further below, such a name may be that of a package."""
_ENVIRONMENT = "pyvenv.cfg"
"""The file that makes a folder a virtual environment of Python."""


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each kind of file that a `COPY .` of the image brings."""
    context = subject.context
    copy = next(filter(None, map(_whole, _instructions(subject))), None)
    if context is None or copy is None:
        return
    for what, lines in _kinds(context):
        total = sum(lines.values())
        if total >= _LEAST:
            names = sorted(lines, key=lambda line: (-lines[line], line))
            shown = [name.removeprefix("**/") for name in names]
            yield Finding(
                NAME,
                copy.line,
                f"the build context holds {what} ({', '.join(shown)}: {size(total)}); leave "
                "them out with .dockerignore",
                ignores=tuple(names),
                takes=tuple(_places(subject, copy, shown)),
            )


def _kinds(context: Context) -> Iterator[tuple[str, dict[str, int]]]:
    """What is found, with the bytes of each line of the .dockerignore."""
    files = dict(context.sent())
    for what, names in ANYWHERE:
        found: dict[str, int] = {}
        for path, bytes_ in files.items():
            name = next((part for part in PurePosixPath(path).parts if part in names), None)
            if name is not None:
                found[f"**/{name}"] = found.get(f"**/{name}", 0) + bytes_
        yield what, found
    environments = [
        path.removesuffix(f"/{_ENVIRONMENT}") for path in files if path.endswith(f"/{_ENVIRONMENT}")
    ]
    yield "virtual environments", {each: _below(files, each) for each in environments}
    for what, names in AT_TOP:
        yield what, {name: bytes_ for name in names if (bytes_ := _below(files, name))}


def _below(files: Mapping[str, int], folder: str) -> int:
    return sum(bytes_ for path, bytes_ in files.items() if path.startswith(f"{folder}/"))


def _instructions(subject: Subject) -> Iterator[Instruction]:
    for stage in reversed(subject.lineage):
        yield from stage.instructions


def _whole(instruction: Instruction) -> Instruction | None:
    """A COPY or ADD of the whole context."""
    if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from"):
        return None
    sources = instruction.paths[:-1]
    whole = any(re.fullmatch(r"(?:\./?|/|\./?\*|\*)", source) for source in sources)
    return instruction if whole and not instruction.heredocs else None


def _places(subject: Subject, copy: Instruction, names: list[str]) -> Iterator[str]:
    """Where the files lie in the image, at the top of what is copied."""
    for stage in subject.lineage:
        if copy in stage.instructions:
            folder = subject.workdirs(stage)[copy.line]
            to = posixpath.normpath(posixpath.join(folder, copy.paths[-1]))
            yield from (posixpath.join(to, name) for name in names)
