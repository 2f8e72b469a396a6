"""`COPY .` brings what the image does not need: version control, caches, installed packages."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ci_slim.advise.finding import Context, Finding
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import Instruction
from ci_slim.units import size

NAME = "build-context"
_LEAST = 1024

KINDS = (
    (
        "version control, caches and editors' files",
        (".git", ".hg", ".svn", ".github", ".gitlab", ".idea", ".vscode", "__pycache__",
         ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".cache", ".DS_Store",
         ".coverage", "htmlcov", ".gradle", ".terraform", ".hypothesis", "npm-debug.log"),
    ),
    ("virtual environments", (".venv", "venv", "env", ".env.d", "virtualenv")),
    ("installed packages", ("node_modules", "bower_components")),
    ("tests and documents", ("tests", "test", "__tests__", "spec", "docs", "doc", "examples")),
    ("what an earlier build made", ("dist", "build", "target", "out", "coverage")),
)  # fmt: skip
"""Names of files and folders by what they are; each kind is one finding, as one may be needed."""


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each kind of file that a `COPY .` of the image brings."""
    context = subject.context
    copy = next(filter(None, map(_whole, _instructions(subject))), None)
    if context is None or copy is None:
        return
    for what, names in KINDS:
        found = _sizes(context, frozenset(names))
        total = sum(found.values())
        if total >= _LEAST:
            lines = sorted(found, key=lambda name: (-found[name], name))
            yield Finding(
                NAME,
                copy.line,
                f"the build context holds {what} ({', '.join(lines)}: {size(total)}); leave "
                "them out with .dockerignore",
                ignores=tuple(f"**/{name}" for name in lines),
                takes=tuple(_places(subject, copy, lines)),
            )


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


def _sizes(context: Context, names: frozenset[str]) -> dict[str, int]:
    """Bytes by the name that is one of these."""
    found: dict[str, int] = {}
    for path, bytes_ in context.sent():
        name = next((part for part in PurePosixPath(path).parts if part in names), None)
        if name is not None:
            found[name] = found.get(name, 0) + bytes_
    return found


def _places(subject: Subject, copy: Instruction, names: list[str]) -> Iterator[str]:
    """Where the files lie in the image, at the top of what is copied."""
    for stage in subject.lineage:
        if copy in stage.instructions:
            folder = subject.workdirs(stage)[copy.line]
            to = posixpath.normpath(posixpath.join(folder, copy.paths[-1]))
            yield from (posixpath.join(to, name) for name in names)
