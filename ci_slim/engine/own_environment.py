"""The environment of this process, without variables that child processes and files must not show.

A removed variable is hidden from child processes. But the environment at the start of a process
stays readable in /proc/PID/environ (proc_pid_environ(5)), and settings may give a build that file
by its name. So the variable is also overwritten there, in the process' own memory, from which the
kernel reads it.
"""

import ctypes
import os
from collections.abc import Collection
from pathlib import Path

_START, _END = 50, 51
"""Fields of proc_pid_stat(5): the start and the end of that memory."""


def give(name: str, value: str) -> None:
    """Set a variable for Python's clients and for programs, which read the environment
    themselves."""
    os.environ[name] = value


def forget(names: Collection[str]) -> None:
    """Remove variables from the environment, for child processes and in /proc."""
    for name in names:
        os.environ.pop(name, None)
    try:
        stat = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # this system does not have the file
    # from the third on, because the second may contain spaces
    fields = stat.rpartition(")")[2].split()
    start, end = int(fields[_START - 3]), int(fields[_END - 3])
    wanted = {name.encode() for name in names}
    place = start
    for entry in ctypes.string_at(start, end - start).split(b"\0"):
        if entry.partition(b"=")[0] in wanted:
            ctypes.memset(place, 0, len(entry))
        place += len(entry) + 1
