"""The report on a terminal: at most `WIDTH` columns, without colours, foreign text made visible."""

import textwrap
from collections.abc import Iterable, Sequence

from tabulate import tabulate

from ci_slim.image.sizes import ImageSizes, Share
from ci_slim.report.foreign import visible
from ci_slim.report.model import ImageReport, Report
from ci_slim.report.summary import (
    ESTIMATED,
    NOTHING,
    Change,
    about,
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
from ci_slim.report.units import count, share, size

WIDTH = 100
LARGEST = 10
"""Folders and packages shown by `measure_text`."""
_PATHS = 5


def to_text(report: Report) -> str:
    """A line on the outcome, then for each image a table with a row a platform, and its notes."""
    _, words = headline(report)
    blocks = [_wrapped(f"ci-slim: {words}")]
    for image in report.images:
        table = _platforms(image, " → ")
        if max(map(len, table.split("\n"))) > WIDTH:
            table = _platforms(image, " →\n")
        blocks.extend([visible(image.name, 80), table, _notes(image)])
    if has_estimates(report):
        blocks.append(ESTIMATED)
    return "\n\n".join(block for block in blocks if block) + "\n"


def measure_text(
    sizes: ImageSizes,
    *,
    waste: int | None = None,
    folders: Iterable[Share] = (),
    packages: Iterable[Share] = (),
) -> str:
    """One image: its sizes, its layers, and the largest folders and packages.

    `waste` is in bytes; `folders` and `packages` come in any order.
    """
    totals = [
        ("pull", about(sizes.pull_bytes, sizes.pull_exact)),
        ("disk", about(sizes.disk_bytes, sizes.disk_exact)),
        ("files", str(sizes.files)),
        ("layers", str(len(sizes.layers))),
    ]
    if waste is not None:
        totals.append(("waste", f"{size(waste)} ({share(waste, sizes.disk_bytes)} of the disk)"))
    layers = [
        (
            str(number),
            about(layer.pull_bytes, sizes.pull_exact),
            about(layer.disk_bytes, sizes.disk_exact),
            visible(layer.created_by, 60),
        )
        for number, layer in enumerate(sizes.layers)
    ]
    blocks = [
        visible(sizes.reference, WIDTH),
        _table(totals),
        _table(layers, ("layer", "pull", "disk", "created by"), right=(0, 1, 2)) if layers else "",
        _largest("largest folders", folders, sizes.disk_bytes),
        _largest("largest packages", packages, sizes.disk_bytes),
    ]
    if not (sizes.pull_exact or sizes.pull_bytes is None) or not sizes.disk_exact:
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
    return _table(rows, head)


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


def _largest(title: str, named: Iterable[Share], whole: int) -> str:
    ordered = sorted(named, key=lambda item: (-item.bytes, item.name))
    if not ordered:
        return ""
    rows = [
        (size(i.bytes), share(i.bytes, whole), count(i.files, "file"), visible(i.name, 60))
        for i in ordered[:LARGEST]
    ]
    text = f"{title}\n{_table(rows, right=(0, 1, 2))}"
    left = len(ordered) - LARGEST
    return f"{text}\n{count(left, 'smaller one')} not shown" if left > 0 else text


def _table(
    rows: Sequence[Sequence[str]], head: Sequence[str] = (), *, right: tuple[int, ...] = ()
) -> str:
    columns = len(rows[0]) if rows else len(head)
    align = ["right" if column in right else "left" for column in range(columns)]
    # Names such as "1e5" are no numbers: tabulate must not parse a cell.
    text = tabulate(rows, head, tablefmt="simple" if head else "plain", colalign=align,
                    disable_numparse=True) if rows else ""  # fmt: skip
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
