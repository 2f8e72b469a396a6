"""How long an application is waited for; under emulation, by what its start took. Pure.

Under QEMU a program takes several times as long, and how many times differs from one to the next.
Its start is the first that is seen of it, so the start is the measure.
"""

from dataclasses import dataclass

QUIET_PROBED, QUIET = 0.3, 2.0
"""Seconds without a new path after which an application has settled: where a probe has made it do
something, and where only waiting shows what it does."""
QUIET_EMULATED, LONGEST_QUIET = 1.0, 5.0
"""Under QEMU a second may pass between two files."""
SETTLES_WITHIN = 15.0
"""Seconds that an application which goes on to new paths is waited for."""

_PLAIN_START = 1.0
"""Seconds that a start takes natively, about."""
_LEAST, _MOST = 4.0, 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an application is. `start_seconds`: until it was ready."""

    emulated: bool
    start_seconds: float = 0.0

    @property
    def slowdown(self) -> float:
        """How many times as long as natively something may take."""
        if not self.emulated:
            return 1.0
        return round(min(max(self.start_seconds / _PLAIN_START, _LEAST), _MOST), 1)

    def timeout(self, seconds: float) -> float:
        """A time-out that was set for a native run."""
        return seconds * self.slowdown

    def quiet(self, *, probed: bool) -> float:
        """Seconds without a new path after which it has settled."""
        native = QUIET_PROBED if probed else QUIET
        if not self.emulated:
            return native
        return min(max(native, QUIET_EMULATED, self.start_seconds / 2), LONGEST_QUIET)

    def timed_out(self, seconds: float, setting: str) -> str:
        """What is said of a time-out of so many seconds, which `setting` changes."""
        scaled = f" ({seconds:g} s, times {self.slowdown:g} under emulation)"
        return (
            f"timed out after {self.timeout(seconds):g} s{scaled if self.emulated else ''}; "
            f"if it needs longer, raise {setting}"
        )
