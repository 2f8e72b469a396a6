"""Work beside the main thread."""

import threading
import weakref

import pytest

from ci_slim.engine.background import BackgroundTask


def test_what_takes_too_long_is_left_to_itself() -> None:
    go_on = threading.Event()
    work = BackgroundTask(lambda: go_on.wait(60), "test")
    with pytest.raises(TimeoutError):
        work.result(0.01)
    go_on.set()
    assert work.result(60)


def test_what_it_raised_is_raised_where_the_result_is_asked_for() -> None:
    def fail() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        BackgroundTask(fail, "test").result(60)


def test_what_it_needed_is_let_go_when_it_is_done() -> None:
    class Large:
        def method(self) -> bool:
            return True

    large = Large()
    seen = weakref.ref(large)
    work = BackgroundTask(large.method, "test")
    assert work.result(60)
    del large
    assert seen() is None
