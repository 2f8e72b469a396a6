"""`ci-slim history`: the sizes of images over past runs."""

from collections.abc import Iterator
from pathlib import Path

from ci_slim.commands.edge import Edge, read_report
from ci_slim.commands.exit import show
from ci_slim.errors import UsageError
from ci_slim.report import history as past
from ci_slim.requests import HistoryRequest

FORMS = {"text": past.to_text, "markdown": past.to_markdown, "svg": past.to_svg}
REPORT = "report.json"


def history(request: HistoryRequest, _: Edge) -> int:
    """Show the history. Returns the exit code."""
    names = [name for given in request.reports for name in _reports(given)]
    show(FORMS[request.format](past.series([read_report(name) for name in names])))
    return 0


def _reports(given: str) -> Iterator[str]:
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
