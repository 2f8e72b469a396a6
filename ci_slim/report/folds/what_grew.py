"""What grew and what shrank, by package, folder and file, with the line of the Dockerfile.

There is one table for all platforms. A file that grew on all of them has one row, also if it lies
in each platform's own folder: `/usr/lib/*/libc.so.6`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ci_slim.image.inventory import SizeChange
from ci_slim.report.cells import NOTHING
from ci_slim.report.details import table
from ci_slim.report.folds.fold import Room, Said
from ci_slim.report.foreign import code, code_tag, plain
from ci_slim.report.summary import short
from ci_slim.result import ImageReport, PlatformReport, Report
from ci_slim.units import count, signed

_KINDS = (("packages", "package"), ("files", "file"), ("folders", "folder"))
_BRIEF = 3
"""How many packages or files the title names."""
_TRIPLET = re.compile(r"(?<=/)[a-z0-9_]+-linux-(?:gnu|musl)[a-z0-9_]*(?=/|$)")
"""A folder of one architecture: https://wiki.debian.org/Multiarch/Tuples"""
_FEW = 8
"""Up to this many changed files, no table of folders is shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """A package, folder or file: its change on each platform, and the largest change."""

    name: str
    changes: tuple[SizeChange | None, ...]
    made_by: str

    @property
    def growth(self) -> int:
        found = (change.growth for change in self.changes if change is not None)
        return max(found, key=abs, default=0)


def said(report: Report, room: Room) -> Said | None:
    """The largest changes of every image; None if nothing changed or nothing was compared."""
    bodies: list[str] = []
    largest: list[Row] = []
    for image in report.images:
        platforms = [p for p in image.platforms if p.baseline and p.baseline.grown]
        body = "\n".join(_tables(image, platforms, room)) if platforms else _unlisted(image)
        if not body:
            continue
        title = f"**{plain(image.name, 100)}**\n\n" if len(report.images) > 1 else ""
        bodies.append(title + body)
        largest += _largest(image, platforms)[:_BRIEF]
    if not bodies:
        return None
    named = [f"{code_tag(each.name, 80)} {signed(each.growth)}" for each in largest[:_BRIEF]]
    return Said(", ".join(named), "\n".join(bodies))


def _largest(image: ImageReport, platforms: Sequence[PlatformReport]) -> list[Row]:
    """What the title names: packages if one of them grew by more than any single file, else
    files."""
    packages, files = (rows(image, platforms, kind) for kind in ("packages", "files"))
    most = abs(files[0].growth) if files else 0
    return packages if packages and abs(packages[0].growth) > most else files


def rows(image: ImageReport, platforms: Sequence[PlatformReport], kind: str) -> list[Row]:
    """What changed on these platforms, the largest change first. `kind` is `packages`, `folders` or
    `files`."""
    found: dict[str, list[SizeChange | None]] = {}
    for number, p in enumerate(platforms):
        grown = p.baseline.grown if p.baseline else None
        for change in getattr(grown, kind, ()):
            shared = _TRIPLET.sub("*", change.name) if len(platforms) > 1 else change.name
            taken = shared in found and found[shared][number] is not None
            name = change.name if taken else shared
            found.setdefault(name, [None] * len(platforms))[number] = change
    made = [
        Row(name, tuple(changes), _made_by(image, platforms, changes) if kind == "files" else "")
        for name, changes in found.items()
    ]
    return sorted(made, key=lambda row: (-abs(row.growth), row.name))


def _tables(image: ImageReport, platforms: Sequence[PlatformReport], room: Room) -> Iterator[str]:
    files = rows(image, platforms, "files")
    for kind, title in _KINDS:
        found = files if kind == "files" else rows(image, platforms, kind)
        if not found or (kind == "folders" and len(files) <= _FEW):
            continue
        where = kind == "files" and any(row.made_by for row in found)
        head = (title, *(plain(short(p), 60) for p in platforms), *(("made by",) if where else ()))
        cells = [
            (
                code(row.name, room.signs),
                *map(_cell, row.changes),
                *((row.made_by or NOTHING,) if where else ()),
            )
            for row in found
        ]
        yield table(head, cells, most=room.rows)
    if files:
        yield "Bytes on disk, in the image that is delivered.\n"


def _cell(change: SizeChange | None) -> str:
    if change is None:
        return NOTHING
    note = " new" if change.before is None else " gone" if change.after is None else ""
    return f"{signed(change.growth)}{note}".replace(" ", "\N{NO-BREAK SPACE}")


def _made_by(
    image: ImageReport, platforms: Sequence[PlatformReport], changes: Sequence[SizeChange | None]
) -> str:
    """`Dockerfile:12`; or the instruction in the image's history, if there is no Dockerfile."""
    for p, change in zip(platforms, changes, strict=True):
        layers = p.fat.layers if p.fat else ()
        if change is None or not 0 <= change.layer < len(layers):
            continue
        created_by = layers[change.layer].created_by
        if image.dockerfile is None:
            return code(created_by, 60)
        return code(f"{image.dockerfile.path}:{image.dockerfile.line_of(created_by)}", 100)
    return ""


def _unlisted(image: ImageReport) -> str:
    """For a baseline without a list of files: the command that shows what grew."""
    for p in image.platforms:
        if p.baseline is not None and p.result is not None and p.update_bytes != 0:
            number = count(len(image.platforms), "platform")
            return (
                f"The baseline ({plain(p.baseline.source, 80)}) does not list its files, so what "
                f"grew on {number} is not known. {code('ci-slim diff A B')} compares two images.\n"
            )
    return ""
