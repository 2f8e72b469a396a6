"""`make field`: the corpus built, slimmed at each safety level, and asked what no probe asked.

python tests/field                     everything; the table goes into docs/results.md
python tests/field --fat               only whether the expectations hold on the fat images
python tests/field --level tight NAME  some applications at one level, printed
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import ask
import slimmers
from corpus import App, Half, applications
from table import Row, rendered, written

RESULTS = Path("docs/results.md")


def main() -> int:
    """Returns the number of applications that could not be built, slimmed or read."""
    parser = argparse.ArgumentParser(prog="python tests/field")
    parser.add_argument("names", nargs="*", help="applications; all when none is named")
    parser.add_argument("--fat", action="store_true", help="only check the fat images")
    parser.add_argument("--level", action="append", choices=slimmers.LEVELS)
    parser.add_argument("--half", choices=get_args(Half))
    options = parser.parse_args()
    apps = [
        app
        for app in applications()
        if (not options.names or app.name in options.names) and options.half in (None, app.half)
    ]
    levels = () if options.fat else tuple(options.level or slimmers.LEVELS)
    rows: list[Row] = []
    for app in apps:
        for row in _rows(app, levels):
            rows.append(row)
            print(row, flush=True)
    if levels:
        print(rendered(rows))
    if len(apps) == len(applications()) and levels == slimmers.LEVELS:
        RESULTS.write_text(written(RESULTS.read_text(), rows))
    return sum(1 for row in rows if row.problem)


def _rows(app: App, levels: tuple[str, ...]) -> Iterator[Row]:
    print(f"-- {app.name}", flush=True)
    try:
        fat = slimmers.build(app)
    except RuntimeError as error:
        yield Row.failed(app, "fat", str(error))
        return
    yield Row.of(app, "fat", fat, 0.0, *ask.results(app, app.fat))
    for level in levels:
        yield _row(app, level, slimmers.ci_slim(app, level))
    if levels and (binary := os.environ.get(slimmers.INCUMBENT)):
        yield _row(app, "incumbent", slimmers.incumbent(app, binary))


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
