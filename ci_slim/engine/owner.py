"""Finds the process to which a thing in a daemon belongs, and whether that process is dead.

The id of a run names its process: `1a2b3c4d.9f3a1c07.7sx.1z141z`. It consists of a random text, the
boot and the process namespace (hashed), the process id and its start time (clock ticks since the
boot, both in base 36). A process id is used again for other processes, but not with the same start
time. Nothing is known about a process of another boot or namespace.
"""

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Fate = Literal["alive", "dead", "unknown"]

_RUN_ID = re.compile(r"[0-9a-z]+\.([0-9a-f]{8})\.([0-9a-z]+)\.([0-9a-z]+)").search
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: the boot of the machine with the process namespace, process id, start time in
    ticks."""

    boot: str
    pid: int
    started: int

    @classmethod
    def this_process(cls) -> "Owner":
        """This process."""
        try:
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            namespace = str(Path("/proc/self/ns/pid").readlink())
        except OSError:  # not Linux: nothing is known about other processes
            boot, namespace = os.urandom(8).hex(), ""
        hashed = hashlib.sha256(f"{boot} {namespace}".encode()).hexdigest()[:8]
        return cls(hashed, os.getpid(), start_time(os.getpid()) or 0)

    def run_id(self, name: str) -> str:
        """The id of a run of this process. `name` is a random text of small letters and digits."""
        return f"{name}.{self.boot}.{_base36(self.pid)}.{_base36(self.started)}"

    def fate_of(self, other: "Owner | None", started: Callable[[int], int | None]) -> Fate:
        """Whether another process is alive. `started` returns the start time of a process on this
        machine, or None if there is none."""
        if other is None or other.boot != self.boot:
            return "unknown"
        return "alive" if started(other.pid) == other.started else "dead"


def owner_of(text: str) -> Owner | None:
    """The owner in a label, or in a name that contains the id of a run. None for any other text."""
    if not (match := _RUN_ID(text)):
        return None
    boot, pid, started = match.groups()
    return Owner(boot, int(pid, 36), int(started, 36))


def start_time(pid: int) -> int | None:
    """The start time of a process of this machine (proc_pid_stat(5), field 22). None if it has
    ended, even if its parent has not read the exit code yet."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()  # the name may contain spaces and brackets
    return None if state in ("Z", "X") else int(fields[18])


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
