"""The container under observation: started, exercised with probes, read and removed."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Self, TypeVar

from ci_slim.engine.docker import Engine, State
from ci_slim.errors import EngineError
from ci_slim.observe.observation import Lost, Observation
from ci_slim.observe.own_container import OwnContainers
from ci_slim.observe.pace import SETTLES_WITHIN
from ci_slim.observe.readiness import Readiness, settle
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.observe.running import exposed_port
from ci_slim.observe.sender import Sender
from ci_slim.observe.services import Services
from ci_slim.observe.traces import Traces
from ci_slim.observe.watch import Watch
from ci_slim.observe.watched_container import WatchedContainer
from ci_slim.probes import Answered, HttpProbe, Probe, has_own_container
from ci_slim.probes.mask import Mask

T = TypeVar("T")
LOG_LINES = 20
COUNTED_EACH = 5.0
"""Seconds between two counts of the used paths for the progress output."""


class Target:
    """A running image and how it is watched. As a context manager, it removes all containers."""

    def __init__(self, engine: Engine, tools: Tools, spec: RunSpec, watch: Watch) -> None:
        self._tools, self._spec, self._watch = tools, spec, watch
        self._services = Services(engine, spec.run)
        self._container = WatchedContainer(engine, tools, spec, watch, self._services)
        port = spec.run.port or spec.run.ready.port or exposed_port(spec.config)
        self._asks = any(probe.listener for probe in spec.probes)
        self._readiness = Readiness(self._container, spec.run.ready, port, needs_port=self._asks)
        self._traces = Traces(self._container, starts=self.starts)
        self._own = OwnContainers(self._container, self._traces)
        self._sender = Sender(self._container, self._traces, self._own, self._readiness, self._show)
        self._counted = time.monotonic()

    @classmethod
    def start(cls, engine: Engine, tools: Tools, spec: RunSpec, watch: Watch) -> Self:
        """Start the image's services, then the image, if it `starts`."""
        target = cls(engine, tools, spec, watch)
        try:
            target._services.start()
            target._container.began = time.monotonic()
            if target.starts:
                target._container.start()
        except BaseException:
            target.remove()
            raise
        return target

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    @property
    def mask(self) -> Mask:
        """The names that the run has for itself, in all starts of its container."""
        return self._container.mask

    @property
    def start_seconds(self) -> float:
        """Seconds until it was ready, or until the first good answer once there is one."""
        return self._sender.start_seconds

    @property
    def answered(self) -> Mapping[str, float]:
        """The seconds after its start when it had answered each probe, by the name of the probe."""
        return self._sender.answered

    def wait_until_ready(self) -> str:
        """Wait until the application is ready. Returns why it is not ready, or ""."""
        self._show(f"waiting until it is ready, at most {self._spec.run.ready.within:g} s")
        problem = self._readiness.wait()
        self._sender.start_seconds = time.monotonic() - self._container.began
        return problem

    def serves(self) -> bool:
        """Whether there is something to wait for: a port, or a configured readiness."""
        ready = self._spec.run.ready
        return ready.kind not in ("auto", "none") or self._readiness.port is not None

    @property
    def starts(self) -> bool:
        """Whether it runs in a container that the probes are sent to. An image that serves nothing
        and has only probes with containers of their own needs none."""
        apart = bool(self._spec.probes) and all(map(has_own_container, self._spec.probes))
        by_hand = self._spec.run.observe_for > 0
        return not apart or by_hand or self.serves() or self._spec.run.ready.kind == "none"

    def wait_for_use_by_hand(self, seconds: float) -> None:
        """Let somebody use it for so many seconds, and show how many paths that uses."""
        address = self._container.engine.address(self._container.id)
        port = f":{self._readiness.port}" if self._readiness.port else ""
        deadline = time.monotonic() + seconds
        while self._traces.read_on() and (left := deadline - time.monotonic()) > 0:
            self._show(f"use it at {address}{port} for {left:.0f} s more")
            time.sleep(min(left, 1.0))

    def settle(self) -> None:
        """Wait for what it does by itself. Skipped if probes send requests, which show more."""
        if self._asks or self._watch.tracer is None:
            return
        quiet = self._sender.pace.quiet(probed=self._sender.sent > 0)
        said = f"waiting until it uses no new path for {quiet:g} s, at most {SETTLES_WITHIN:g} s"

        def paths() -> int | None:
            running = self._traces.read_on()
            self._show(said)
            return self._traces.growth.paths if running else None

        settle(paths, quiet=quiet, within=SETTLES_WITHIN)

    def _show(self, text: str) -> None:
        """Show what goes on, with the number of used paths, which is counted from time to time."""
        now = time.monotonic()
        if self._watch.tracer is not None and now - self._counted > COUNTED_EACH:
            with contextlib.suppress(EngineError):
                self._traces.read_on()
            self._counted = now
        growth = self._traces.growth
        self._tools.show(text + (f"; {growth.paths} paths used so far" if growth.size else ""))

    def send(self, probe: Probe) -> Iterator[Answered]:
        """Send one probe and yield its answers."""
        return self._sender.send(probe)

    def send_again(self, asked: Sequence[HttpProbe]) -> Iterator[Answered]:
        """Send requests once more, in this order."""
        return self._sender.send_again(asked)

    def state(self) -> State:
        """Whether the container runs, or how it ended."""
        return self._container.state()

    def log_lines(self, count: int) -> tuple[str, ...]:
        """The last lines of the application's log."""
        return self._container.log_lines(count)

    def tracer_problem(self) -> str:
        """Say that the tracer ended before the application, or return ""."""
        return self._traces.problem()

    def observation(self) -> Observation:
        """Which files the application and the command probes used, as one observation."""
        return self._traces.observation()

    def mark(self) -> None:
        """End a part of the run here. See `parts`."""
        self._traces.mark()

    def parts(self) -> tuple[Observation, ...]:
        """What was used up to each mark, and after the last mark."""
        return self._traces.parts()

    def traces(self, read: Callable[[Iterator[bytes]], T]) -> Iterator[T | Lost]:
        """What `read` returns for the lines of each trace."""
        return self._traces.read(read)

    def stop(self) -> None:
        """Send the image's stop signal, wait, then kill."""
        self._container.stop()

    def kill(self) -> None:
        """End its containers at once. They may have ended already."""
        self._own.kill()
        self._container.kill()

    def remove(self) -> None:
        """Remove the container, its sidecar and its services."""
        self._own.remove()
        self._container.remove()
        self._services.remove()
