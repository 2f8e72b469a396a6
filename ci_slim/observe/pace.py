"""How long to wait for an application. Under emulation it depends on how long its start took. Pure.

Under QEMU a program takes several times as long, and the factor differs between programs. The start
is the first thing that can be measured, so it sets the factor.
"""

from dataclasses import dataclass

QUIET_PROBED, QUIET = 0.3, 2.0
"""Seconds without a new path after which an application has settled: after a probe, and if there is
no probe to send."""
QUIET_EMULATED, LONGEST_QUIET = 1.0, 5.0
"""The same under QEMU, where a second may pass between two files."""
SETTLES_WITHIN = 15.0
"""The most seconds to wait for an application that keeps using new paths."""

_PLAIN_START = 1.0
"""Seconds that a native start usually takes."""
_LEAST, _MOST = 4.0, 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an application is. `start_seconds` is the time from the start until it was ready."""

    emulated: bool
    start_seconds: float = 0.0

    @property
    def slowdown(self) -> float:
        """How many times longer than natively something may take."""
        if not self.emulated:
            return 1.0
        return round(min(max(self.start_seconds / _PLAIN_START, _LEAST), _MOST), 1)

    def timeout(self, seconds: float) -> float:
        """A timeout that was set for a native run, scaled to this application."""
        return seconds * self.slowdown

    def quiet(self, *, probed: bool) -> float:
        """Seconds without a new path after which it has settled."""
        native = QUIET_PROBED if probed else QUIET
        if not self.emulated:
            return native
        return min(max(native, QUIET_EMULATED, self.start_seconds / 2), LONGEST_QUIET)

    def timed_out(self, seconds: float, setting: str) -> str:
        """The message of a timeout of so many seconds, which `setting` changes."""
        scaled = f" ({seconds:g} s, times {self.slowdown:g} under emulation)"
        return (
            f"timed out after {self.timeout(seconds):g} s{scaled if self.emulated else ''}; "
            f"if it needs longer, raise {setting}"
        )
