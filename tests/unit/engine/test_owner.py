"""Tests which process owns a thing, and whether that process is dead."""

import subprocess
import sys

import pytest

from ci_slim.engine.owner import Owner, owner_of, start_time

ME = Owner("9f3a1c07", 7, 1234567890)


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        (ME.run_id("1a2b3c4d"), ME),
        (f"ci-slim-fat:0a1b2c3d-linux-arm-v6-{ME.run_id('1a2b3c4d')}-2", ME),
        (Owner("00000000", 1, 0).run_id("x"), Owner("00000000", 1, 0)),
        ("1a2b3c4d", None),
        ("", None),
        ("ci-slim-demo:1.2.3", None),
    ],
)
def test_the_owner_is_read_from_a_name(text: str, owner: Owner | None) -> None:
    assert owner_of(text) == owner


@pytest.mark.parametrize(
    ("other", "started", "fate"),
    [
        (Owner("9f3a1c07", 8, 50), 50, "alive"),
        (Owner("9f3a1c07", 8, 50), None, "dead"),
        (Owner("9f3a1c07", 8, 50), 51, "dead"),
        (Owner("11111111", 8, 50), None, "unknown"),
        (None, None, "unknown"),
    ],
    ids=["it runs", "it is gone", "its id was given again", "another machine's", "no owner"],
)
def test_only_certainly_dead_processes_are_dead(
    other: Owner | None, started: int | None, fate: str
) -> None:
    assert ME.fate_of(other, lambda pid: started) == fate


def test_a_process_is_alive_until_it_has_ended() -> None:
    me = Owner.this_process()
    assert me == Owner.this_process() and me.started > 0
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        other = Owner(me.boot, child.pid, start_time(child.pid) or 0)
        assert me.fate_of(other, start_time) == "alive"
        child.kill()
        while (
            start_time(child.pid) is not None
        ):  # its parent has not read the exit code: it is a zombie
            pass
        assert me.fate_of(other, start_time) == "dead"
