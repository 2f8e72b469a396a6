"""`make field`: the corpus built, slimmed at each safety level, and asked what no probe asked.

python tests/field                     everything; the tables go into docs/results.md
python tests/field --fat               only whether the expectations hold on the fat images
python tests/field --level tight NAME  some applications at one level, printed
python tests/field --table             only the tables, of the rows that earlier calls left

Each row goes into a file at once (`--rows`), so a long measurement can be made in parts.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import ask
import slimmers
from corpus import NATIVE, App, Half, applications
from table import Row, merged, read, rendered, save, written

RESULTS = Path("docs/results.md")
ROWS = Path("build/field.jsonl")


def main() -> int:
    """Returns the number of images that could not be built, slimmed or read."""
    options = _options()
    rows = read(options.rows)
    new: list[Row] = []
    for app in () if options.table else _chosen(options):
        print(f"-- {app.name} {app.platform}", flush=True)
        for row in _rows(app, options.levels):
            print(row, flush=True)
            new.append(row)
            save(options.rows, merged(rows, new))
    everything = options.table or (
        tuple(options.levels) == slimmers.LEVELS and _chosen(options) == applications()
    )
    if everything:
        RESULTS.write_text(written(RESULTS.read_text(), merged(rows, new)))
    elif options.levels:
        print(rendered(new))
    return sum(1 for row in new if row.problem)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/field")
    parser.add_argument("names", nargs="*", help="applications; all when none is named")
    parser.add_argument("--fat", action="store_true", help="only check the fat images")
    parser.add_argument("--table", action="store_true", help="only write the tables")
    parser.add_argument("--rows", type=Path, default=ROWS, help="the file that keeps the rows")
    parser.add_argument("--level", action="append", choices=slimmers.LEVELS)
    parser.add_argument("--half", choices=get_args(Half))
    parser.add_argument("--platform")
    options = parser.parse_args()
    there = slimmers.LEVELS if slimmers.PROGRAM in os.environ else slimmers.SAFETY
    options.levels = () if options.fat else tuple(options.level or there)
    return options


def _chosen(options: argparse.Namespace) -> tuple[App, ...]:
    return tuple(
        app
        for app in applications()
        if (not options.names or app.name in options.names)
        and options.half in (None, app.half)
        and options.platform in (None, app.platform)
    )


def _rows(app: App, levels: Sequence[str]) -> Iterator[Row]:
    try:
        fat = slimmers.build(app)
    except RuntimeError as error:
        yield Row.failed(app, "fat", str(error))
        return
    yield Row.of(app, "fat", fat, 0.0, *ask.results(app, app.fat))
    for level in levels:
        if level != slimmers.INCUMBENT:
            yield _row(app, level, slimmers.ci_slim(app, level))
        elif app.platform == NATIVE:
            yield _row(app, level, slimmers.incumbent(app))


def _row(app: App, level: str, slimmed: slimmers.Slimmed) -> Row:
    if slimmed.problem or not slimmed.bytes:
        return Row.failed(app, level, slimmed.problem or "no image")
    try:
        asked = ask.results(app, slimmed.image)
        return Row.of(app, level, slimmed.bytes, slimmed.seconds, *asked)
    finally:
        slimmers.remove(slimmed.image)


if __name__ == "__main__":
    sys.exit(main())
