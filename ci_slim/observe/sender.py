"""Sends probes to a running container."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from ci_slim.engine.background import BackgroundTask
from ci_slim.engine.execution import Executed
from ci_slim.observe.own_container import OwnContainers
from ci_slim.observe.pace import Pace
from ci_slim.observe.readiness import (
    SLOWEST_POLL,
    STALLED,
    FirstAnswer,
    Readiness,
    wait_for_end,
)
from ci_slim.observe.running import HEALTHCHECK
from ci_slim.observe.toolkit import OUT
from ci_slim.observe.traces import Traces
from ci_slim.observe.watch import NO_PROGRAM
from ci_slim.observe.watched_container import WatchedContainer
from ci_slim.platforms import emulated
from ci_slim.probes import (
    BODY_LIMIT,
    Answered,
    Carried,
    ExecProbe,
    HttpProbe,
    Idle,
    InNetwork,
    Inside,
    OnMachine,
    OwnContainer,
    Probe,
    Ran,
    Restart,
    Run,
    Signal,
    Way,
    answers,
    has_own_container,
)
from ci_slim.probes.batch import LARGEST, batch, batched_answers
from ci_slim.probes.http import request
from ci_slim.probes.judged import NOT_FOUND

TIMED_OUT = 124
"""The exit code of a command that was stopped by a timeout, as timeout(1) has it."""
AFTER_SIGNAL = 1.0
"""Seconds that an application gets to handle a signal."""
LATE_WITHIN = 10.0
"""Seconds in all for which later probes are repeated that fail because the application still
starts: it may serve its page long before it has measured something."""
LATE_MORE = 2.0
"""Seconds that the slim image may need more than the fat one for the answer to a later probe, from
its start on."""
CHECKED_WITHIN = 10.0
"""Seconds for which a failing health check is repeated, if there is no other probe."""


class Sender:
    """Sends probes to a running container, and waits for the first good answer."""

    def __init__(
        self,
        container: WatchedContainer,
        traces: Traces,
        own: OwnContainers,
        readiness: Readiness,
        show: Callable[[str], object],
    ) -> None:
        self._container, self._traces, self._own = container, traces, own
        self._readiness = readiness
        self._show = show
        self._emulated = emulated(container.spec.platform, container.engine.platform)
        self.sent = 0
        """Number of probes that the target answered, without those that do not reach it."""
        self.start_seconds = 0.0
        """Seconds until it was ready, or until the first good answer once there is one."""
        self.answered: dict[str, float] = {}
        """The seconds after its start when it had answered each probe, by the name of the probe."""
        self._waited = 0.0

    @property
    def pace(self) -> Pace:
        """How fast the application is."""
        return Pace(self._emulated, self.start_seconds)

    def send(self, probe: Probe) -> Iterator[Answered]:
        """Send one probe and yield its answers. The very first probe is sent until its answer is
        good, the others for a short time in all."""
        self._show(f"{len(self.answered)} probes answered, {probe.name} sent")
        if has_own_container(probe):
            yield from self._send_apart(probe)
            self.answered[probe.name] = self._age
            return
        if not self.sent:
            yield from self._send_first(probe)
        elif (left := self._left(probe)) > 0:
            yield from self._send_late(probe, left)
        else:
            yield from self._send(probe)
        self.sent += 1
        self.answered[probe.name] = self._age

    def send_again(self, asked: Sequence[HttpProbe]) -> Iterator[Answered]:
        """Send requests once more, in this order, with many requests in one call of curl."""
        for start in range(0, len(asked), LARGEST):
            some = asked[start : start + LARGEST]
            call = batch([(probe, request(probe, self._way())) for probe in some])
            done = self._container.run_in_sidecar(call.program, *call.argv, files=call.files)
            found = done and batched_answers(some, done.stdout, done.stderr)
            if found:
                yield from map(Answered, some, found)
            else:
                for probe in some:
                    yield from self._send(probe)

    def _send_apart(self, probe: Probe) -> Iterator[Answered]:
        """Send a probe that does not reach the target. If it fails and there are services, it is
        sent again, because they may still be starting."""
        run, patience = self._container.spec.run, self._container.spec.patience
        within = run.ready.within
        if patience is not None:
            within = patience.answered.get(probe.name, 0.0) + self.pace.timeout(LATE_MORE)
        found = [*self._send(probe)]
        while run.services and not found[0].answer.ok and self._age < within:
            time.sleep(SLOWEST_POLL)
            found = [*self._send(probe)]
        yield from found

    def _send_first(self, probe: Probe) -> Iterator[Answered]:
        spec = self._container.spec
        within = spec.patience.first if spec.patience else spec.run.ready.within
        if probe.name == HEALTHCHECK:  # the image may be usable though its check fails
            within = min(within, self.pace.timeout(CHECKED_WITHIN))
        answer, further, _ = self._until_good(probe, within)
        yield answer
        self.start_seconds = self._age
        yield from further

    @property
    def _age(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._container.began

    def _left(self, probe: Probe) -> float:
        """For how many seconds a later probe that fails may be sent again, if it is a request that
        changes nothing or a command. The slim image has as much time from its start on as the fat
        image had, and a little more."""
        asks = isinstance(probe, HttpProbe) and probe.repeatable
        if probe.name == HEALTHCHECK or not (asks or isinstance(probe, ExecProbe)):
            return 0.0
        patience = self._container.spec.patience
        if patience is None:
            return self.pace.timeout(LATE_WITHIN) - self._waited
        return patience.answered.get(probe.name, 0.0) + self.pace.timeout(LATE_MORE) - self._age

    def _send_late(self, probe: Probe, within: float) -> Iterator[Answered]:
        began = time.monotonic()
        answer, further, sent = self._until_good(probe, within)
        if sent > 1:
            self._waited += time.monotonic() - began
        yield answer
        yield from further

    def _until_good(self, probe: Probe, within: float) -> tuple[Answered, Iterator[Answered], int]:
        """Send a probe until its answer is good. Returns the last answer, those after it, and how
        often it was sent."""
        further: Iterator[Answered] = iter(())
        times = 0

        def send() -> Answered:
            nonlocal further, times
            times += 1
            further = self._send(probe)
            return next(further)

        found = FirstAnswer(self._container.state, self._stalled, within, self._show).of(send)
        return found, further, times

    def _stalled(self, passed: float) -> str:
        """Why an application that gives no good answer will not give one later, or ""."""
        container, growth = self._container, self._traces.growth
        if container.watch.tracer is None or container.spec.run.ready.kind not in ("auto", "port"):
            return ""
        if passed < 1.0 or not self._traces.read_on():
            return ""
        unchanged = self._traces.seconds_unchanged()
        if not growth.failed or unchanged < self.pace.timeout(STALLED):
            return ""
        return f"{growth.failed[-1]}, and nothing was started after it"

    def _send(self, probe: Probe) -> Iterator[Answered]:
        pace = self.pace
        patient: Probe = replace(cast(Any, probe), timeout=pace.timeout(probe.timeout))
        for found in answers(patient.exchange(self._way()), self._run):
            answer = found.answer
            if answer.timed_out:
                is_check = probe.name == HEALTHCHECK
                setting = "--timeout of its HEALTHCHECK" if is_check else "`timeout` of the probe"
                error = pace.timed_out(probe.timeout, setting)
                answer = replace(answer, ok=False, error=error)
            yield Answered(probe if found.probe is patient else found.probe, answer)

    def _way(self) -> Way:
        return Way(self._readiness.host, self._readiness.port, OUT)

    def _run(self, run: Run) -> Ran:
        """Carry out what a probe asks for."""
        began = time.monotonic()
        match run:
            case Carried(program, argv, files):
                done = self._container.run_in_sidecar(program, *argv, files=files)
            case Inside(argv, seconds, stdin):
                done = self._run_inside(argv, seconds, stdin)
            case OnMachine() | InNetwork():
                return self._container.run_elsewhere(run)
            case OwnContainer():
                return self._own.run(run)
            case Idle(seconds):
                return self._wait(seconds)
            case Signal(name):
                self._container.engine.signal(self._container.id, name)
                return self._wait(AFTER_SIGNAL)
            case Restart():
                return Ran(error=self._restart())
        if done is None:
            return Ran(error="the container ended before the probe was sent")
        taken = time.monotonic() - began
        if isinstance(run, Inside) and done.code == TIMED_OUT and taken >= run.seconds:
            return Ran(error=f"timed out after {run.seconds:g} s")
        return Ran(done.code, done.stdout, done.stderr, round(taken * 1000))

    def _wait(self, seconds: float) -> Ran:
        """Wait without sending anything. It is an error if the container ends meanwhile."""
        began = time.monotonic()
        code = wait_for_end(self._container.state, seconds)
        taken = round((time.monotonic() - began) * 1000)
        if code is None:
            return Ran(ms=taken)
        return Ran(ms=taken, error=f"the container ended with exit code {code}")

    def _restart(self) -> str:
        """Restart the container. Returns why it was not ready after that, or ""."""
        if self._container.watch.log is not None:
            return ""  # the sidecar reads its log and must stay
        self._container.restart()
        return self._readiness.wait()

    def _run_inside(
        self, command: tuple[str, ...], seconds: float, stdin: bytes
    ) -> Executed | None:
        container = self._container
        name = self._traces.next_name()
        argv = container.traced(name, list(command))
        if (tracer := container.watch.tracer) is not None:
            limit = tracer.command("timeout", "-k", "2", f"{seconds:g}")
            done = container.run_inside([*limit, *argv], limit=BODY_LIMIT, stdin=stdin)
            self._traces.add(name, ran=done is not None)
            if done is not None and done.code == 1 and NO_PROGRAM in done.stderr:
                return Executed(NOT_FOUND, done.stdout, b"")
            return done
        # No tool of ci-slim is in the container to stop the command. It ends with the container.
        running = BackgroundTask(
            lambda: container.run_inside(argv, limit=BODY_LIMIT, stdin=stdin), "command"
        )
        try:
            return running.result(seconds)
        except TimeoutError:
            return Executed(TIMED_OUT, b"", b"")
