"""The report on a terminal: at most `WIDTH` columns, without colours, foreign text made visible."""

import textwrap
from collections.abc import Sequence

from tabulate import tabulate

from ci_slim.report.foreign import visible
from ci_slim.report.model import ImageReport, Report
from ci_slim.report.summary import (
    ESTIMATED,
    NOTHING,
    Change,
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

WIDTH = 100
_PATHS = 5


def to_text(report: Report) -> str:
    """A line on the outcome, then for each image a table with a row a platform, and its notes."""
    _, words = headline(report)
    blocks = [_wrapped(f"ci-slim: {words}")]
    for image in report.images:
        rows = _platforms(image, " → ")
        if max(map(len, rows.split("\n"))) > WIDTH:
            rows = _platforms(image, " →\n")
        blocks.extend([visible(image.name, 80), rows, _notes(image)])
    if has_estimates(report):
        blocks.append(ESTIMATED)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _platforms(image: ImageReport, arrow: str) -> str:
    updates = any(p.update_bytes is not None for p in image.platforms)
    rows = []
    for p in image.platforms:
        stand = "\n".join(word for word in (standing(p).word, outcome_words(p)) if word)
        update = [update_words(p).replace(" (", "\n(")] if updates else []
        sizes = [_size_cell(change(p), arrow) for change in (pull_change, disk_change)]
        rows.append(
            (visible(str(p.platform), 20), *sizes, *update, probes_answered(p), stand),
        )
    head = ("platform", "pull", "disk", *(["update"] if updates else []), "probes", "verdict")
    return table(rows, head)


def _size_cell(change: Change | None, arrow: str) -> str:
    if change is None:
        return NOTHING
    before = change.before + arrow if change.before else ""
    return f"{before}{change.after}" + (f"\n{change.relation}" if change.relation else "")


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
    return "\n".join(lines)


def table(
    rows: Sequence[Sequence[str]], head: Sequence[str] = (), *, right: tuple[int, ...] = ()
) -> str:
    """Rows below a head; columns `right` stand to the right. Cells are shown as they are."""
    columns = len(rows[0]) if rows else len(head)
    align = ["right" if column in right else "left" for column in range(columns)]
    # Names such as "1e5" are no numbers: tabulate must not parse a cell.
    text = tabulate(rows, head, tablefmt="simple" if head else "plain", colalign=align,
                    disable_numparse=True) if rows else ""  # fmt: skip
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
