"""`make results`: measure the tables of docs/results.md again, and write them there.

python -m bench.results           all of them; about an hour
python -m bench.results NAME…     some of them

A table is a module with `HEAD`, `KEYS` (the first cells of its rows) and `measure`, and a line in
`TABLES`.
"""

import sys
from collections.abc import Mapping
from types import ModuleType

from bench import (
    corpus,
    examples,
    listener,
    packing,
    pulseaudio,
    python_applications,
    start,
    updates,
)
from bench.table import RESULTS, written

TABLES: Mapping[str, ModuleType] = {
    "pulseaudio": pulseaudio,
    "listener": listener,
    "python": python_applications,
    "examples": examples,
    "start": start,
    "packing": packing,
    "corpus": corpus,
    "updates": updates,
}
"""By the name in the marks of the document, in its order."""


def main(names: list[str]) -> int:
    """Measure, and write each table as soon as it is there."""
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise SystemExit(f"no such table: {', '.join(unknown)}; there are {', '.join(TABLES)}")
    for name in names or TABLES:
        text = TABLES[name].measure().text()
        RESULTS.write_text(written(RESULTS.read_text("utf-8"), name, text), "utf-8")
        print(f"{name}\n\n{text}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
