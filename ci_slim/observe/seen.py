"""Which system calls a run made, from QEMU's log of its guest and from strace's text. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ci_slim.observe.syscalls import named

LOG_FOLDER = "/.ci-slim-log"
LOG_FILE = f"{LOG_FOLDER}/calls"
LOG_SETTINGS = {"QEMU_LOG": "strace", "QEMU_LOG_FILENAME": LOG_FILE}
"""Environment variables with which QEMU logs the calls of its guest. Every program that the
application starts inherits them. The log is a FIFO, because each program would overwrite a plain
file."""

MARK = b"\n-- ci-slim: that is all --\n"
"""The last line of the log. ci-slim writes it."""

_GUEST = re.compile(rb"\d+ (\w+)\(").finditer
_NUMBER = re.compile(rb"Unknown syscall (\d+)").finditer
_TRACED = re.compile(rb"\d+ +(\w+)\(").match
_START = re.compile(rb'\d+ +execve(?:at)?\([^"]*"((?:[^"\\]|\\.)*)"').match
_LONGEST = 1 << 20


@dataclass(slots=True)
class GuestLog:
    """Reads QEMU's log, in pieces of any size.

    Threads write into each other's lines (`5 futex(5 read(…) = 1`), so a name may be anywhere in a
    line. Names that the architecture does not have are ignored. Some calls are logged by number: `5
    Unknown syscall 414` is ppoll_time64.

    Arguments are not distinguished from calls: a file named `1 sync(` would allow `sync`. To leave
    out quoted text could lose a name, which is worse.
    """

    architecture: str
    known: frozenset[str]
    names: set[str] = field(default_factory=set)
    ended: bool = False
    """Whether the last line has come."""
    _rest: bytes = b""

    def write(self, piece: bytes) -> int:
        """Take the next bytes of the log."""
        whole, _, rest = (self._rest + piece).rpartition(b"\n")
        # A line without an end must not fill the memory. QEMU's lines are short.
        self._rest = rest[-_LONGEST:]
        self.names |= _known((match[1] for match in _GUEST(whole)), self.known)
        numbers = {int(match[1]) for match in _NUMBER(whole)}
        called = {named(self.architecture, number) for number in numbers}
        self.names |= {name for name in called if name in self.known}
        self.ended = self.ended or MARK.strip() in whole
        return len(piece)


@dataclass(slots=True)
class Traced:
    """Reads strace's text: the names of all calls, and programs that QEMU did not log."""

    known: frozenset[str]
    names: set[str] = field(default_factory=set)
    unlogged: set[str] = field(default_factory=set)

    def read(self, lines: Iterable[bytes], *, guest: bool) -> int:
        """Take the lines of one trace. With `guest`, they come from an emulated container. Returns
        the number of lines; if it is 0, the trace failed."""
        raw = set()
        count = 0
        for count, line in enumerate(lines, 1):  # noqa: B007 - the number of lines is needed
            if match := _TRACED(line):
                raw.add(match[1])
                if guest and match[1].startswith(b"execve") and b"QEMU_LOG_FILENAME=" not in line:
                    self._unlogged(line)
        self.names |= _known(raw, self.known)
        return count

    def _unlogged(self, line: bytes) -> None:
        match = _START(line)
        if match and b") = -1 " not in line:
            self.unlogged.add(match[1].decode("utf-8", "replace"))


def _known(names: Iterable[bytes], known: frozenset[str]) -> set[str]:
    return {text for text in (name.decode("ascii", "replace") for name in names) if text in known}
