"""The comment on a pull or merge request: what a reviewer needs at a glance, the rest folded."""

import string
import textwrap
from typing import NamedTuple

from ci_slim.report.against import baselines, missing_baselines
from ci_slim.report.details import SECTIONS, table
from ci_slim.report.foreign import block, code, plain
from ci_slim.report.origin import gate_markdown, origin_markdown
from ci_slim.report.summary import (
    ESTIMATED,
    LINES,
    NOTHING,
    Mark,
    Note,
    SizeWords,
    disk_change,
    has_estimates,
    headline,
    notes,
    outcome_words,
    probes_answered,
    pull_change,
    standing,
    update_words,
)
from ci_slim.result import ImageReport, PlatformReport, Problem, Report
from ci_slim.units import count

LENGTH_MAX = 65_000
"""Characters. GitHub refuses a comment of more than 65,536; GitLab allows 1,000,000."""

_ICONS: dict[Mark, str] = {"good": "✅", "warn": "⚠️", "bad": "❌", "unknown": "❔"}
_KEY = frozenset(string.ascii_letters + string.digits + "_.-/")
_BYTES = ("utf-8", "surrogatepass")
_PATHS = 5
_BASELINES, _DIGESTS = 5, 10


class _Most(NamedTuple):
    """What is shown at most."""

    images: int
    platforms: int
    """Of an image."""
    notes: int
    """Of an image."""
    signs: int
    """Characters of a foreign text; escaped, each may take twelve."""


# More strictly from one to the next until the comment fits. Only a report of hundreds of platforms
# gets that far, or one whose texts are made for it.
_EVERYTHING = _Most(100, 50, 100, 1000)
_STEPS = (
    _Most(100, 50, 30, 1000),
    _Most(100, 50, 5, 1000),
    _Most(50, 10, 5, 300),
    _Most(20, 10, 2, 100),
    _Most(5, 10, 1, 60),
)


def marker(key: str = "default") -> str:
    """The hidden first line by which the comment is found again; another line for another key."""
    # These cannot end an HTML comment, nor come back from a forge in another form.
    safe = "".join(
        char if char in _KEY else "".join(f"%{byte:02X}" for byte in char.encode(*_BYTES))
        for char in key
    ).replace("--", "-%2D")
    return f"<!-- ci-slim key={safe} -->"


def to_markdown(report: Report, key: str = "default") -> str:
    """At most `LENGTH_MAX` characters of Markdown that start with the marker.

    Details are cut first, section by section over all platforms; then notes; the tables last, and
    only when they alone are too long. A line says what was cut.
    """
    for kept in range(len(SECTIONS), -1, -1):
        text = _compose(report, key, kept, _EVERYTHING)
        if len(text) <= LENGTH_MAX:
            return text
    for most in _STEPS:
        text = _compose(report, key, 0, most)
        if len(text) <= LENGTH_MAX:
            break
    return text


def _compose(report: Report, key: str, sections: int, most: _Most) -> str:
    mark, words = headline(report)
    named = f"{code(report.images[0].name, 100)} " if len(report.images) == 1 else ""
    blocks = [f"{marker(key)}\n### {_ICONS[mark]} ci-slim: {named}{words}\n"]
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
    blocks.append(
        "".join(f"<sub>{line}</sub>\n\n" for line in _baselines(report, most.signs)).removesuffix(
            "\n"
        )
    )
    if has_estimates(report):
        blocks.append(f"<sub>{ESTIMATED}</sub>\n")
    several = len(report.images) > 1
    for image in report.images[: most.images]:
        for p in image.platforms[: most.platforms]:
            title = f"{plain(image.name, 100)}, {_platform(p)}" if several else _platform(p)
            blocks.append(_details(p, title, sections))
    cut = ", ".join(title for title, _ in SECTIONS[sections:])
    if cut:
        blocks.append(f"Cut to the length of a comment: {cut}. They are in the report.\n")
    blocks.append(origin_markdown(report))
    return "\n".join(block for block in blocks if block)


def _image(image: ImageReport, most: _Most) -> list[str]:
    updates = any(p.update_bytes is not None for p in image.platforms)
    head = ["platform", "pull", "disk", *(["update"] if updates else []), "probes", "verdict"]
    rows = []
    for p in image.platforms:
        row = [code(str(p.platform), 60), _size_cell(pull_change(p)), _size_cell(disk_change(p))]
        row += [_tied(update_words(p))] if updates else []
        rows.append((*row, probes_answered(p), _standing_cell(p)))
    found = notes(image)
    lines = [_note(note, most.signs) for note in found[: most.notes]]
    if len(found) > most.notes:
        lines.append(f"- {count(len(found) - most.notes, 'note')} more in the report")
    return [
        table(tuple(head), rows, most=most.platforms),
        "".join(f"{line}\n" for line in lines),
    ]


def _size_cell(change: SizeWords | None) -> str:
    if change is None:
        return NOTHING
    before = f"{change.before} → " if change.before else ""
    text = f"{before}**{change.after}**"
    return _tied("<br>".join(line for line in (text, change.relation, change.growth) if line))


def _standing_cell(p: PlatformReport) -> str:
    stand = standing(p)
    words = outcome_words(p)
    return _tied(f"{_ICONS[stand.mark]} {stand.word}" + (f"<br>{words}" if words else ""))


def _baselines(report: Report, signs: int) -> list[str]:
    """Which baseline was used, or why none was."""
    lines = []
    for found in baselines(report)[:_BASELINES]:
        digests = [
            f"{plain(platform, 60)} {code(digest.partition(':')[2][:12]) or 'without a digest'}"
            for platform, digest in found.digests[:_DIGESTS]
        ]
        if len(found.digests) > _DIGESTS:
            digests.append(f"{len(found.digests) - _DIGESTS} more")
        name = f"{code(found.reference, min(signs, 200))}, " if found.reference else ""
        lines.append(
            f"Baseline: {plain(found.source, min(signs, 200))}: {name}{', '.join(digests)}"
        )
    for why, platforms in missing_baselines(report)[:_BASELINES]:
        where = f" for {', '.join(plain(name, 60) for name in platforms[:_DIGESTS])}"
        lines.append(f"No baseline{where if platforms else ''}: {plain(why, min(signs, 600))}")
    return lines


def _tied(cell: str) -> str:
    """Our own words in a cell: browsers must not break a size from its unit."""
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


def _platform(p: PlatformReport) -> str:
    return plain(str(p.platform), 60)


def _details(p: PlatformReport, title: str, sections: int) -> str:
    """Folded; empty lines around each part, or Markdown within HTML is not rendered."""
    texts = [(name, render(p)) for name, render in SECTIONS[:sections]]
    shown = [(name, text) for name, text in texts if text]
    if not shown:
        return ""
    names = ", ".join(name for name, _ in shown)
    how = " (emulated)" if p.emulated else ""
    body = "\n".join(text for _, text in shown)
    return f"<details><summary>{title}{how}: {names}</summary>\n\n{body}\n</details>\n"
