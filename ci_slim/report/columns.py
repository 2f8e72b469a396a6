"""Columns of text for a terminal."""

from collections.abc import Sequence

from tabulate import tabulate


def table(
    rows: Sequence[Sequence[str]], head: Sequence[str] = (), *, right: tuple[int, ...] = ()
) -> str:
    """Rows below a head. The columns `right` are aligned to the right. Cells are not changed."""
    columns = len(rows[0]) if rows else len(head)
    align = ["right" if column in right else "left" for column in range(columns)]
    # tabulate must not parse cells: a name such as "1e5" is not a number.
    text = tabulate(rows, head, tablefmt="simple" if head else "plain", colalign=align,
                    disable_numparse=True) if rows else ""  # fmt: skip
    return "\n".join(line.rstrip() for line in text.split("\n"))
