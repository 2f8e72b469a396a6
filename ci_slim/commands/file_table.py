"""Read the list of files that lies next to a report, or in a `report.html`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ci_slim.commands.edge import folder_of, read_report
from ci_slim.errors import UsageError
from ci_slim.report.page import read
from ci_slim.report.page.files import FileTable
from ci_slim.report.page.read import ListedPlatform

_START = 64


def read_table(path: Path) -> FileTable:
    """The list in a file. Raises UsageError."""
    try:
        with path.open("rb") as file:
            return read.read_table(file, str(path))
    except OSError as error:
        raise _unreadable(error, str(path)) from None


def listed_platforms(name: str) -> Iterator[ListedPlatform]:
    """Every platform whose files a report lists: a `report.html`, or a `report.json` in the output
    folder of its run. Raises UsageError."""
    try:
        with Path(name).open("rb") as file:
            page = file.read(_START)
            if read.is_page(page):
                page += file.read(read.PAGE_MOST)
    except OSError as error:
        raise _unreadable(error, name) from None
    yield from read.read_page(page, name) if read.is_page(page) else _next_to(name)


def _next_to(name: str) -> Iterator[ListedPlatform]:
    for image in read_report(name).images:
        for p in image.platforms:
            if p.artifacts.files is not None and p.fat is not None:
                table = partial(read_table, folder_of(name) / p.artifacts.files)
                made = tuple(layer.created_by for layer in p.fat.layers)
                yield ListedPlatform(image.name, str(p.platform), made, p.slim is not None, table)


def _unreadable(error: OSError, where: str) -> UsageError:
    return UsageError(
        f"cannot be read: {error.strerror or error}",
        where=where,
        hint="give the report in the output folder of `ci-slim run`",
    )
