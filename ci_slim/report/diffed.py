"""The result of `ci-slim diff` as text, Markdown or JSON.

The JSON is `ci-slim/diff/v1`, described in `diff-v1.schema.json` in this folder. Sizes are bytes;
null means that a size is not known, or that the layer, package or file does not exist.
"""

import io
import json
from collections.abc import Callable, Iterator, Sequence

from ci_slim import __version__
from ci_slim.image.inventory import SizeChange
from ci_slim.image.sizes import LayerSize
from ci_slim.measure.diff import Diff, LayerChange
from ci_slim.measure.measured import Measured, json_text
from ci_slim.report.cells import NOTHING, about
from ci_slim.report.columns import table as text_table
from ci_slim.report.details import table as markdown_table
from ci_slim.report.foreign import code, plain, visible
from ci_slim.report.measured_text import UNREAD
from ci_slim.report.summary import ESTIMATED
from ci_slim.report.text import WIDTH
from ci_slim.units import change, count, signed

SCHEMA = "ci-slim/diff/v1"

SHOWN = 15
"""The most packages, folders and files to show."""

BASE = "the base image is another one"
SAME = "The images hold the same layers."

Row = tuple[str, ...]
_MINUS = "\N{MINUS SIGN}"
_SIGNS = {"same": "=", "changed": "~", "added": "+", "removed": "-"}


def render(diffs: Sequence[Diff], form: str) -> str:
    """The differences as "text", "markdown" or "json". Raises KeyError for another name."""
    forms: dict[str, Callable[[Sequence[Diff]], str]] = {
        "text": to_text,
        "markdown": to_markdown,
        "json": to_json,
    }
    return forms[form](diffs)


def to_text(diffs: Sequence[Diff]) -> str:
    """Text for a terminal: sizes, then layers, then the largest differences in their content."""
    blocks = []
    for diff in diffs:
        names = (visible(image.reference, 60) for image in (diff.before, diff.after))
        blocks.append(f"{' → '.join(names)}, {visible(str(diff.after.platform), 40)}"[:WIDTH])
        blocks.append(text_table(_sizes(diff), ("", "before", "after", "change"), right=(1, 2, 3)))
        blocks += _lines(diff)
        head = ("", "layer", "before", "after", "change", "created by")
        layers = [(*row, visible(layer.created_by, 40)) for row, layer in _layers(diff)]
        blocks.append(text_table(layers, head, right=(2, 3, 4)) if layers else "")
        for title, changes in _inner(diff):
            rows = [(*_cells(each), visible(each.name, 60)) for each in changes[:SHOWN]]
            shown = text_table(rows, ("before", "after", "change", title), right=(0, 1, 2))
            blocks.append(shown + (f"\n{_left(changes)}" if len(changes) > SHOWN else ""))
    return "\n\n".join(block for block in [*blocks, *_footnotes(diffs)] if block) + "\n"


def to_markdown(diffs: Sequence[Diff]) -> str:
    """Markdown for a comment or a job summary."""
    blocks = []
    for diff in diffs:
        names = (code(image.reference, 200) for image in (diff.before, diff.after))
        blocks.append(f"### {' → '.join(names)}, {plain(str(diff.after.platform), 60)}\n")
        blocks.append(markdown_table(("", "before", "after", "change"), _sizes(diff)))
        blocks += [f"{line}\n" for line in _lines(diff)]
        head = ("", "layer", "before", "after", "change", "created by")
        layers = [
            (f"`{row[0]}`", f"`{row[1]}`", *row[2:], code(layer.created_by, 100) or NOTHING)
            for row, layer in _layers(diff)
        ]
        blocks.append(markdown_table(head, layers) if layers else "")
        for title, changes in _inner(diff):
            rows = [(*_cells(each), code(each.name, 160)) for each in changes[:SHOWN]]
            shown = markdown_table(("before", "after", "change", title), rows)
            blocks.append(shown + (f"\n{_left(changes)}\n" if len(changes) > SHOWN else ""))
    notes = [f"<sub>{note}</sub>\n" for note in _footnotes(diffs)]
    return "\n".join(block for block in [*blocks, *notes] if block)


def _sizes(diff: Diff) -> list[Row]:
    old, new = diff.before.sizes, diff.after.sizes
    exact = old.pull_exact and new.pull_exact
    rows = [
        ("pull", *_three(old.pull_bytes, new.pull_bytes, old.pull_exact, new.pull_exact)),
        ("disk", *_three(old.disk_bytes, new.disk_bytes)),
    ]
    inside = diff.before.inside, diff.after.inside
    if inside[0] and inside[1]:
        files = inside[0].files, inside[1].files
        more = f"{files[1] - files[0]:+d}" if files[0] != files[1] else "±0"
        rows.append(("files", str(files[0]), str(files[1]), more.replace("-", _MINUS)))
    return [*rows, ("update", "", about(diff.update.bytes, exact), "")]


def _three(
    before: int | None, after: int | None, before_exact: bool = True, after_exact: bool = True
) -> Row:
    shown = about(before, before_exact), about(after, after_exact)
    if before is None or after is None:
        return (*shown, NOTHING)
    relative = f" ({change(before, after)})" if before > 0 and before != after else ""
    return (*shown, f"{signed(after - before)}{relative}")


def _cells(each: SizeChange) -> Row:
    return about(each.before, True), about(each.after, True), signed(each.growth)


def _lines(diff: Diff) -> Iterator[str]:
    if diff.base_changed:
        yield f"{BASE[0].upper()}{BASE[1:]}."
    if all(each.how == "same" for each in diff.layers):
        yield SAME


def _layers(diff: Diff) -> Iterator[tuple[Row, LayerSize]]:
    """The layers with their pull sizes, which a device downloads."""
    for each in diff.layers:
        old, new = each.before, each.after
        before, after = (layer.pull_bytes if layer else None for layer in (old, new))
        grown = NOTHING
        if (old is None or before is not None) and (new is None or after is not None):
            grown = signed((after or 0) - (before or 0))
        cells = (
            about(before, diff.before.sizes.pull_exact),
            about(after, diff.after.sizes.pull_exact),
        )
        yield (_SIGNS[each.how], _short(each), *cells, grown), each.layer


def _short(each: LayerChange) -> str:
    return each.layer.diff_id.partition(":")[2][:12] or NOTHING


def _inner(diff: Diff) -> Iterator[tuple[str, tuple[SizeChange, ...]]]:
    named = (("package", diff.packages), ("folder", diff.folders), ("file", diff.files))
    return ((title, changes) for title, changes in named if changes)


def _left(changes: Sequence[SizeChange]) -> str:
    left = sum(each.growth for each in changes[SHOWN:])
    return f"{count(len(changes) - SHOWN, 'smaller change')} not shown, {signed(left)} together"


def _footnotes(diffs: Sequence[Diff]) -> Iterator[str]:
    images = [image for diff in diffs for image in (diff.before, diff.after)]
    if any(not image.sizes.pull_exact for image in images):
        yield ESTIMATED
    if any(image.inside is None for image in images):
        yield UNREAD


def to_json(diffs: Sequence[Diff]) -> str:
    """All differences as indented ASCII text with a newline at the end."""
    value = {
        "schema": SCHEMA,
        "tool": {"name": "ci-slim", "version": __version__},
        "diffs": [
            {
                "platform": str(diff.after.platform),
                "before": _image(diff.before),
                "after": _image(diff.after),
                "update_bytes": diff.update.bytes,
                "update_exact": diff.update.exact,
                "base_changed": diff.base_changed,
                "layers": [
                    {
                        "how": each.how,
                        "created_by": json_text(each.layer.created_by),
                        "before": _layer(each.before),
                        "after": _layer(each.after),
                    }
                    for each in diff.layers
                ],
                "packages": _changes(diff.packages),
                "folders": _changes(diff.folders),
                "files": _changes(diff.files),
            }
            for diff in diffs
        ],
    }
    # `json.dumps` would take 1 kB of memory for each of perhaps a million files
    text = io.StringIO()
    json.dump(value, text, indent=2)
    text.write("\n")
    return text.getvalue()


def _image(image: Measured) -> dict[str, object]:
    sizes = image.sizes
    return {
        "reference": json_text(image.reference),
        "digest": sizes.digest,
        "pull_bytes": sizes.pull_bytes,
        "pull_exact": sizes.pull_exact,
        "disk_bytes": sizes.disk_bytes,
        "files": image.inside.files if image.inside else None,
    }


def _layer(layer: LayerSize | None) -> dict[str, object] | None:
    if layer is None:
        return None
    return {
        "digest": layer.digest,
        "diff_id": layer.diff_id,
        "pull_bytes": layer.pull_bytes,
        "disk_bytes": layer.disk_bytes,
        "base": layer.base,
    }


def _changes(found: Sequence[SizeChange] | None) -> list[dict[str, object]] | None:
    if found is None:
        return None
    return [
        {"name": json_text(one.name), "before": one.before, "after": one.after} for one in found
    ]
