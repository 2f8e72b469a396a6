"""SIGKILL leaves no time to remove anything. The next run removes it, and does not touch running
neighbours.

This is checked by exact comparison, on a daemon that nobody else uses.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import daemons
import pytest
from command import Call, ci_slim, owned
from daemons import Store
from recipes import AMD64, RECIPES
from trials import trials

NEVER = "--ready=log:never@60s"


@pytest.fixture
def begun(stores: Callable[[str], Store], tmp_path: Path) -> Iterator[list[Call]]:
    """Calls that end with the test in any case."""
    calls: list[Call] = []
    yield calls
    for call in calls:
        call.process.kill()
        call.process.wait()
    clean(stores("containerd"), tmp_path, "--remove")


@pytest.mark.parametrize("kills", [3, *trials(10)])
def test_after_kills_the_next_run_leaves_nothing(
    kills: int,
    stores: Callable[[str], Store],
    built: Callable[..., str],
    begun: list[Call],
    tmp_path: Path,
) -> None:
    store, image = stores("containerd"), built("containerd", "tricky")  # it has a volume
    temporary = tmp_path / "shared"
    temporary.mkdir()
    before = owned(store)

    def begin(name: str, *more: str) -> Call:
        arguments = ["slim", *RECIPES["tricky"].flags(), *more, image]
        environment = {"TMPDIR": str(temporary)}
        begun.append(Call(store, arguments, tmp_path / name, environment=environment))
        return begun[-1]

    for number in range(kills):
        call = begin(str(number), *([NEVER] if number % 2 else []))
        call.wait_for("observe …")
        time.sleep(0.3 * number)  # the time of the signal is what is tested
        while number == kills - 1 and not owned(store)["containers"] - before["containers"]:
            assert call.process.poll() is None, call.stderr
            time.sleep(0.05)
        call.process.kill()
        call.process.wait()
    killed = owned(store)
    assert killed["containers"] - before["containers"] and killed["volumes"] - before["volumes"]
    folders = {each.name for each in temporary.iterdir()}
    assert folders

    neighbour = begin("neighbour", NEVER)
    neighbour.wait_for("observe …")
    (living,) = {each.name for each in temporary.iterdir()} - folders
    while (
        sum(living[8:] in each and " running " in each for each in owned(store)["containers"]) < 2
    ):
        assert neighbour.process.poll() is None, neighbour.stderr
        time.sleep(0.05)

    # The start of the neighbour has removed them already. The neighbour must survive the next
    # start.
    done = ci_slim(
        *(store, ["slim", *RECIPES["tricky"].flags(), image], tmp_path / "next"),
        environment={"TMPDIR": str(temporary)},
    )
    assert done.code == 0, done.stderr
    left = {kind: more for kind, now in owned(store).items() if (more := now - before[kind])}
    assert all(living[8:] in each for each in left["containers"])
    assert len(left["containers"]) == 2 and len(left.get("volumes", ())) <= 2, left
    assert {each.name for each in temporary.iterdir()} == {living}
    neighbour.process.send_signal(signal.SIGTERM)
    assert neighbour.end().code == 130
    assert owned(store) == before and not list(temporary.iterdir())


def test_clean_shows_first_and_then_removes(
    stores: Callable[[str], Store],
    built: Callable[..., str],
    begun: list[Call],
    tmp_path: Path,
) -> None:
    store, image = stores("containerd"), built("containerd", "tricky")
    before = owned(store)
    call = Call(store, ["slim", *RECIPES["tricky"].flags(), NEVER, image], tmp_path)
    begun.append(call)
    call.wait_for("observe …")
    while not owned(store)["volumes"] - before["volumes"]:
        time.sleep(0.05)
    assert "kept: its run is still running" in clean(store, tmp_path)
    call.process.kill()
    call.process.wait()
    left = settled(store)
    shown = clean(store, tmp_path)
    assert "its run has ended" in shown and "nothing is removed without --remove" in shown
    assert owned(store) == left
    assert "removed container" in clean(store, tmp_path, "--remove")
    assert owned(store) == before and not list((tmp_path / "tmp").iterdir())
    assert clean(store, tmp_path) == "0 to remove\n"


def test_a_daemon_that_is_killed_ends_the_run_and_says_what_may_be_left(
    programs: Path, tmp_path: Path
) -> None:
    with daemons.second() as store:
        image = RECIPES["server"].build(store, programs, AMD64)
        before = owned(store)
        call = Call(store, ["slim", *RECIPES["server"].flags(), NEVER, image], tmp_path)
        call.wait_for("observe …")
        while len(owned(store)["containers"] - before["containers"]) < 2:
            time.sleep(0.05)
        store.processes[-1].kill()
        done = call.end()
    assert done.code == 4, done.stderr
    assert "containers of this run remain" in done.stderr
    assert "`ci-slim clean --remove`" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.report is not None and done.report["outcome"] == "failed"


def settled(store: Store) -> dict[str, set[str]]:
    """What is left once the daemon has done what the killed run had asked for last."""
    seen = [owned(store)]
    for _ in range(30):
        time.sleep(1)
        seen.append(owned(store))
        if len(seen) > 3 and seen[-3] == seen[-2] == seen[-1]:
            break
    return seen[-1]


def clean(store: Store, folder: Path, *flags: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", "clean", *flags],
        env={**os.environ, **store.environment, "TMPDIR": str(folder / "tmp")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
