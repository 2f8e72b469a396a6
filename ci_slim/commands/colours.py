"""Colours for the result of a run at a terminal. They only repeat what the text says."""

import io
from typing import TextIO

_LINES = (
    (r"^ci-slim: .*$", "bold"),
    (r"^error: ", "bold red"),
    (r"^warning: ", "yellow"),
    (r"^unknown: ", "yellow"),
    (r"^time: [\s\S]*?(?=\n\n|\Z)", "dim"),
)
_VERDICTS = {
    "red": ("failed", "over budget"),
    "yellow": ("skipped", "not verified", "budget unknown", "close to the limit"),
    "green": ("within budget",),
}
"""The words that end the line of a platform; see `report.summary.standing`."""


def coloured(text: str, stream: TextIO) -> str:
    """The text with colours, if `stream` is a terminal that shows them. NO_COLOR switches them off
    (no-color.org)."""
    if not stream.isatty():
        return text
    from rich.console import Console
    from rich.text import Text

    shown = Console(file=stream)
    if shown.no_color or shown.is_dumb_terminal or shown.color_system is None:
        return text
    lines = Text(text, end="")
    for pattern, style in _LINES:
        lines.highlight_regex(f"(?m){pattern}", style)
    for style, words in _VERDICTS.items():
        lines.highlight_regex(rf"(?m)(?<=  )(?:{'|'.join(words)})$", style)
    written = io.StringIO()
    Console(file=written, force_terminal=True, color_system="standard", highlight=False).print(
        lines, soft_wrap=True, end=""
    )
    return written.getvalue()
