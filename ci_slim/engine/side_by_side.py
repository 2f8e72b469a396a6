"""Tasks of a run side by side, in threads, with results in the order of the tasks.

Signals come to the main thread, which only waits here. When it is stopped, it ends the processes
that the tasks have started (`process.Group`) and goes on to the clean-up: the engines refuse all
further work. Nobody waits for the threads themselves, which may be in the middle of an answer.
"""

import os
import queue
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ci_slim.engine import process
from ci_slim.engine.background import BackgroundTask

T = TypeVar("T")

MEMORY = 500_000_000
"""Bytes that one task may take, twice what `make bench` allows for one image."""


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """One piece of work. `after` are the numbers of tasks that must have ended before; of two tasks
    that share a word in `alone`, only one runs at a time, the earlier one first."""

    call: Callable[[], T]
    after: frozenset[int] = frozenset()
    alone: frozenset[str] = frozenset()


def default_jobs() -> int:
    """One task more than this machine has processors, if it has memory for them: mostly one of them
    waits for the daemon or for an application."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return max(1, min(processors + 1, _free_memory() // MEMORY))


def _free_memory() -> int:
    """Bytes; a lot where the system does not say (proc_meminfo(5), cgroup v2's memory.max)."""
    found = [1 << 40]
    for name, key in (("/proc/meminfo", "MemAvailable:"), ("/sys/fs/cgroup/memory.max", "")):
        try:
            lines = Path(name).read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            words = line.removeprefix(key).split()
            if line.startswith(key) and words and words[0].isdigit():
                found.append(int(words[0]) * (1024 if key else 1))
    return min(found)


def side_by_side(tasks: Sequence[Task[T]], jobs: int, group: process.Group) -> Iterator[T]:
    """The results of the tasks, in their order. What a task raises is raised here. With one job,
    or one task, the work is done by the thread that asks."""
    if jobs == 1 or len(tasks) == 1:
        for task in tasks:
            yield task.call()
        return
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    running: dict[int, BackgroundTask[T]] = {}
    results: dict[int, T] = {}
    waiting = list(range(len(tasks)))
    shown = 0
    while shown < len(tasks):
        for number in _startable(tasks, waiting, running.keys(), results.keys(), jobs):
            waiting.remove(number)
            running[number] = BackgroundTask(_told(tasks[number], number, ended, group), "task")
        number = ended.get()
        results[number] = running.pop(number).result()
        while shown in results:
            yield results[shown]
            shown += 1


def _startable(
    tasks: Sequence[Task[T]],
    waiting: Sequence[int],
    running: Collection[int],
    done: Collection[int],
    jobs: int,
) -> list[int]:
    """The tasks that may start now, in their order."""
    started: list[int] = []
    taken = {word for number in running for word in tasks[number].alone}
    for number in waiting:
        if len(running) + len(started) >= jobs:
            break
        task = tasks[number]
        if task.after <= set(done) and not task.alone & taken:
            started.append(number)
        taken |= task.alone  # also of one that waits: the earlier one comes first
    return started


def _told(
    task: Task[T], number: int, ended: "queue.SimpleQueue[int]", group: process.Group
) -> Callable[[], T]:
    def call() -> T:
        try:
            with group.entered():
                return task.call()
        finally:
            ended.put(number)

    return call
