"""Tables and lists about one platform, for the folded parts of the comment.

They have no times, so that the text of the comment is the same if nothing changed.
"""

from collections.abc import Callable, Sequence

from ci_slim.image.sizes import ImageSizes
from ci_slim.report.cells import NOTHING, about
from ci_slim.report.foreign import block, code, plain
from ci_slim.report.not_kept import keep_lines, left_out
from ci_slim.report.summary import ESTIMATED, profiles
from ci_slim.result import PlatformReport, ProbeRun
from ci_slim.units import count, size

ROWS = 50
"""The most rows of a table. The report has all rows."""
REASONS = 20


def probes(p: PlatformReport) -> str:
    """Each probe with its answers on both images."""
    rows = [
        (code(probe.name, 120), plain(probe.kind, 20), _answer(probe.fat), _answer(probe.slim))
        for probe in p.probes
    ]
    return table(("probe", "kind", "fat", "slim"), rows) if rows else ""


def limits(p: PlatformReport) -> str:
    """Every limit with the measured value."""
    lines = (f"- {plain(verdict.message, 300)}\n" for verdict in p.verdicts)
    return "".join(lines) if p.result is not None else ""


def kept(p: PlatformReport) -> str:
    """How many paths are kept for each reason, the most frequent reason first."""
    if p.kept is None:
        return ""
    reasons = sorted(p.kept.by_reason.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{code(reason, 80)} {number}" for reason, number in reasons[:REASONS]]
    if len(reasons) > REASONS:
        shown.append(f"{count(len(reasons) - REASONS, 'reason')} more")
    listed = f": {', '.join(shown)}" if shown else ""
    return f"{count(p.kept.files, 'path')} kept{listed}.\n"


def not_kept(p: PlatformReport) -> str:
    """What may be needed but is too large to keep without being asked, as lines for the settings
    file."""
    found = left_out(p)
    return block(("keep:", *keep_lines(p))) + "\n" if found else ""


def healed(p: PlatformReport) -> str:
    """Paths that a replay added, up to a limit."""
    if not p.healed:
        return ""
    shown = [code(path, 160) for path in p.healed[:ROWS]]
    if len(p.healed) > ROWS:
        shown.append(f"and {len(p.healed) - ROWS} more")
    return f"Healed in {count(p.rounds, 'round')}: {', '.join(shown)}.\n"


def packed(p: PlatformReport) -> str:
    """The packed files, the largest saving first, and the files that were left as they are."""
    if p.packed is None:
        return ""
    files = sorted(p.packed.files, key=lambda each: each.disk_after - each.disk_before)
    rows = [
        (
            code(each.path, 160),
            each.tools,
            f"{size(each.disk_before)} → {size(each.disk_after)}",
            f"{size(each.pull_before)} → {size(each.pull_after)}",
        )
        for each in files
    ]
    lines = [table(("packed", "by", "disk", "pull"), rows)] if rows else []
    lines += [
        f"- not packed: {count(len(each.paths), 'file')}: {plain(each.reason, 300)}\n"
        for each in p.packed.skipped[:ROWS]
    ]
    return "".join([*lines[:1], "\n", *lines[1:]]) if len(lines) > 1 else "".join(lines)


def images(p: PlatformReport) -> str:
    """References and digests of the images and the baseline, and the paths of written files."""
    lines = []
    for name, sizes in (("fat", p.fat), ("slim", p.slim)):
        if sizes is not None:
            pull = about(sizes.pull_bytes, sizes.pull_exact)
            lines.append(
                f"- {name}: {_named(sizes.reference, sizes.digest)}, {pull} to pull, "
                f"{about(sizes.disk_bytes, sizes.disk_exact)} on disk, {_files(sizes)}"
            )
    if p.baseline is not None:
        sizes_known = ", ".join(
            f"{name} {size(number)}"
            for name, number in (("pull", p.baseline.pull_bytes), ("disk", p.baseline.disk_bytes))
            if number is not None
        )
        lines.append(
            f"- baseline from {plain(p.baseline.source, 80)}: "
            f"{_named(p.baseline.reference, p.baseline.digest)}"
            + (f", {sizes_known}" if sizes_known else "")
        )
    if p.artifacts.oci_layout:
        lines.append(f"- OCI layout: {code(p.artifacts.oci_layout, 200)}")
    lines.extend(
        f"- {profile.name}: {code(profile.path, 200)}, {profile.proof}; {code(profile.use)}"
        for profile in profiles(p)
    )
    return "\n".join(lines) + "\n" if lines else ""


def layers(p: PlatformReport) -> str:
    """The layers of the fat and of the slim image, lowest first."""
    both = [(title, sizes) for title, sizes in (("Fat", p.fat), ("Slim", p.slim)) if sizes]
    tables = [
        f"{title}, {count(len(sizes.layers), 'layer')}:\n\n{_layers(sizes)}"
        for title, sizes in both
        if sizes.layers
    ]
    exact = all(sizes.pull_exact and sizes.disk_exact for _, sizes in both)
    return "\n".join([*tables, *([] if exact or not tables else [f"{ESTIMATED}\n"])])


SECTIONS: tuple[tuple[str, Callable[[PlatformReport], str]], ...] = (
    ("probes", probes),
    ("limits", limits),
    ("kept files", kept),
    ("not kept", not_kept),
    ("healed paths", healed),
    ("packed files", packed),
    ("digests", images),
    ("layers", layers),
)
"""Title and rendering of each section. If a comment is too long, the last sections are cut first.
"""


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, most: int = ROWS) -> str:
    """A Markdown table of cells that are already escaped. Rows beyond `most` are only counted."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines.extend(f"| {' | '.join(row)} |" for row in rows[:most])
    text = "\n".join(lines) + "\n"
    left = len(rows) - most
    return text if left <= 0 else f"{text}\n{count(left, 'row')} more in the report.\n"


def _answer(run: ProbeRun | None) -> str:
    if run is None:
        return NOTHING
    status = "no answer" if run.status is None else str(run.status)
    return f"{'✅' if run.ok else '❌'} {status}"


def _named(reference: str, digest: str) -> str:
    return " ".join(part for part in (code(reference, 200), code(digest)) if part) or "not named"


def _files(sizes: ImageSizes) -> str:
    return f"{NOTHING} files" if sizes.files is None else count(sizes.files, "file")


def _layers(sizes: ImageSizes) -> str:
    rows = [
        (
            code(layer.digest.partition(":")[2][:12]) or NOTHING,
            about(layer.pull_bytes, sizes.pull_exact),
            about(layer.disk_bytes, sizes.disk_exact),
            code(layer.created_by, 100) or NOTHING,
        )
        for layer in sizes.layers
    ]
    return table(("layer", "pull", "disk", "created by"), rows)
