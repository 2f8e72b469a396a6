"""`ci-slim history`: the sizes of images over past runs."""

from collections.abc import Iterator
from pathlib import Path

from ci_slim.commands.edge import Edge, read_report
from ci_slim.commands.exit import show, show_bytes
from ci_slim.commands.png import to_png
from ci_slim.deliver import write_bytes, write_text
from ci_slim.errors import UsageError
from ci_slim.report import history as past
from ci_slim.report.history_picture import to_svg
from ci_slim.requests import HistoryRequest
from ci_slim.result import Report

FORMS = {"text": past.to_text, "markdown": past.to_markdown, "svg": to_svg}
ENDINGS = {".txt": "text", ".md": "markdown", ".svg": "svg", ".png": "png"}
REPORT = "report.json"
REGISTRY = "docker://"


def history(request: HistoryRequest, edge: Edge) -> int:
    """Show the history, or write it to a file. Returns the exit code."""
    form = _form(request)
    found = past.series([report for given in request.reports for report in _reports(given, edge)])
    output = Path(request.output) if request.output else None
    if form == "png":
        picture = to_png(to_svg(found))
        show_bytes(picture, "PNG") if output is None else write_bytes(output, picture)
    else:
        text = FORMS[form](found)
        show(text) if output is None else write_text(output, text)
    return 0


def _form(request: HistoryRequest) -> str:
    """The form that was asked for, or that the name of the file ends with. Raises UsageError."""
    if request.format is not None:
        return request.format
    if request.output is None:
        return "text"
    ending = Path(request.output).suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            "the name of this file does not say what to write",
            where=request.output,
            hint=f"end it with {', '.join(ENDINGS)}, or give --format",
        )
    return ENDINGS[ending]


def _reports(given: str, edge: Edge) -> list[Report]:
    """The report itself, those in a folder, or those beside the images of a registry."""
    if not given.startswith(REGISTRY):
        return [read_report(name) for name in _files(given)]
    from ci_slim.commands.released_reports import released_reports

    return released_reports(given, edge.environment, edge.line)


def _files(given: str) -> Iterator[str]:
    """The report itself, or the reports in a folder. Raises UsageError for a folder without one."""
    folder = Path(given)
    if not folder.is_dir():
        yield given
        return
    found = sorted(path for path in folder.rglob(REPORT) if path.is_file())
    if not found:
        raise UsageError(
            f"there is no {REPORT} in this folder", where=given, hint="name the reports themselves"
        )
    yield from map(str, found)
