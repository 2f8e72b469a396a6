"""Colours for the result of a run at a terminal. They only repeat what the text says."""

import io
from collections.abc import Mapping
from typing import TextIO

from ci_slim.report.summary import MARKS, Mark

_LINES = (
    (r"^ci-slim: .*$", "bold"),
    (r"^error: ", "bold red"),
    (r"^warning: ", "yellow"),
    (r"^unknown: ", "yellow"),
    (r"^time: [\s\S]*?(?=\n\n|\Z)", "dim"),
)
_COLOURS: Mapping[Mark, str] = {
    "bad": "red",
    "unknown": "yellow",
    "warn": "yellow",
    "good": "green",
}


def coloured(text: str, stream: TextIO | None) -> str:
    """The text with colours, if `stream` is a terminal that shows them. NO_COLOR switches them off
    (no-color.org)."""
    if stream is None or not stream.isatty():
        return text
    from rich.console import Console
    from rich.text import Text

    shown = Console(file=stream)
    if shown.no_color or shown.is_dumb_terminal or shown.color_system is None:
        return text
    lines = Text(text, end="")
    for pattern, style in _LINES:
        lines.highlight_regex(f"(?m){pattern}", style)
    for word, mark in MARKS.items():
        lines.highlight_regex(rf"(?m)(?<=  ){word}$", _COLOURS[mark])
    written = io.StringIO()
    Console(file=written, force_terminal=True, color_system="standard", highlight=False).print(
        lines, soft_wrap=True, end=""
    )
    return written.getvalue()
