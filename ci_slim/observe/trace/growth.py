"""A trace that is read while it grows: how many paths the application has used so far. Pure."""

import re

from ci_slim.observe.observation import How
from ci_slim.observe.trace.parse import LONGEST, NOISE, Reader

_PROVIDED = ("/proc/", "/sys/", "/dev/")
_ZEROS = 64
"""strace writes no zero byte at all; a file that was made longer begins with them."""
_MADE = How.CREATE | How.REMOVE
_STARTED = re.compile(
    rb'^(\d+) +execve(?:at)?\((?:[^"]*, )?"([^"]*)".*\) = 0', re.MULTILINE
).findall
_FAILED = re.compile(
    rb"^(\d+) +\+\+\+ (exited with [1-9]\d*|killed by SIG\w+)", re.MULTILINE
).findall


class TraceDamaged(Exception):
    """The trace has a line that strace cannot have written: the application tampered with it."""


class GrowingTrace:
    """Takes the pieces of a trace as they come.

    A worker that polls uses the same paths again, looks into /proc, and makes files of names that
    were never there: none of that is new.
    """

    def __init__(self, workdir: str) -> None:
        self._reader = Reader(workdir, NOISE)
        self._rest = b""
        self._programs: dict[bytes, bytes] = {}
        self.size = 0
        """Bytes taken so far: where the next piece begins."""
        self.starts = 0
        """Programs that were started."""
        self.damaged = False
        """A line came that strace cannot have written. The rest is not read: the application may
        have made the file as long as it likes, and the whole trace will be refused."""
        self.failed: list[str] = []
        """Programs that ended badly: `php-fpm exited with 78`."""

    def write(self, piece: bytes) -> int:
        """Take the next piece. Raises TraceDamaged."""
        self.size += len(piece)
        whole, newline, rest = (self._rest + piece).rpartition(b"\n")
        if len(rest) > LONGEST or rest.startswith(bytes(_ZEROS)):
            self.damaged = True
            raise TraceDamaged
        self._rest = rest
        for line in whole.split(b"\n") if newline else ():
            self._reader.feed(line)
        started = _STARTED(whole)
        self._programs.update(started)
        self.starts += len(started)
        for pid, how in _FAILED(whole):
            if name := self._programs.get(pid):
                self.failed.append(
                    (name.rpartition(b"/")[2] + b" " + how).decode("utf-8", "replace")
                )
        return len(piece)

    @property
    def paths(self) -> int:
        """Different paths that it used and did not make itself."""
        return sum(
            not how & _MADE and not path.startswith(_PROVIDED)
            for path, how in self._reader.uses.items()
        )
