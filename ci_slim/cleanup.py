"""What must be gone when the process ends, however it ends.

A signal may come while the normal end is removing things, or between two of its lines: what it
raises then cuts the removal short. So whatever has to go is held here until it is gone, and who
catches the signal's exception, with all signals ignored from then on, removes what is left.
"""

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_held: list[Callable[[], None]] = []
_TRIES = 20


def hold(close: Callable[[], None]) -> None:
    """`close` has to be called before the process ends. It must be safe to call twice."""
    _held.append(close)


def release(close: Callable[[], None]) -> None:
    """It was called to its end."""
    if close in _held:
        _held.remove(close)


def close_all() -> None:
    """Call what was not called to its end, the newest first. One that fails does not keep the
    others from being called; the first error is raised in the end."""
    errors: list[Exception] = []
    while _held:
        close = _held[-1]
        try:
            close()
        except Exception as error:
            errors.append(error)
        release(close)
    if errors:
        raise errors[0]


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A temporary folder that is gone when the block, or the process, ends."""
    # The name is known before there is a folder: a signal may come between the two.
    folder = Path(tempfile.gettempdir(), prefix + secrets.token_hex(4))

    def remove() -> None:
        # A thread that is not waited for may be making a file in it.
        for _ in range(_TRIES):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.05)

    hold(remove)
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        remove()
        release(remove)
