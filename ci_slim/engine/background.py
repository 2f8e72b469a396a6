"""Runs work in the background, without waiting for it when the run is stopped."""

import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class BackgroundTask(Generic[T]):
    """Calls a function in a thread. `result` waits for it.

    Unlike a thread of an executor, it does not keep the process alive. So Ctrl-C ends the run even
    while the daemon is still sending a gigabyte.
    """

    def __init__(self, call: Callable[[], T], name: str) -> None:
        context = contextvars.copy_context()
        self._call: Callable[[], T] | None = lambda: context.run(call)
        self._value: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"ci-slim-{name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        assert self._call is not None
        try:
            self._value = self._call()
        except BaseException as error:  # `result` raises it
            self._error = error
        self._call = None  # it may hold files open

    def result(self, within: float | None = None) -> T:
        """Wait for the function. Returns what it returned, or raises what it raised.

        Raises TimeoutError if it takes longer than `within` seconds. The thread then continues
        alone.
        """
        self._thread.join(within)
        if self._thread.is_alive():
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]
