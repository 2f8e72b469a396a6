"""The report for a terminal: at most `WIDTH` columns, no colours, foreign text made safe."""

import textwrap

from ci_slim.report.against import baselines, missing_baselines
from ci_slim.report.cells import Cell, disk_cell, has_updates, pull_cell, update_cell
from ci_slim.report.columns import table
from ci_slim.report.folds.what_grew import rows
from ci_slim.report.foreign import visible
from ci_slim.report.headline import headline, slimming
from ci_slim.report.not_kept import keep_lines
from ci_slim.report.origin import gate_text
from ci_slim.report.summary import (
    ESTIMATED,
    LINES,
    has_estimates,
    notes,
    profiles,
    short,
    standing,
    times,
)
from ci_slim.report.updates import HEAD
from ci_slim.report.updates import rows as rows_of_updates
from ci_slim.result import ImageReport, Problem, Report
from ci_slim.units import count, signed

WIDTH = 100
_PATHS = 5


def to_text(report: Report) -> str:
    """A line about the outcome; then for each image a table of its platforms, and its notes."""
    _, words = headline(report)
    blocks = [_wrapped(f"ci-slim: {visible(words, 300)}"), gate_text(report.gate).rstrip()]
    blocks.append("\n".join(line for each in report.problems for line in _problem(each)))
    for image in report.images:
        smaller = _wrapped(slimming(image))
        blocks += [visible(image.name, 80), _platforms(image), smaller, _grown(image)]
        blocks += [
            _updates(image),
            _notes(image),
            _profiles(image),
            _not_kept(image),
            _hosts(image),
            _times(image),
        ]
    blocks.append("\n".join(map(_wrapped, _baselines(report))))
    if has_estimates(report):
        blocks.append(ESTIMATED)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _platforms(image: ImageReport) -> str:
    cells = [pull_cell, disk_cell, *([update_cell] if has_updates(image.platforms) else [])]
    rows = [
        (visible(str(p.platform), 20), *(_lines(cell(p)) for cell in cells), standing(p).word)
        for p in image.platforms
    ]
    sizes = ("pull", "disk", "update")[: len(cells)]
    return table(rows, ("platform", *sizes, "verdict"))


def _lines(cell: Cell) -> str:
    return "\n".join(line for line in (cell.now, cell.change) if line)


def _grown(image: ImageReport) -> str:
    """The files that changed most, the largest change first."""
    platforms = [p for p in image.platforms if p.baseline and p.baseline.grown]
    found = rows(image, platforms, "files")
    cells = [
        (
            signed(row.growth),
            visible(row.name, 50),
            ", ".join(
                visible(short(p), 20)
                for p, change in zip(platforms, row.changes, strict=True)
                if change is not None
            ),
        )
        for row in found[:_PATHS]
    ]
    more = f"\n{count(len(found) - _PATHS, 'smaller change')} more" if len(found) > _PATHS else ""
    return f"{table(cells, ('change', 'what grew', 'on'), right=(0,))}{more}" if cells else ""


def _updates(image: ImageReport) -> str:
    """What devices download to get from each of the last releases to this one."""
    cells = [
        (visible(short(p), 20), visible(row[0], 20), *row[1:])
        for p in image.platforms
        for row in rows_of_updates(p)
    ]
    unknown = [
        _wrapped(f"updates: {visible(short(p), 20)}: {visible(p.updates.unknown, 300)}")
        for p in image.platforms
        if p.updates is not None and p.updates.unknown
    ]
    tables = [table(cells, ("platform", *HEAD), right=(2, 3, 4))] if cells else []
    return "\n".join([*tables, *unknown])


def _notes(image: ImageReport) -> str:
    words = {"bad": "error", "warn": "warning", "unknown": "unknown", "good": "note"}
    lines = []
    for note in notes(image):
        where = ", ".join(visible(name, 20) for name in note.platforms) or "all platforms"
        paths = [visible(path, 80) for path in note.paths[:_PATHS]]
        if len(note.paths) > _PATHS:
            paths.append(f"and {len(note.paths) - _PATHS} more")
        text = f"{words[note.mark]}: {where}: {visible(note.text, 1000)} {', '.join(paths)}"
        lines.append(_wrapped(text.rstrip()))
        lines.extend(f"  | {visible(line, 200)}".rstrip() for line in note.lines)
    return "\n".join(lines)


def _not_kept(image: ImageReport) -> str:
    """What may be needed, as lines for the settings file, once for all platforms."""
    lines = dict.fromkeys(line for p in image.platforms for line in keep_lines(p))
    return "\n".join(visible(line, 200) for line in ("not kept:", *lines)) if lines else ""


def _profiles(image: ImageReport) -> str:
    return "\n".join(
        _wrapped(
            f"{each.name}: {visible(str(p.platform), 20)}: {visible(each.path, 200)} in the output "
            f"folder, {each.proof}; {each.use}"
        )
        for p in image.platforms
        for each in profiles(p)
    )


def _problem(problem: Problem) -> list[str]:
    lines = [_wrapped(f"error: {visible(str(problem), 1000)}")]
    lines += [f"  | {visible(line, 200)}" for line in problem.details[:LINES]]
    return lines + ([_wrapped(f"  → {visible(problem.hint, 1000)}")] if problem.hint else [])


def _hosts(image: ImageReport) -> str:
    """The hosts that platforms were proved on."""
    return "\n".join(
        f"host: {visible(str(p.platform), 20)}: observed and proved on {visible(p.host, 200)}"
        for p in image.platforms
        if p.host
    )


def _times(image: ImageReport) -> str:
    told = ((p, times(p)) for p in image.platforms)
    return "\n".join(
        _wrapped(f"time: {visible(str(p.platform), 20)}: {visible(words, 1000)}")
        for p, words in told
        if words
    )


def _baselines(report: Report) -> list[str]:
    """Which baseline was used, or why there is none."""
    lines = []
    for found in baselines(report):
        digests = ", ".join(
            f"{visible(platform, 20)} {visible(digest, 90) or 'without a digest'}"
            for platform, digest in found.digests
        )
        name = f"{visible(found.reference, 100)}, " if found.reference else ""
        lines.append(f"baseline: {visible(found.source, 200)}: {name}{digests}")
    for missing in missing_baselines(report):
        where = ", ".join(visible(name, 20) for name in missing.platforms)
        lines.append(f"{where}{': ' if where else ''}{visible(missing.text, 600)}")
    return lines


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
