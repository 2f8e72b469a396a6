"""Foreign text and tables as HTML: what all parts of the page use."""

import html
from collections.abc import Sequence

from ci_slim.report.foreign import visible


def text(foreign: str, limit: int = 300) -> str:
    """Foreign text, cut and escaped."""
    return html.escape(visible(foreign, limit))


def code(foreign: str, limit: int = 300) -> str:
    """Foreign text as code, cut and escaped."""
    return f"<code>{text(foreign, limit)}</code>"


def block(lines: str) -> str:
    """Lines that are already escaped, in a box of their own that scrolls."""
    return f'<pre tabindex="0">{lines}</pre>'


def table(
    head: Sequence[str], cells: Sequence[Sequence[str]], numbers: tuple[int, ...] = ()
) -> str:
    """An HTML table of cells that are already escaped. The columns `numbers` hold numbers."""
    kinds = [' class="number"' if column in numbers else "" for column in range(len(head))]
    titles = "".join(
        f'<th scope="col"{kind}>{title}</th>' for title, kind in zip(head, kinds, strict=True)
    )
    lines = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in cells
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{titles}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )
