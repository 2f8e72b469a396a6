"""What devices download to get from each of the last releases to this one, and what it costs."""

from ci_slim.report.details import table
from ci_slim.report.folds.fold import Room, Said
from ci_slim.report.foreign import code, plain
from ci_slim.report.summary import short
from ci_slim.report.updates import HEAD, newest, rows
from ci_slim.result import PlatformReport, Report


def said(report: Report, room: Room) -> Said | None:
    """A table for each image; None if no update was measured."""
    bodies: list[str] = []
    brief = ""
    for image in report.images:
        measured = [p for p in image.platforms if p.updates is not None]
        if not measured:
            continue
        cells = [
            (plain(short(p), 60), code(row[0], 40), *row[1:]) for p in measured for row in rows(p)
        ]
        title = f"**{plain(image.name, 100)}**\n\n" if len(report.images) > 1 else ""
        body = table(("platform", *HEAD), cells, most=room.rows) if cells else ""
        bodies.append(title + body + "".join(_remarks(measured, room)))
        brief = brief or next(filter(None, map(newest, measured)), "")
    return Said(brief or "not known", "\n".join(bodies)) if bodies else None


def _remarks(measured: list[PlatformReport], room: Room) -> list[str]:
    """Why there is no delta, or no update costs; each reason once."""
    found: dict[str, None] = {}
    for p in measured:
        updates = p.updates
        if updates is None:
            continue
        if updates.unknown:
            found[f"{plain(short(p), 60)}: {plain(updates.unknown, room.signs)}"] = None
        for cost in updates.costs:
            if cost.no_delta:
                where = f"{plain(short(p), 60)} from {code(cost.release, 40)}"
                found[f"No delta for {where}: {plain(cost.no_delta, room.signs)}"] = None
    return [f"\n{line}\n" for line in list(found)[: room.rows]]
