"""The report and its renderings.

A rendering is imported only when it is used, so that the command line starts fast.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ci_slim.result import Report


def _json(report: "Report") -> str:
    from ci_slim.report.json import to_json

    return to_json(report)


def _markdown(report: "Report") -> str:
    from ci_slim.report.markdown import to_markdown

    return to_markdown(report)


def _text(report: "Report") -> str:
    from ci_slim.report.text import to_text

    return to_text(report)


def _html(report: "Report") -> str:
    from ci_slim.report.page.render import to_html

    return to_html(report)


def _codequality(report: "Report") -> str:
    from ci_slim.report.codequality import to_codequality

    return to_codequality(report)


def _metrics(report: "Report") -> str:
    from ci_slim.report.metrics import to_metrics

    return to_metrics(report)


def _junit(report: "Report") -> str:
    from ci_slim.report.junit import to_junit

    return to_junit(report)


def _dotenv(report: "Report") -> str:
    from ci_slim.report.dotenv import to_dotenv

    return to_dotenv(report)


RENDERINGS: dict[str, Callable[["Report"], str]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "html": _html,
    "codequality": _codequality,
    "metrics": _metrics,
    "junit": _junit,
    "dotenv": _dotenv,
}
"""The name of a format, as in `--format` → the function that renders a report."""


def render(report: "Report", form: str) -> str:
    """The report as text in one of `RENDERINGS`. Raises KeyError for another name."""
    return RENDERINGS[form](report)


def merge(reports: "Sequence[Report]") -> "Report":
    """See `join.merge`."""
    from ci_slim.report.join import merge as joined

    return joined(reports)
