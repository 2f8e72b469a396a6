"""The rows of `make field`: kept in a file, and rendered as tables."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from ask import Result
from corpus import NATIVE, App, Half
from slimmers import INCUMBENT, LEVELS

_BEGIN, _END = "<!-- field: begin -->\n", "<!-- field: end -->\n"


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some checks held."""

    held: int = 0
    of: int = 0

    @classmethod
    def count(cls, results: Sequence[Result]) -> "Share":
        """The share of checks that held."""
        return cls(sum(not result.wrong for result in results), len(results))

    def __str__(self) -> str:
        return f"{self.held}/{self.of}"

    def __add__(self, other: "Share") -> "Share":
        return Share(self.held + other.held, self.of + other.of)

    @property
    def percent(self) -> str:
        """`13/14 = 93 %`."""
        return f"{self} = {100 * self.held / self.of:.0f} %" if self.of else ""


@dataclass(frozen=True, slots=True)
class Row:
    """One application on one platform at one level. `bytes` is 0 where no image came out."""

    name: str
    half: str
    platform: str
    level: str
    bytes: int = 0
    seconds: float = 0.0
    held_out: Share = Share()
    extra: Share = Share()
    lost: tuple[str, ...] = ()
    problem: str = ""

    @classmethod
    def of(
        cls,
        app: App,
        level: str,
        size: int,
        seconds: float,
        held_out: Sequence[Result],
        extra: Sequence[Result],
    ) -> "Row":
        """The row of an image that was checked."""
        lost = [f"{each.check}: {each.wrong}" for each in (*held_out, *extra) if each.wrong]
        shares = Share.count(held_out), Share.count(extra)
        return cls(app.name, app.half, app.platform, level, size, seconds, *shares, tuple(lost))

    @classmethod
    def failed(cls, app: App, level: str, problem: str) -> "Row":
        """The row of an image that could not be made: all of its checks are lost."""
        shares = Share(0, len(app.held_out)), Share(0, len(app.extra))
        return cls(app.name, app.half, app.platform, level, 0, 0.0, *shares, (), problem)

    @property
    def key(self) -> tuple[str, str, str]:
        """What this is a row of."""
        return self.name, self.platform, self.level

    def __str__(self) -> str:
        title = f"{self.name} {self.platform} {self.level}"
        if self.problem:
            return f"{title}: FAILED\n{self.problem}"
        told = f"{title}: {self.bytes / 1e6:.1f} MB, {self.seconds:.1f} s, "
        told += f"held out {self.held_out}, extra {self.extra}"
        return "\n".join([told, *(f"    {line}" for line in self.lost)])


def read(file: Path) -> list[Row]:
    """The rows that earlier calls left in a file; none when there is no such file."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [_row(json.loads(line)) for line in lines]


def save(file: Path, rows: Iterable[Row]) -> None:
    """Write rows to a file, one a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows))


def merged(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """All rows; a new one replaces the old one of the same image."""
    return list({row.key: row for row in (*old, *new)}.values())


def rendered(rows: Sequence[Row]) -> str:
    """A summary by half and level, and a row for each application and platform, in Markdown."""
    return f"{_summary(rows)}\n{_each(rows)}"


def written(document: str, rows: Sequence[Row]) -> str:
    """The document with the tables between their marks."""
    before, _, rest = document.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + rendered(rows) + _END + after


def _summary(rows: Sequence[Row]) -> str:
    heads = ["half", "platform", "level", "applications", "held out", "extra"]
    heads += ["x tight, median", "worst", "x incumbent, median", "worst", "seconds, median"]
    text = _line(heads) + _line(["---"] * 3 + ["---:"] * 8)
    for half in get_args(Half):
        for platform in _platforms(rows):
            for level in LEVELS:
                these = [
                    row
                    for row in rows
                    if (row.half, row.platform, row.level) == (half, platform, level)
                ]
                if these:
                    held_out = sum((row.held_out for row in these), Share()).percent
                    extra = sum((row.extra for row in these), Share()).percent
                    cells = [half, platform, level, str(len(these)), held_out, extra]
                    for beside in ("tight", INCUMBENT):
                        times = sorted(filter(None, (_times(row, rows, beside) for row in these)))
                        cells += _middle_and_worst(times)
                    cells.append(f"{statistics.median(row.seconds for row in these):.1f}")
                    text += _line(cells)
    return text


def _each(rows: Sequence[Row]) -> str:
    levels = [level for level in LEVELS if any(row.level == level for row in rows)]
    heads = ["application", "platform", "half", "fat, MB"]
    for level in levels:
        heads += [f"{level}, MB", "held out", "extra"]
    text = _line(heads) + _line(["---"] * 3 + ["---:"] * (len(heads) - 3))
    for name, platform in dict.fromkeys((row.name, row.platform) for row in rows):
        found = {row.level: row for row in rows if (row.name, row.platform) == (name, platform)}
        cells = [name, platform, next(iter(found.values())).half, _size(found.get("fat"))]
        for level in levels:
            row = found.get(level)
            cells += [_size(row), str(row.held_out), str(row.extra)] if row else ["", "", ""]
        text += _line(cells)
    return text


def _size(row: Row | None) -> str:
    return "" if row is None else f"{row.bytes / 1e6:.1f}" if row.bytes else "failed"


def _times(row: Row, rows: Sequence[Row], level: str) -> float:
    """How many times the image of another level a row's image is; 0 when one is missing."""
    key = (row.name, row.platform, level)
    other = next((each.bytes for each in rows if each.key == key), 0)
    return row.bytes / other if other else 0.0


def _middle_and_worst(times: Sequence[float]) -> list[str]:
    return [f"{statistics.median(times):.2f}", f"{times[-1]:.2f}"] if times else ["", ""]


def _platforms(rows: Sequence[Row]) -> list[str]:
    return sorted({row.platform for row in rows}, key=lambda each: (each != NATIVE, each))


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _row(told: dict[str, Any]) -> Row:
    shares: dict[str, Any] = {key: Share(**told[key]) for key in ("held_out", "extra")}
    return Row(**told | shares | {"lost": tuple(told["lost"])})
