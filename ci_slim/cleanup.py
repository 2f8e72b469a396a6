"""What must be removed before the process ends, in all cases.

A signal may interrupt a clean-up that is already running. So a `Cleanup` holds each thing until it
is removed. The entry point makes the `Cleanup` and passes it on. After a signal it ignores further
signals and removes what the `Cleanup` still holds.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

LOCK = "lock"
"""A file in each temporary folder. The process keeps it locked while it lives; a later run removes
folders whose file is not locked."""
_TRIES = 20


def temporary_folder() -> Path:
    """The folder for temporary files. `tempfile` takes /tmp if the disk of TMPDIR is full, so the
    run would fill another disk than the one that the user named."""
    named = os.environ.get("TMPDIR")
    return Path(named) if named and Path(named).is_dir() else Path(tempfile.gettempdir())


class Closable(Protocol):
    """Something that must be closed. Closing it twice must be safe."""

    def close(self) -> None: ...


T = TypeVar("T", bound=Closable)


class Cleanup:
    """The clean-up functions that must still be called, the newest last."""

    def __init__(self) -> None:
        self._held: list[Callable[[], None]] = []

    def hold(self, close: Callable[[], None]) -> None:
        """Call `close` before the process ends. It must be safe to call it twice."""
        self._held.append(close)

    def release(self, close: Callable[[], None]) -> None:
        """Drop `close`: it was called and has returned."""
        if close in self._held:
            self._held.remove(close)

    def close_all(self) -> None:
        """Call all functions that are still held, the newest first, even if some of them fail.
        Raises the first error at the end."""
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
        # The name is chosen before the folder is made, because a signal may come in between.
        folder = temporary_folder() / (prefix + secrets.token_hex(4))

        def remove() -> None:
            # A background thread may still create files in it.
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
