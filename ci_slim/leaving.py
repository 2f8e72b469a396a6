"""What must be gone when the process ends, however it ends.

A signal may come while the normal end is removing things, or between two of its lines: what it
raises then cuts the removal short. So whatever has to go is held here until it is gone, and who
catches the signal's exception, with all signals ignored from then on, removes what is left.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_held: list[Callable[[], None]] = []


def hold(close: Callable[[], None]) -> None:
    """`close` has to be called before the process ends. It must be safe to call twice."""
    _held.append(close)


def let_go(close: Callable[[], None]) -> None:
    """It was called to its end."""
    if close in _held:
        _held.remove(close)


def close_all() -> None:
    """Call what was not called to its end, the newest first."""
    while _held:
        _held[-1]()
        _held.pop()


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A temporary folder that is gone when the block, or the process, ends."""
    made: list[Path] = []

    def remove() -> None:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)

    hold(remove)
    try:
        made.append(Path(tempfile.mkdtemp(prefix=prefix)))
        yield made[0]
    finally:
        remove()
        let_go(remove)
