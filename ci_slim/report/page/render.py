"""`report.html`: headline, limits, maps of the images, layers, what grew, probes, in one page.

The file contains everything, and its Content-Security-Policy allows nothing else: it loads nothing,
and runs only its own script. Names are foreign: they are escaped here, and the script inserts them
as text.
"""

import base64
import hashlib
import html
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files

from ci_slim.report.against import missing_baselines
from ci_slim.report.cells import NOTHING, Cell, disk_cell, pull_cell, update_cell
from ci_slim.report.folds.what_grew import rows
from ci_slim.report.foreign import visible
from ci_slim.report.headline import headline, slimming
from ci_slim.report.history import series
from ci_slim.report.history_picture import to_svg
from ci_slim.report.page.layers import layers
from ci_slim.report.page.markup import block, code, table, text
from ci_slim.report.summary import notes, ran, short, standing
from ci_slim.result import ImageReport, PlatformReport, ProbeRun, Report
from ci_slim.units import count, signed, size

Maps = Mapping[tuple[str, str], bytes]
"""The file tables as bytes, see `FileTable.to_bytes`, by image and platform."""

_MARKS = {"good": "✅", "warn": "⚠️", "bad": "❌", "unknown": "❔"}
_ROWS = 40


def to_html(report: Report, maps: Maps | None = None) -> str:
    """The page. A platform without a file table has no map."""
    style, script = _own("page.css"), _own("page.js")
    mark, words = headline(report)
    names = ", ".join(text(image.name, 80) for image in report.images)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>ci-slim: {names or 'report'}</title>",
        f"<style>{style}</style></head><body><main>",
        f'<h1 class="{mark}">{_MARKS[mark]} {names} {text(words, 400)}</h1>',
        *(f"<p>{text(missing.text, 600)}</p>" for missing in missing_baselines(report)),
        *_problems(report),
        *(part for image in report.images for part in _image(image, maps or {})),
        *_history(report),
        f'<p class="soft">{text(report.tool.name)} {text(report.tool.version)}, '
        f"{text(report.created)}</p>",
        f"</main><script>{script}</script></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _own(name: str) -> str:
    return files("ci_slim.report.page").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _history(report: Report) -> Iterator[str]:
    past = [each for each in series([report]) if len(each.points) > 1]
    if past:
        yield f'<h2>History</h2><div class="wide" tabindex="0">{to_svg(past)}</div>'


def _problems(report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield f'<p class="bad">❌ {text(str(problem), 1000)}</p>'
        if problem.details:
            yield block("\n".join(map(text, problem.details)))
        if problem.hint:
            yield f"<p>→ {text(problem.hint, 1000)}</p>"


def _image(image: ImageReport, maps: Maps) -> Iterator[str]:
    yield f"<h2>{code(image.name)}</h2>"
    yield table(
        ("platform", "pull", "disk", "update"),
        [
            (
                f'<span class="whole">{_MARKS[standing(p).mark]} '
                f"<b>{text(str(p.platform))}</b></span>"
                f"<small>{text(standing(p).word)}</small>",
                *(_cell(cell(p)) for cell in (pull_cell, disk_cell, update_cell)),
            )
            for p in image.platforms
        ],
    )
    if smaller := slimming(image):
        yield f"<p>{text(smaller)}</p>"
    yield from _notes(image)
    yield from _grew(image)
    for number, p in enumerate(image.platforms):
        yield from _platform(image, p, maps.get((image.name, str(p.platform))), not number)


def _cell(cell: Cell) -> str:
    changed = f"<small>{html.escape(cell.change)}</small>" if cell.change else ""
    return f"<b>{html.escape(cell.now)}</b>{changed}"


def _notes(image: ImageReport) -> Iterator[str]:
    found = notes(image)
    if found:
        yield "<ul>"
    for note in found:
        where = ", ".join(text(name) for name in note.platforms) or "all platforms"
        yield f'<li class="{note.mark}">{where}: {text(note.text, 1000)}'
        if not note.kept:
            yield ", ".join(code(path) for path in note.paths)
        elif note.paths:
            kept = (f"  - {text(json.dumps(path), 500)}" for path in note.paths)
            yield "<br>To keep them without healing:" + block("\n".join(("keep:", *kept)))
        if note.lines:
            yield block("\n".join(map(text, note.lines)))
        yield "</li>"
    if found:
        yield "</ul>"


def _grew(image: ImageReport) -> Iterator[str]:
    platforms = [p for p in image.platforms if p.baseline and p.baseline.grown]
    tables = []
    for kind, title in (("packages", "package"), ("folders", "folder"), ("files", "file")):
        cells = [
            (
                code(row.name),
                *(NOTHING if each is None else signed(each.growth) for each in row.changes),
            )
            for row in rows(image, platforms, kind)[:_ROWS]
        ]
        if cells:
            head = (title, *(text(short(p)) for p in platforms))
            tables.append(table(head, cells, numbers=tuple(range(1, len(head)))))
    if tables:
        yield "<h3>What grew</h3>"
        yield from tables


def _platform(
    image: ImageReport, p: PlatformReport, data: bytes | None, first: bool
) -> Iterator[str]:
    how = "".join(f" ({word})" for word in map(text, ran(p)))
    yield f"<details{' open' if first else ''}><summary>{text(str(p.platform))}{how}</summary>"
    if p.reason:
        yield f"<p>{text(p.outcome)}: {text(p.reason, 1000)}</p>"
    if data is not None:
        yield _map(image, p, data)
    if p.verdicts:
        yield "<h3>Limits</h3><ul>"
        classes = {"fail": "bad", "warn": "warn", "unknown": "unknown", "pass": "good"}
        for verdict in p.verdicts:
            yield f'<li class="{classes[verdict.status]}">{text(verdict.message, 500)}</li>'
        yield "</ul>"
    if p.probes:
        yield "<h3>Probes</h3>"
        yield table(
            ("probe", "kind", "fat", "slim"),
            [
                (code(probe.name), text(probe.kind), _answer(probe.fat), _answer(probe.slim))
                for probe in p.probes
            ],
        )
    if p.kept is not None:
        reasons = sorted(p.kept.by_reason.items(), key=lambda item: (-item[1], item[0]))
        yield f"<h3>Why {count(p.kept.files, 'path')} are kept</h3>"
        weights = p.kept.bytes_by_reason
        yield table(
            ("reason", "paths", "bytes"),
            [
                (code(name), f"{number:,}", size(weights[name]) if name in weights else NOTHING)
                for name, number in reasons
            ],
            numbers=(1, 2),
        )
    yield from layers(p)
    yield "</details>"


def _answer(run: ProbeRun | None) -> str:
    if run is None:
        return NOTHING
    status = "no answer" if run.status is None else str(run.status)
    return f'<span class="whole">{"✅" if run.ok else "❌"} {status}, {run.ms} ms</span>'


def _map(image: ImageReport, p: PlatformReport, data: bytes) -> str:
    steps = p.fat.layers if p.fat else ()
    made = json.dumps([visible(layer.created_by, 200) for layer in steps]).replace("<", "\\u003c")
    name = text(f"{image.name} on {p.platform}")
    slim = "no" if p.slim is None else "yes"
    return f"""<section data-map data-image="{text(image.name)}"
 data-platform="{text(str(p.platform))}" data-slim="{slim}" aria-label="Files of {name}">
<h3>What is in the fat image, and what was kept</h3>
<div class="controls">
<label>Group by <select><option value="folder">folder</option><option value="layer">layer</option>
<option value="package">package</option></select></label>
<label>Search <input type="search" placeholder="part of a path" autocomplete="off"></label>
<button type="button" class="up" disabled>Up</button> <span class="path">/</span>
</div>
<ul class="legend"></ul>
<div class="map">
<svg viewBox="0 0 1600 900" role="img"
 aria-label="Map of the files of {name}: the table next to it holds the same"></svg>
<div class="list" tabindex="0" role="region" aria-label="Files and folders"></div>
</div>
<div class="why" role="status">Choose a file to see why it is kept.</div>
<script type="application/json" class="made">{made}</script>
<script type="text/plain" class="data">{base64.b64encode(data).decode()}</script>
</section>"""
