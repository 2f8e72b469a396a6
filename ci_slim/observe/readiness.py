"""Finds out when an application is ready for probes, where it listens, and when it has settled.

It polls. It never sleeps for a fixed time.
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from ci_slim import probes
from ci_slim.engine.docker import State
from ci_slim.observe import sockets
from ci_slim.observe.sockets import Listener
from ci_slim.probes import Answered, Carried
from ci_slim.settings.plans import Ready

POLL = 0.05
"""Seconds between two checks."""
SLOWEST_POLL = 1.0
"""Seconds between two checks that use time of the application, if it takes long."""
STALLED = 5.0
"""Seconds after which an application that lost a program and does nothing more will not recover."""


_READY_WORDS = re.compile(r"\b(?:ready|listening|started|running|accept)", re.IGNORECASE)
_WORDS = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*")


class Looks(Protocol):
    """What is asked of a started container."""

    def state(self) -> State: ...

    def log(self) -> str:
        """The end of its log, some thousand lines."""

    def listeners(self) -> tuple[Listener, ...]:
        """The listening sockets in its network. None of them once it has ended."""

    def ask(self, request: Carried) -> bytes | None:
        """curl's standard error for a request from inside, or None once the container has ended."""


class Readiness:
    """Waits until an application is ready. After that, `host` and `port` say where HTTP probes go.

    `port` is None if no port is known. Then, with `needs_port`, it takes any port that something
    listens on.
    """

    def __init__(self, looks: Looks, ready: Ready, port: int | None, *, needs_port: bool) -> None:
        self._looks, self._ready = looks, ready
        self._needs_port = needs_port or port is not None
        self.host = "127.0.0.1"
        self.port = port
        self._said = b""

    def wait(self) -> str:
        """Wait until it is ready. Returns why it is not ready, or ""."""
        deadline = time.monotonic() + self._ready.within
        while not self._is_ready():
            state = self._looks.state()
            if not state.running:
                return f"{_ended(state)} before it was ready"
            if time.monotonic() > deadline:
                within = f"{self._ready.within:g} s"
                return f"the container was not ready within {within}: {self._lacking()}"
            time.sleep(POLL)
        return ""

    def _is_ready(self) -> bool:
        match self._ready.kind:
            case "none":
                return self._looks.state().running
            case "log":
                if re.search(self._ready.pattern, self._looks.log(), re.MULTILINE) is None:
                    return False
                self._finds_listener()
                return True
            case "http":
                return self._finds_listener() and self._answers_well()
            case "port":
                return self._finds_listener()
            case _:
                return self._finds_listener() if self._needs_port else self._looks.state().running

    def _finds_listener(self) -> bool:
        """Whether something listens on the port, or on any port if none is known. Stores the
        address."""
        chosen = sockets.choose(self._looks.listeners(), self.port)
        if chosen is None:
            return False
        self.host, self.port = chosen.host, chosen.port
        return True

    def _answers_well(self) -> bool:
        assert self.port is not None
        request = probes.ready_request(self._ready.path, self.port, host=self.host)
        self._said = self._looks.ask(request) or b""
        return probes.is_ready(self._said)

    def _lacking(self) -> str:
        if self._ready.kind == "log":
            return f"no line of its log matches {self._ready.pattern!r}"
        if self._finds_listener():
            asked = f"GET {self._ready.path} on port {self.port}"
            came = probes.what_came(self._said)
            if came.startswith("answered"):
                return f"{asked} {came}"
            return f"{asked} over HTTP: {came or 'no answer'}; for another protocol use `port`"
        ports = sorted({each.port for each in self._looks.listeners()})
        others = f"; it listens on {', '.join(map(str, ports))}" if ports else ""
        return f"nothing listens on {f'port {self.port}' if self.port else 'any port'}{others}"


def _ended(state: State) -> str:
    memory = ", out of memory" if state.out_of_memory else ""
    return f"the container ended with exit code {state.exit_code}{memory}"


def ready_hint(log: Iterable[str]) -> str:
    """A sentence that tells how to configure readiness. The example is a line of the log, if one of
    its lines looks like a message of readiness."""
    lines = [line for line in log if _READY_WORDS.search(line)]
    example = "http:/path@120s"
    if lines:
        # Times and process ids differ from run to run, so only words are used as a pattern.
        words = max(_WORDS.findall(lines[-1]), key=len).strip()
        example = f"log:{words}"
    return f"say when it is ready: --ready '{example}'"


def wait_for_end(state: Callable[[], State], within: float) -> int | None:
    """Wait until a container ends by itself. Returns its exit code, or None if it keeps running."""
    deadline = time.monotonic() + within
    while (now := state()).running:
        if time.monotonic() > deadline:
            return None
        time.sleep(POLL)
    return now.exit_code


def settle(paths: Callable[[], int | None], *, quiet: float, within: float) -> None:
    """Wait until the application uses no new path for `quiet` seconds, at most `within` seconds.

    `paths` returns the number of paths used so far, or None once the container has ended.
    """
    began = changed = time.monotonic()
    number = paths()
    while number is not None and time.monotonic() < min(changed + quiet, began + within):
        time.sleep(min(quiet / 4, SLOWEST_POLL))
        if (now := paths()) != number:
            number, changed = now, time.monotonic()


class FirstAnswer:
    """Sends the first probe again until its answer is good, because an open port does not mean that
    the application is ready.

    `send` sends the probe once. It is repeated for at most `within` seconds, and not if its answer
    shows that waiting is useless. `stalled` returns another reason to stop waiting, or "".
    """

    def __init__(
        self,
        state: Callable[[], State],
        stalled: Callable[[float], str],
        within: float,
        waits: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._state, self._stalled, self._within = state, stalled, within
        self._waits = waits

    def of(self, send: Callable[[], Answered]) -> Answered:
        """The first good answer, or the last answer."""
        began, pause, last = time.monotonic(), POLL, ""
        while not (found := send()).answer.ok:
            probe, answer = found.probe, found.answer
            passed = time.monotonic() - began
            state = self._state()
            if not state.running:
                before = f"answered well. Until then it {last}" if last else "answered"
                why = f"{_ended(state)} before it {before}"
                return Answered(probe, replace(answer, error=why))
            final = probe.final_after(answer)
            if passed > self._within or (final is not None and passed >= final):
                return found
            said = probes.failures(probe, answer)[0]
            last = said if answer.status is not None else last
            if why := self._stalled(passed):
                return Answered(probe, replace(answer, error=f"{said}: {why}"))
            self._waits(f"{probe.name}: {said}")
            time.sleep(pause)
            pause = min(pause * 1.5, SLOWEST_POLL)
        return found
