"""The sizes of a platform for the reviewer: the size now, its change and its limit.

The comment, the job summary and the terminal use the same words.
"""

from dataclasses import dataclass

from ci_slim.image.sizes import ImageSizes
from ci_slim.result import PlatformReport
from ci_slim.units import change, of_limit, signed, size

NOTHING = "–"  # noqa: RUF001 - the dash for an empty cell


@dataclass(frozen=True, slots=True)
class Cell:
    """`now` is the size, with its limit if there is one. `change` is the difference from the
    baseline, "" if that is not known."""

    now: str
    change: str = ""


def pull_cell(p: PlatformReport) -> Cell:
    """Bytes to pull."""
    sizes, base = _sizes(p), p.baseline
    if sizes is None:
        return Cell(NOTHING)
    now = _now(p, "pull", sizes.pull_bytes, sizes.pull_exact)
    return Cell(now, growth(base.pull_bytes if base else None, sizes.pull_bytes))


def disk_cell(p: PlatformReport) -> Cell:
    """Bytes on disk."""
    sizes, base = _sizes(p), p.baseline
    if sizes is None:
        return Cell(NOTHING)
    now = _now(p, "disk", sizes.disk_bytes, sizes.disk_exact)
    return Cell(now, growth(base.disk_bytes if base else None, sizes.disk_bytes))


def update_cell(p: PlatformReport) -> Cell:
    """Bytes that a device fetches for the update: of the delta, where devices use deltas."""
    sizes = _sizes(p)
    exact = sizes is None or sizes.pull_exact or p.by_delta is not None
    return Cell(_now(p, "update", p.download_bytes, exact))


def has_updates(platforms: tuple[PlatformReport, ...]) -> bool:
    """Whether there is an update size or a limit on it to show."""
    return any(
        p.download_bytes is not None or any(verdict.rule == "update" for verdict in p.verdicts)
        for p in platforms
    )


def about(size_bytes: int | None, exact: bool) -> str:
    """A size, with `≈` if it is an estimate."""
    if size_bytes is None:
        return NOTHING
    return size(size_bytes) if exact or not size_bytes else "≈" + size(size_bytes)


def growth(before: int | None, after: int | None) -> str:
    """`+100 kB (+3.7 %)`, "no change", or "" if a size is not known."""
    if before is None or after is None:
        return ""
    if before == after:
        return "no change"
    return signed(after - before) + (f" ({change(before, after)})" if before > 0 else "")


def _sizes(p: PlatformReport) -> ImageSizes | None:
    """The sizes of the delivered image; for a failed platform, of the last image that was made."""
    return p.result or p.slim or p.fat


def _now(p: PlatformReport, rule: str, actual: int | None, exact: bool) -> str:
    limit = next((verdict.limit for verdict in p.verdicts if verdict.rule == rule), None)
    if limit is None or p.result is None:
        return about(actual, exact)
    if actual is None:
        return f"unknown / {size(limit)}"
    return of_limit(actual, limit, "" if exact or not actual else "≈")
