"""Work that goes on beside the main thread, and that nobody waits for when the run is stopped."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class BackgroundTask(Generic[T]):
    """Calls a function in a thread; `result` waits for it and gives what it gave or raised.

    Unlike those of an executor, the thread does not keep the process: Ctrl-C ends the run while a
    gigabyte is still on its way from the daemon.
    """

    def __init__(self, call: Callable[[], T], name: str) -> None:
        self._call: Callable[[], T] | None = call
        self._value: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"ci-slim-{name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        assert self._call is not None
        try:
            self._value = self._call()
        except BaseException as error:  # raised where the result is asked for
            self._error = error
        self._call = None  # it may hold files open

    def result(self, within: float | None = None) -> T:
        """What the function gave, once it is there; what it raised is raised here. TimeoutError
        when it takes longer than so many seconds: the thread is then left to itself."""
        self._thread.join(within)
        if self._thread.is_alive():
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]
