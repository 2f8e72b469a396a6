"""Tests the waiting times, native and under emulation."""

import pytest

from ci_slim.observe.pace import Pace


@pytest.mark.parametrize(
    ("pace", "slowdown", "probed", "unprobed"),
    [
        (Pace(emulated=False, start_seconds=30), 1, 0.3, 2),
        (Pace(emulated=True), 4, 1, 2),
        (Pace(emulated=True, start_seconds=3), 4, 1.5, 2),
        (Pace(emulated=True, start_seconds=6.04), 6, 3.02, 3.02),
        (Pace(emulated=True, start_seconds=60), 10, 5, 5),
    ],
)
def test_the_start_sets_the_pace_under_emulation(
    pace: Pace, slowdown: float, probed: float, unprobed: float
) -> None:
    assert pace.slowdown == slowdown
    assert pace.timeout(2) == 2 * slowdown
    assert (pace.quiet(probed=True), pace.quiet(probed=False)) == (probed, unprobed)


def test_the_message_of_a_timeout_names_its_setting() -> None:
    setting = "`timeout` of the probe"
    assert Pace(emulated=False).timed_out(30, setting) == (
        "timed out after 30 s; if it needs longer, raise `timeout` of the probe"
    )
    assert Pace(emulated=True).timed_out(3, setting) == (
        "timed out after 12 s (3 s, times 4 under emulation); if it needs longer, raise "
        "`timeout` of the probe"
    )
