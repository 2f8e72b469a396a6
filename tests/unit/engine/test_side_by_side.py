"""Tasks run side by side: in order, bounded, and stopped with all that they started."""

import queue
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from ci_slim.engine import process
from ci_slim.engine import side_by_side as side_by_side_module
from ci_slim.engine.side_by_side import Task, default_jobs, side_by_side
from ci_slim.errors import EngineError, Interrupted


def run(tasks: list[Task[int]], jobs: int) -> list[int]:
    return list(side_by_side(tasks, jobs, process.Group()))


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    first = threading.Event()

    def early() -> int:
        assert jobs == 1 or first.wait(10)
        return 0

    def late() -> int:
        first.set()
        return 1

    assert run([Task(early), Task(late), Task(lambda: 2)], jobs) == [0, 1, 2]


def test_no_more_tasks_run_at_once_than_jobs() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def work() -> int:
        nonlocal now, most
        with lock:
            now, most = now + 1, max(most, now + 1)
        time.sleep(0.01)
        with lock:
            now -= 1
        return 0

    run([Task(work)] * 12, 3)
    assert most == 3


def test_a_task_waits_for_others_and_for_what_it_shares() -> None:
    ended: list[int] = []
    last = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            last.wait(10)
        ended.append(number)
        if number == 3:
            last.set()
        return number

    shared = frozenset({"devices"})
    tasks = [
        Task(lambda: work(0), alone=shared),
        Task(lambda: work(1), after=frozenset({0})),
        Task(lambda: work(2), alone=shared),
        Task(lambda: work(3)),
    ]
    assert run(tasks, 4) == [0, 1, 2, 3]
    assert ended.index(3) < ended.index(0)
    assert ended.index(0) < ended.index(1) and ended.index(0) < ended.index(2)


def test_what_a_task_raises_is_raised_in_its_turn() -> None:
    def broken() -> int:
        raise EngineError("it broke")

    got = side_by_side([Task(lambda: 0), Task(broken)], 2, process.Group())
    assert next(got) == 0
    with pytest.raises(EngineError, match="it broke"):
        next(got)


def test_a_group_that_is_closed_ends_its_processes_and_starts_no_other() -> None:
    group, caught = process.Group(), []

    def work() -> int:
        try:
            with group.entered():
                command = ["sh", "-c", "echo started; sleep 600"]
                return process.run(command, each_line=lines.put).code
        finally:
            caught.append(True)

    lines: queue.Queue[str] = queue.Queue()
    thread = threading.Thread(target=work)
    thread.start()
    assert lines.get(timeout=20) == "started"
    group.close()
    thread.join(20)
    assert caught == [True]
    with group.entered(), pytest.raises(Interrupted):
        process.run(["true"])
    assert process.run(["true"]).code == 0


STOPPED = """\
    import sys
    from ci_slim.commands.edge import Edge
    from ci_slim.commands.exit import guarded
    from ci_slim.engine import process
    from ci_slim.engine.side_by_side import Task, side_by_side

    def work(edge):
        def child():
            return process.run(["sh", "-c", "echo $$; sleep 600"], each_line=show).code
        def show(line):
            print(f"{line}\\n", end="", flush=True)  # in one piece
        with edge.held.closing(process.Group()) as group:
            list(side_by_side([Task(child), Task(child)], 2, group))

    sys.exit(guarded(work, Edge()))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_processes_of_all_threads(number: signal.Signals) -> None:
    started = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(STOPPED)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    children = [int(started.stdout.readline()) for _ in range(2)]
    started.send_signal(number)
    _, errors = started.communicate(timeout=60)
    assert started.returncode == 130, errors
    assert f"stopped by {number.name}" in errors
    assert not any(Path(f"/proc/{child}").exists() for child in children)


@pytest.mark.parametrize(
    ("processors", "memory", "jobs"),
    [(2, 1 << 40, 3), (8, 1 << 40, 9), (2, 1_100_000_000, 2), (1, 1_000_000, 1)],
)
def test_one_job_more_than_processors_if_there_is_memory(
    processors: int, memory: int, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(processors))
    monkeypatch.setattr(side_by_side_module, "_free_memory", lambda: memory)
    assert default_jobs() == jobs
