"""The proven changes of the Dockerfile that save most."""

from ci_slim.report.details import table
from ci_slim.report.folds.fold import Room, Said
from ci_slim.report.foreign import code, plain
from ci_slim.result import AdvisedChange, Report
from ci_slim.units import count, size

_DOCKERFILES = 5


def said(report: Report, room: Room) -> Said | None:
    """A table for each Dockerfile; None without advice."""
    advised = [each for each in report.advice if each.changes][:_DOCKERFILES]
    if not advised:
        return None
    parts = []
    for each in advised:
        rows = [_row(each.dockerfile, change, room.signs) for change in each.changes[: room.rows]]
        parts.append(table(("where", "change", "pull saved", "disk saved"), rows))
        if each.more:
            parts.append(f"{count(each.more, 'more proven change', 'more proven changes')}.\n")
    parts.append("Each was built alone, and its answers to the probes are those of the image.\n")
    largest = max(change.disk_bytes for each in advised for change in each.changes)
    return Said(f"saves up to {size(largest)}", "\n".join(parts))


def _row(dockerfile: str, change: AdvisedChange, signs: int) -> tuple[str, ...]:
    sizes = (size(each) for each in (change.pull_bytes, change.disk_bytes))
    return (
        code(f"{dockerfile}:{change.line}", 100),
        plain(change.message, signs),
        *(each.replace(" ", "\N{NO-BREAK SPACE}") for each in sizes),
    )
