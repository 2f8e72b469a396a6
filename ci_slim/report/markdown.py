"""The comment on a pull or merge request: what this change did, with details in folds."""

import string
import textwrap
from bisect import bisect_left
from typing import NamedTuple

from ci_slim.report.against import missing_baselines
from ci_slim.report.cells import NOTHING, Cell, disk_cell, has_updates, pull_cell, update_cell
from ci_slim.report.details import SECTIONS, table
from ci_slim.report.folds import FOLDS, Room
from ci_slim.report.folds.fold import folded
from ci_slim.report.foreign import block, code, plain
from ci_slim.report.headline import headline, slimming
from ci_slim.report.origin import gate_markdown, origin_markdown
from ci_slim.report.summary import ESTIMATED, LINES, Mark, Note, has_estimates, notes, standing
from ci_slim.result import ImageReport, PlatformReport, Problem, Report
from ci_slim.units import count

LENGTH_MAX = 60_000
"""The most characters. GitHub allows 65,536 in a comment, GitLab 1,000,000."""

_ICONS: dict[Mark, str] = {"good": "✅", "warn": "⚠️", "bad": "❌", "unknown": "❔"}
_KEY = frozenset(string.ascii_letters + string.digits + "_.-/")
_BYTES = ("utf-8", "surrogatepass")
_PATHS = 5
_BASELINES = 5


class _Most(NamedTuple):
    """How much is shown at most."""

    folds: int
    room: Room
    images: int = 100
    platforms: int = 50
    """Of an image."""
    notes: int = 100
    """Of an image."""
    signs: int = 1000
    """Characters of a foreign text. An escaped character may have twelve."""


_ALL = len(FOLDS)
# Each step shows less, until the comment fits. Only reports with many platforms, or with texts made
# to be long, need more than the first few steps.
_STEPS = (
    *(_Most(_ALL, Room(kinds=kinds)) for kinds in range(len(SECTIONS), -1, -1)),
    _Most(_ALL, Room(rows=5, kinds=0)),
    *(_Most(folds, Room(rows=5, signs=80, kinds=0)) for folds in range(_ALL - 1, -1, -1)),
    _Most(0, Room(), notes=30),
    _Most(0, Room(), notes=5),
    _Most(0, Room(), 50, 10, 5, 300),
    _Most(0, Room(), 20, 10, 2, 100),
    _Most(0, Room(), 5, 10, 1, 60),
)


def marker(key: str = "default") -> str:
    """The hidden first line, by which the comment is found again. Each key has its own line."""
    # These characters cannot end an HTML comment, and no forge changes them.
    safe = "".join(
        char if char in _KEY else "".join(f"%{byte:02X}" for byte in char.encode(*_BYTES))
        for char in key
    ).replace("--", "-%2D")
    return f"<!-- ci-slim key={safe} -->"


def to_markdown(report: Report, key: str = "default") -> str:
    """At most `LENGTH_MAX` characters of Markdown, which start with the marker.

    If the text is too long, the details are cut first, one kind after the other; then the other
    folds and the notes; and last the tables. A line says what was cut.
    """
    text = _compose(report, key, _STEPS[0])
    if len(text) <= LENGTH_MAX:
        return text
    # Each step makes a shorter text than the one before.
    first = bisect_left(
        _STEPS,
        True,
        1,
        len(_STEPS) - 1,
        key=lambda step: len(_compose(report, key, step)) <= LENGTH_MAX,
    )
    return _compose(report, key, _STEPS[first])


def _compose(report: Report, key: str, most: _Most) -> str:
    mark, words = headline(report)
    named = f"{code(report.images[0].name, 100)} " if len(report.images) == 1 else ""
    blocks = [f"{marker(key)}\n### {_ICONS[mark]} ci-slim: {named}{plain(words, 300)}\n"]
    blocks.append(gate_markdown(report.gate, most.notes, most.signs))
    problems = [_problem(problem, most.signs) for problem in report.problems[: most.notes]]
    if len(report.problems) > most.notes:
        problems.append(f"- {count(len(report.problems) - most.notes, 'problem')} more\n")
    blocks.append("".join(problems))
    for image in report.images[: most.images]:
        if len(report.images) > 1:
            blocks.append(f"#### {code(image.name, 100)}\n")
        blocks.extend(_image(image, most))
    if len(report.images) > most.images:
        blocks.append(f"{count(len(report.images) - most.images, 'image')} more in the report.\n")
    blocks.extend(_missing(report, most.signs))
    if has_estimates(report):
        blocks.append(f"{ESTIMATED}\n")
    for fold in FOLDS[: most.folds]:
        said = fold.said(report, most.room)
        if said is not None:
            brief = f": {said.brief}" if said.brief else ""
            blocks.append(folded(f"<b>{fold.name}</b>{brief}", said.body))
    cut = [title for title, _ in SECTIONS[most.room.kinds :]]
    cut += [fold.name for fold in FOLDS[most.folds :]]
    if cut:
        blocks.append(
            f"Cut to the length of a comment: {', '.join(cut)}. They are in the report.\n"
        )
    blocks.append(origin_markdown(report))
    return "\n".join(block for block in blocks if block)


def _image(image: ImageReport, most: _Most) -> list[str]:
    updates = has_updates(image.platforms)
    rows = [
        (
            _platform_cell(p),
            _size_cell(pull_cell(p)),
            _size_cell(disk_cell(p)),
            *((_size_cell(update_cell(p)),) if updates else ()),
        )
        for p in image.platforms
    ]
    head = ("platform", "pull", "disk", *(("update",) if updates else ()))
    found = notes(image)
    lines = [_note(note, most.signs) for note in found[: most.notes]]
    if len(found) > most.notes:
        lines.append(f"- {count(len(found) - most.notes, 'note')} more in the report")
    smaller = slimming(image)
    return [
        table(head, rows, most=most.platforms),
        "".join(f"{line}\n" for line in lines),
        f"{smaller}\n" if smaller else "",
    ]


def _platform_cell(p: PlatformReport) -> str:
    stand = standing(p)
    words = "" if stand.mark == "good" else f"<br>{_tied(stand.word)}"
    return f"{_ICONS[stand.mark]} {code(str(p.platform), 60)}{words}"


def _size_cell(cell: Cell) -> str:
    if cell.now == NOTHING:
        return NOTHING
    number, slash, limit = cell.now.partition(" / ")
    return _tied(f"**{number}**{slash}{limit}" + (f"<br>{cell.change}" if cell.change else ""))


def _missing(report: Report, signs: int) -> list[str]:
    """Why there is no comparison."""
    lines = []
    for missing in missing_baselines(report)[:_BASELINES]:
        where = ", ".join(code(name, 60) for name in missing.platforms[:_PATHS])
        lines.append(f"{where}{': ' if where else ''}{plain(missing.text, min(signs, 600))}\n")
    return lines


def _tied(cell: str) -> str:
    """Text of ci-slim in a cell, in which browsers do not separate a size from its unit."""
    return cell.replace(" ", "\N{NO-BREAK SPACE}")


def _note(note: Note, signs: int) -> str:
    where = ", ".join(code(name, 60) for name in note.platforms[:_PATHS]) or "all platforms"
    if len(note.platforms) > _PATHS:
        where += f" and {len(note.platforms) - _PATHS} more"
    line = f"- {_ICONS[note.mark]} {where}: {plain(note.text, signs)}"
    if note.paths:
        line += " " + ", ".join(code(path, min(signs, 160)) for path in note.paths[:_PATHS])
        left = len(note.paths) - _PATHS
        line += f" and {left} more" if left > 0 else ""
    if note.lines:
        line += "\n\n" + textwrap.indent(block(note.lines), "  ") + "\n"
    return line


def _problem(problem: Problem, signs: int) -> str:
    where = f"{code(problem.where, min(signs, 200))}: " if problem.where else ""
    lines = f"- {_ICONS['bad']} {where}{plain(problem.message, signs)}\n"
    if problem.details:
        lines += "\n" + textwrap.indent(block(problem.details[:LINES]), "  ") + "\n\n"
    return lines + (f"  → {plain(problem.hint, signs)}\n" if problem.hint else "")
