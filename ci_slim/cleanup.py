"""What must be gone when the process ends, however it ends.

A signal may come while the normal end is removing things, or between two of its lines: what it
raises then cuts the removal short. So whatever has to go is held in a `Cleanup` until it is gone.
The entry point makes one and passes it on; it catches the signal's exception, ignores all signals
from then on, and removes what is left.
"""

import fcntl
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

LOCK = "lock"
"""A file in each scratch folder, locked as long as the process lives: a later run removes folders
whose lock nobody holds."""
_TRIES = 20


class Closable(Protocol):
    """What has to be closed; closing it twice must be safe."""

    def close(self) -> None: ...


T = TypeVar("T", bound=Closable)


class Cleanup:
    """What is still to be removed, the newest last."""

    def __init__(self) -> None:
        self._held: list[Callable[[], None]] = []

    def hold(self, close: Callable[[], None]) -> None:
        """`close` has to be called before the process ends. It must be safe to call twice."""
        self._held.append(close)

    def release(self, close: Callable[[], None]) -> None:
        """It was called to its end."""
        if close in self._held:
            self._held.remove(close)

    def close_all(self) -> None:
        """Call what was not called to its end, the newest first. One that fails does not keep the
        others from being called; the first error is raised in the end."""
        errors: list[Exception] = []
        while self._held:
            close = self._held[-1]
            try:
                close()
            except Exception as error:
                errors.append(error)
            self.release(close)
        if errors:
            raise errors[0]

    @contextmanager
    def closing(self, thing: T) -> Iterator[T]:
        """Close a thing when the block, or the process, ends."""
        close = thing.close
        self.hold(close)
        try:
            yield thing
        finally:
            close()
            self.release(close)

    @contextmanager
    def scratch(self, prefix: str) -> Iterator[Path]:
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

        self.hold(remove)
        try:
            folder.mkdir(mode=0o700)
            with (folder / LOCK).open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield folder
        finally:
            remove()
            self.release(remove)
