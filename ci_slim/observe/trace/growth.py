"""A trace that is read while it grows: how many paths the application has used so far. Pure."""

import re

from ci_slim.observe.observation import How
from ci_slim.observe.trace.parse import LONGEST
from ci_slim.observe.trace.paths import NOISE
from ci_slim.observe.trace.reader import Reader

_PROVIDED = ("/proc/", "/sys/", "/dev/")
_ZEROS = 64
"""strace writes no zero byte. A file that was extended by the application starts with them."""
_MADE = How.CREATE | How.REMOVE
_STARTED = re.compile(
    rb'^(\d+) +execve(?:at)?\((?:[^"]*, )?"([^"]*)".*\) = 0', re.MULTILINE
).findall
_FAILED = re.compile(
    rb"^(\d+) +\+\+\+ (exited with [1-9]\d*|killed by SIG\w+)", re.MULTILINE
).findall


class TraceDamaged(Exception):
    """The trace has a line that strace cannot have written. The application changed it."""


class GrowingTrace:
    """Takes the pieces of a trace as they come and counts new paths.

    A path that was used before, a path in /proc, and a path that the application created itself are
    not new. So an application that polls is found to be idle.
    """

    def __init__(self, workdir: str) -> None:
        self._reader = Reader(workdir, NOISE)
        self._rest = b""
        self._programs: dict[bytes, bytes] = {}
        self.size = 0
        """Bytes taken so far: the offset of the next piece."""
        self.starts = 0
        """The number of programs that were started."""
        self.damaged = False
        """Whether a line came that strace cannot have written. The rest is not read, because the
        application may have made the file as long as it likes, and the whole trace will
        be refused."""
        self.failed: list[str] = []
        """Programs that failed: `php-fpm exited with 78`."""

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
        """The number of different paths that it used and did not create itself."""
        return sum(
            not how & _MADE and not path.startswith(_PROVIDED)
            for path, how in self._reader.uses.items()
        )
