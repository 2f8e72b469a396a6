"""`ci-slim report`: render a report, or merge several into one."""

from ci_slim.commands.edge import Edge, read_report
from ci_slim.commands.exit import show
from ci_slim.report import merge, render
from ci_slim.requests import ReportRequest


def report(request: ReportRequest, _: Edge) -> int:
    """Show the report. Returns the exit code."""
    show(render(merge([read_report(name) for name in request.reports]), request.format))
    return 0
