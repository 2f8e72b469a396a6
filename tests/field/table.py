"""The table of `make field`."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from ask import Result
from corpus import App, Half

_BEGIN, _END = "<!-- field: begin -->\n", "<!-- field: end -->\n"
_HEADER = "| application | half | level | MB | x tight | seconds | held out | extra |\n"


@dataclass(frozen=True, slots=True)
class Row:
    """One application at one level."""

    app: App
    level: str
    bytes: int = 0
    seconds: float = 0.0
    held_out: tuple[Result, ...] = ()
    extra: tuple[Result, ...] = ()
    problem: str = ""

    @classmethod
    def of(
        cls,
        app: App,
        level: str,
        size: int,
        seconds: float,
        held_out: tuple[Result, ...],
        extra: tuple[Result, ...],
    ) -> "Row":
        """The row of an image that was checked."""
        return cls(app, level, size, seconds, held_out, extra)

    @classmethod
    def failed(cls, app: App, level: str, problem: str) -> "Row":
        """The row of an image that could not be made."""
        return cls(app, level, problem=problem)

    def __str__(self) -> str:
        if self.problem:
            return f"{self.app.name} {self.level}: FAILED\n{self.problem}"
        lines = [
            f"{self.app.name} {self.level}: {self.bytes / 1e6:.1f} MB, {self.seconds:.1f} s, "
            f"held out {_share(self.held_out)}, extra {_share(self.extra)}"
        ]
        lost = (result for result in (*self.held_out, *self.extra) if result.wrong)
        lines += [f"    {result.check}: {result.wrong}" for result in lost]
        return "\n".join(lines)


def rendered(rows: Sequence[Row]) -> str:
    """The table of all applications, and one line for each half and level, in Markdown."""
    tight = {row.app.name: row.bytes for row in rows if row.level == "tight" and row.bytes}
    text = _summary(rows, tight) + "\n" + _HEADER + "| --- | --- | --- |" + " ---: |" * 5 + "\n"
    for row in rows:
        cells = [row.app.name, row.app.half, row.level]
        if row.problem:
            cells += ["failed", "", "", "", ""]
        else:
            times = _times(row, tight)
            cells += [f"{row.bytes / 1e6:.1f}", f"{times:.2f}" if times else ""]
            cells += [f"{row.seconds:.1f}" if row.seconds else ""]
            cells += [_share(row.held_out), _share(row.extra)]
        text += "| " + " | ".join(cells) + " |\n"
    return text


def written(document: str, rows: Sequence[Row]) -> str:
    """The document with the table between its marks."""
    before, _, rest = document.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + rendered(rows) + _END + after


def _summary(rows: Sequence[Row], tight: dict[str, int]) -> str:
    text = "| half | level | applications | held out | extra | x tight, median | worst |\n"
    text += "| --- | --- |" + " ---: |" * 5 + "\n"
    for half in get_args(Half):
        for level in dict.fromkeys(row.level for row in rows):
            these = [row for row in rows if (row.app.half, row.level) == (half, level)]
            if not these:
                continue
            sizes = [times for row in these if (times := _times(row, tight))]
            cells = [half, level, str(len(these))]
            cells.append(_percent([result for row in these for result in row.held_out]))
            cells.append(_percent([result for row in these for result in row.extra]))
            cells += [f"{statistics.median(sizes):.2f}", f"{max(sizes):.2f}"] if sizes else ["", ""]
            text += "| " + " | ".join(cells) + " |\n"
    return text


def _times(row: Row, tight: dict[str, int]) -> float:
    known = tight.get(row.app.name)
    return row.bytes / known if known and row.bytes else 0.0


def _share(results: Sequence[Result]) -> str:
    return f"{sum(not result.wrong for result in results)}/{len(results)}"


def _percent(results: Sequence[Result]) -> str:
    held = sum(not result.wrong for result in results)
    return f"{_share(results)} = {100 * held / len(results):.0f} %" if results else ""
