"""The traces of a container: read while they grow, and fetched when the container has ended."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ci_slim.observe.observation import Lost, Observation
from ci_slim.observe.readiness import wait_for_end
from ci_slim.observe.toolkit import OUT
from ci_slim.observe.trace import fetch
from ci_slim.observe.trace.growth import GrowingTrace, TraceDamaged
from ci_slim.observe.trace.parse import parse_apart
from ci_slim.observe.watched_container import MAIN_TRACE, WatchedContainer
from ci_slim.probes import BODY_LIMIT

T = TypeVar("T")
ENDING = 1.0
"""Seconds in which a process without a tracer must end, if it was ending when it was checked."""


class Traces:
    """The trace of the application, one for each command that a probe ran inside, and those of the
    containers of `run` probes. If the container is not started, only the last."""

    def __init__(self, container: WatchedContainer, *, starts: bool = True) -> None:
        self._container = container
        self._workdir = str(container.spec.config.config.get("WorkingDir") or "/")
        self._wanted = {MAIN_TRACE: True} if starts else {}
        """Name to whether the trace must exist. It need not if the container ended before."""
        self._others: list[Traces] = []
        """Those of other containers."""
        self._marks: list[tuple[int, int, int]] = []
        """The bytes of the main trace, the number of traces and the number of other containers at
        the end of each part."""
        self._changed: tuple[float, int] = (0.0, -1)
        """When the trace last showed something new, and what it had shown by then."""
        self.growth = GrowingTrace(self._workdir)

    def next_name(self) -> str:
        """The name for the trace of the next command."""
        return f"trace.exec{len(self._wanted)}"  # the first is the application's own

    def add(self, name: str, *, ran: bool) -> None:
        """Add the trace of a command. `ran` says whether the container still ran, so that the
        trace must exist."""
        self._wanted[name] = ran

    def add_container(self, traces: "Traces") -> None:
        """Add the traces of another container of the same image, which has ended."""
        self._others.append(traces)

    def read_on(self) -> bool:
        """Read what the main trace has grown by. Returns whether the container still runs."""
        tracer = self._container.watch.tracer
        assert tracer is not None
        argv = tracer.command("tail", "-c", f"+{self.growth.size + 1}", f"{OUT}/{MAIN_TRACE}")
        if not self.growth.damaged:
            with contextlib.suppress(TraceDamaged):
                return self._container.run_inside(argv, user="0:0", sink=self.growth) is not None
        return self._container.state().running

    def seconds_unchanged(self) -> float:
        """Seconds since a call of this method first saw what the trace shows now."""
        shown, now = self.growth.paths + self.growth.starts, time.monotonic()
        if shown != self._changed[1]:
            self._changed = (now, shown)
        return now - self._changed[0]

    def problem(self) -> str:
        """Say that the tracer no longer traces PID 1, or return "" if it does or if the container
        has ended. With an init process, PID 1 is not the application."""
        tracer = self._container.watch.tracer
        if tracer is None or self._container.spec.run.host.init:
            return ""
        argv = tracer.command("cat", "/proc/1/status")
        status = self._container.run_inside(argv, user="0:0", limit=BODY_LIMIT, speaks=True)
        if status is None:
            return ""
        found = re.search(rb"^TracerPid:\t(\d+)", status.stdout, re.MULTILINE)
        if found is not None and found[1] != b"0":
            return ""
        # A process that is ending has no tracer.
        if wait_for_end(self._container.state, ENDING) is not None:
            return ""
        return "the tracer ended early, so what the application used after that is not known"

    def observation(self) -> Observation:
        """Which files all traces show as used, as one observation."""
        return self._with(self._collect(self._wanted), self._others)

    def mark(self) -> None:
        """End a part of the run here. See `parts`."""
        self.read_on()
        self._marks.append((self.growth.size, len(self._wanted), len(self._others)))

    def parts(self) -> tuple[Observation, ...]:
        """What was used up to each mark, and after the last mark."""
        names = list(self._wanted)
        parts = self._main_parts()
        if not parts:
            return ()
        start, first = 1, 0
        for number, (_, count, others) in enumerate(self._marks):
            own = {name: self._wanted[name] for name in names[start:count]}
            found = parts[number].merge(self._collect(own))
            parts[number] = self._with(found, self._others[first:others])
            start, first = count, others
        return tuple(parts)

    def _main_parts(self) -> list[Observation]:
        """What the main trace shows, by part."""
        ends = [size for size, *_ in self._marks]
        if MAIN_TRACE not in self._wanted:
            return [Observation.none() for _ in range(len(ends) + 1)]

        def main(lines: Iterator[bytes]) -> tuple[Observation, ...]:
            return parse_apart(lines, ends, workdir=self._workdir)

        found = self._fetch({MAIN_TRACE: True}, main)
        return [part for each in found if not isinstance(each, Lost) for part in each]

    @staticmethod
    def _with(found: Observation, others: "Sequence[Traces]") -> Observation:
        for each in others:
            found = found.merge(each.observation())
        return found

    def read(self, read: Callable[[Iterator[bytes]], T]) -> Iterator[T | Lost]:
        """What `read` returns for the lines of each trace."""
        yield from self._fetch(self._wanted, read)
        for each in self._others:
            yield from each.read(read)

    def _fetch(
        self, wanted: dict[str, bool], read: Callable[[Iterator[bytes]], T]
    ) -> Iterator[T | Lost]:
        return fetch.fetch_traces(self._container.engine, self._container.id, wanted, read)

    def _collect(self, wanted: dict[str, bool]) -> Observation:
        container = self._container
        return fetch.fetch_observation(container.engine, container.id, wanted, self._workdir)
