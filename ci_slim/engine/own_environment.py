"""The environment of this process, with what nothing that it starts or reads may see taken out.

Removing a variable hides it from processes that are started. What a process was started with stays
readable in /proc/PID/environ (proc_pid_environ(5)), by name of a file that settings may give to a
build; so it is blotted out there too, where the kernel shows it from: the process' own memory.
"""

import ctypes
import os
from collections.abc import Collection
from pathlib import Path

_START, _END = 50, 51
"""Fields of proc_pid_stat(5): where that memory begins and ends."""


def give(name: str, value: str) -> None:
    """Set a variable, for what reads the environment by itself: Python's clients, and programs."""
    os.environ[name] = value


def forget(names: Collection[str]) -> None:
    """Remove these variables from the environment, as children inherit it and as /proc shows it."""
    for name in names:
        os.environ.pop(name, None)
    try:
        stat = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # no such system, and no such file
    fields = stat.rpartition(")")[2].split()  # from the third on; the second may hold blanks
    start, end = int(fields[_START - 3]), int(fields[_END - 3])
    wanted = {name.encode() for name in names}
    place = start
    for entry in ctypes.string_at(start, end - start).split(b"\0"):
        if entry.partition(b"=")[0] in wanted:
            ctypes.memset(place, 0, len(entry))
        place += len(entry) + 1
