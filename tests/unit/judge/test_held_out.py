"""What held-out probes tell of what nobody probed."""

import pytest

from ci_slim.judge.held_out import held_out_line, held_out_words, interval
from ci_slim.result import HeldOut

HELD = HeldOut("GET /", True, {"elf": 2, "opened": 1})
FAILED = HeldOut("GET /late", False, {}, ("answered 500; the fat image 200",), ("/opt/a", "/opt/b"))


@pytest.mark.parametrize(
    ("failed", "count", "low", "high"),
    [(0, 3, 0.0, 0.5615), (1, 6, 0.0301, 0.5635), (3, 3, 0.4385, 1.0), (10, 100, 0.0552, 0.1744)],
)
def test_the_interval_is_wilson_s(failed: int, count: int, low: float, high: float) -> None:
    assert interval(failed, count) == pytest.approx((low, high), abs=1e-3)


def test_failures_are_told_with_what_may_fail() -> None:
    assert held_out_words([HELD, FAILED, HELD]) == (
        "1 of 3 held-out probes failed; about 33 % of what no probe covers may fail "
        "(95 % interval: 6 % to 79 %):"
    )


def test_a_line_says_what_saved_a_probe_or_what_it_lacks() -> None:
    assert [held_out_line(each) for each in (HELD, FAILED, HeldOut("GET /c", True))] == [
        "GET /: passed; its files were kept by elf (2), opened (1)",
        "GET /late: failed: answered 500; the fat image 200; missing: /opt/a, /opt/b",
        "GET /c: passed; other probes use the same files",
    ]
