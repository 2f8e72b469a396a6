"""How long a failed call to a forge is repeated. Pure: clock and sleep are arguments."""

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

from ci_slim.report.foreign import visible

T = TypeVar("T")

TOTAL = 180.0
"""The most seconds that one job waits for a forge, calls included."""
_UNTOLD_LIMIT = 60.0
"""Seconds to wait for a rate limit that does not say how long: "at least one minute", says
docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api."""
_FIRST, _LONGEST = 2.0, 30.0
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_LIMITED = ("rate limit", "abuse detection", "retry your request again later")


class CallFailed(Exception):
    """A call that failed.

    `status` is None if no answer came; then it is unknown whether the call was carried out.
    `passing`: another try may succeed, after `wait` seconds if that is known.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        passing: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.passing = passing
        self.wait = wait

    def __str__(self) -> str:
        return self.message


def refused(status: int, headers: Mapping[str, str], message: str) -> CallFailed:
    """The failure for an answer with status 400 or above. Header names are case-insensitive."""
    known = {name.lower(): value for name, value in headers.items()}
    text = visible(message, 200)
    limited = status == 429 or (
        status == 403
        and (
            "retry-after" in known
            or known.get("x-ratelimit-remaining") == "0"
            or any(words in message.lower() for words in _LIMITED)
        )
    )
    wait = _asked(known)
    if limited and wait is None:
        wait = _UNTOLD_LIMIT
    return CallFailed(text, status=status, passing=limited or status in _PASSING, wait=wait)


def _asked(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from Retry-After (RFC 9110, section 10.2.3) or a rate limit's reset.

    Times are taken relative to the answer's own Date: the runner's clock may be wrong.
    """
    after = headers.get("retry-after", "").strip()
    if after.isdecimal():
        return float(after)
    now = _seconds(headers.get("date", ""))
    if now is None:
        return None
    until = _seconds(after)
    reset = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
    if until is None and headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        until = float(reset) + 1  # it may be at any time within that second
    return None if until is None else max(until - now, 0.0)


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


class Patience:
    """The time that a job may still wait for a forge."""

    def __init__(
        self, clock: Callable[[], float], sleep: Callable[[float], None], total: float = TOTAL
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._end = clock() + total
        self._pause = _FIRST

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self._end - self._clock()

    def wait(self, failed: CallFailed) -> None:
        """Wait until it is time to try again. Raises `failed` if there is no time left."""
        if not failed.passing:
            raise failed
        pause = self._pause if failed.wait is None else max(failed.wait, 1.0)
        if pause > self.left:
            if failed.wait is not None:
                failed.message += f" (it asks to wait {failed.wait:.0f} s)"
            raise failed
        if failed.wait is None:
            self._pause = min(2 * self._pause, _LONGEST)
        self._sleep(pause)

    def retry(self, call: Callable[[], T]) -> T:
        """Make a call, and repeat it while it fails. Returns its value. Use it only for calls that
        may be carried out twice."""
        while True:
            try:
                return call()
            except CallFailed as failed:
                self.wait(failed)
