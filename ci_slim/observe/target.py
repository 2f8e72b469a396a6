"""The container under observation, and the sidecar that sends it the probes."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Self, TypeVar, cast

from ci_slim.engine.background import BackgroundTask
from ci_slim.engine.docker import Engine, Executed, State
from ci_slim.errors import EngineError
from ci_slim.image.small_tar import below, fifo, put_files
from ci_slim.observe import elsewhere, sockets
from ci_slim.observe.observation import Lost, Observation
from ci_slim.observe.own_names import own_names
from ci_slim.observe.pace import SETTLES_WITHIN, Pace
from ci_slim.observe.readiness import (
    STALLED,
    FirstAnswer,
    Readiness,
    settle,
    wait_for_end,
)
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.observe.running import (
    HEALTHCHECK,
    command_of,
    exposed_port,
    host_config,
    loader_settings,
    texts,
)
from ci_slim.observe.seen import LOG_FILE, LOG_FOLDER, LOG_SETTINGS
from ci_slim.observe.sidecar import Sidecar
from ci_slim.observe.sockets import Listener
from ci_slim.observe.toolkit import FOLDER, OUT
from ci_slim.observe.trace import fetch
from ci_slim.observe.trace.growth import GrowingTrace, TraceDamaged
from ci_slim.observe.trace.parse import parse_apart
from ci_slim.observe.watch import Watch
from ci_slim.platforms import emulated
from ci_slim.probes import (
    BODY_LIMIT,
    NO_MASK,
    Answered,
    Carried,
    HttpProbe,
    Idle,
    InNetwork,
    Inside,
    OnMachine,
    Probe,
    Ran,
    Restart,
    Run,
    Signal,
    Way,
    answers,
)
from ci_slim.probes.batch import LARGEST, batch, batched_answers
from ci_slim.probes.command import NOT_FOUND
from ci_slim.probes.http import request

T = TypeVar("T")
LOG_LINES = 20
ENDING = 1.0
"""Seconds in which a process without its tracer is gone, if it was ending when it was looked at."""
LOG_SEARCHED = 5000
"""Lines of the log in which readiness looks for its own; the daemon cuts lines at 16 KB."""
TIMED_OUT = 124
"""The exit code of a command that had to be stopped, as timeout(1) has it."""
AFTER_SIGNAL = 1.0
"""Seconds for what an application does when it gets a signal."""
COUNTED_EACH = 5.0
"""Seconds between two looks at how many paths were used, where that is only shown."""
_NO_PROGRAM = b"/strace: Cannot find executable"
"""What the tracer says of a command that is not in the image, with exit code 1."""
CHECKED_WITHIN = 10.0
"""Seconds for which a health check that fails is repeated, when it is all there is to send."""


class Target:
    """A running image and how it is watched. A context manager: leaving it removes all of it."""

    def __init__(self, engine: Engine, tools: Tools, spec: RunSpec, watch: Watch) -> None:
        self._engine, self._tools, self._subject, self._watch = engine, tools, spec, watch
        self._containers: list[str] = []
        self._prober = tools.prober(_programs(spec))
        self._sidecar = Sidecar(engine, self._prober, self._create)
        self._traces: dict[str, bool] = {}
        """Name → whether it must be there: it need not where the container ended before."""
        self._marks: list[tuple[int, int]] = []
        """Bytes of the main trace, and how many traces there were, where a part ended."""
        self._id = ""
        self._services: dict[str, str] = {}
        """The name of a service → its container."""
        self.mask = NO_MASK
        """The names that the run has for itself; of all its starts."""
        self._loader = loader_settings(spec.config, spec.run)
        port = spec.run.port or spec.run.ready.port or exposed_port(spec.config)
        self._asks = any(probe.listener for probe in spec.probes)
        self._readiness = Readiness(self, spec.run.ready, port, needs_port=self._asks)
        self._growth = GrowingTrace(str(spec.config.config.get("WorkingDir") or "/"))
        self._still: tuple[float, int] = (0.0, -1)
        """Since when the trace has shown nothing new, and what it had shown by then."""
        self._began = self._counted = time.monotonic()
        self._emulated = emulated(spec.platform, engine.platform)
        self.sent = 0
        """Probes that were answered."""
        self.start_seconds = 0.0
        """Until it was ready; until the first good answer once there is one."""

    @classmethod
    def started(cls, engine: Engine, tools: Tools, spec: RunSpec, watch: Watch) -> Self:
        """Start the image's services, then the image."""
        target = cls(engine, tools, spec, watch)
        try:
            target._start()
        except BaseException:
            target.remove()
            raise
        return target

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _start(self) -> None:
        engine, spec, watch = self._engine, self._subject, self._watch
        network = self._start_services() if spec.run.services else spec.run.host.network
        command = command_of(spec.config, spec.run, spec.called or spec.image)
        argv = self._watched("trace.main", command, "-D")  # leaves the application PID 1
        environment = dict(spec.run.env)
        if watch.tracer is not None:
            environment |= dict.fromkeys(self._loader, "")
        if watch.home and not any(pair.startswith("HOME=") for pair in texts(spec.config, "Env")):
            environment.setdefault("HOME", watch.home)
        if watch.log is not None:
            environment |= LOG_SETTINGS
        self._id = self._create(
            spec.image,
            argv,
            environment=environment,
            user="0:0" if watch.user else spec.run.user,
            volumes=self._volumes() or None,
            hostname=spec.run.host.hostname,
            host={**host_config(spec.run.host, watch.host), "network_mode": network},
        )
        if spec.run.files:
            engine.put(self._id, "/", put_files(spec.run.files))
        if watch.tracer is not None and spec.run.host.read_only:
            engine.put(self._id, FOLDER, below(watch.tracer.archive, FOLDER))
        elif watch.tracer is not None:
            engine.put(self._id, "/", watch.tracer.archive)
        if watch.log is not None:
            engine.put(self._id, "/", fifo(LOG_FILE))
        self._began = time.monotonic()
        engine.start(self._id)
        self._traces["trace.main"] = True
        self._learn_names()
        self._start_sidecar()

    def _start_sidecar(self) -> None:
        if self._needs_sidecar():
            cleared = dict.fromkeys(self._loader, "")
            image = self._subject.sidecar_image
            self._sidecar.start(image, self._id, cleared, self._watch.log)

    def _volumes(self) -> list[str]:
        """Those of the plan, and what a traced container writes to."""
        plan, watch = self._subject.run.host, self._watch
        log = [LOG_FOLDER] if watch.log is not None else []
        tools = [FOLDER] if watch.tracer is not None and plan.read_only else []
        return [*plan.volumes, *log, *tools]

    def _needs_sidecar(self) -> bool:
        nothing_inside = self._watch.tracer is None or self._watch.log is not None
        sends = any(probe.sidecar for probe in self._subject.probes)
        return nothing_inside or sends or self._subject.run.ready.kind == "http"

    def _start_services(self) -> str:
        engine = self._engine
        network = engine.create_network()
        for service in self._subject.run.services:
            engine.pull_if_missing(service.image)
            container = engine.create(
                engine.pin(service.image),
                command=list(service.command) if service.command else None,
                environment=dict(service.env),
            )
            self._containers.append(container)
            self._services[service.name] = container
            engine.join(network, container, service.name)
            engine.start(container)
        return network

    def _learn_names(self) -> None:
        """Ask how the container is called since its start: once it has ended, it has no address."""
        services = {name: self._engine.identity(each) for name, each in self._services.items()}
        self.mask = self.mask.merge(own_names(self._engine.identity(self._id), services))

    def _create(self, image: str, argv: list[str], **settings: Any) -> str:
        container = self._engine.create(
            image,
            entrypoint=argv[:1],
            command=argv[1:],
            # Docker would run the image's own check unseen by the tracer: we send it as a probe.
            healthcheck={"Test": ["NONE"]},
            **settings,
        )
        self._containers.append(container)
        return container

    def _watched(self, out: str, command: list[str], *more: str) -> list[str]:
        if self._watch.tracer is None:
            return command
        settings = [f"--env={name}={value}" for name, value in self._loader.items()]
        arguments = (*more, *self._watch.arguments, *settings, "-A", "-o", f"{OUT}/{out}", "--")
        return self._watch.tracer.command("strace", *arguments, *command)

    # -- what readiness looks at ---------------------------------------------------------------

    def wait_until_ready(self) -> str:
        """Poll until the application is ready; why it is not, or ''."""
        self._says(f"waiting until it is ready, at most {self._subject.run.ready.within:g} s")
        problem = self._readiness.wait()
        self.start_seconds = time.monotonic() - self._began
        return problem

    @property
    def _pace(self) -> Pace:
        return Pace(self._emulated, self.start_seconds)

    def serves(self) -> bool:
        """Whether there is something to wait for: a port, or a readiness that was asked for."""
        ready = self._subject.run.ready
        return ready.kind not in ("auto", "none") or self._readiness.port is not None

    def state(self) -> State:
        """How the container is doing."""
        return self._engine.state(self._id)

    def log(self) -> str:
        """The last that the application wrote: it may write without end."""
        return self._engine.logs(self._id, LOG_SEARCHED).decode("utf-8", "replace")

    def listeners(self) -> tuple[Listener, ...]:
        """Who listens in its network; nobody, once it has ended."""
        tables = ("cat", "/proc/net/tcp", "/proc/net/tcp6")
        if self._watch.tracer is None:
            done = self._beside(*tables)
        else:
            argv = self._watch.tracer.command(*tables)
            done = self._inside(argv, user="0:0", limit=8 * BODY_LIMIT, speaks=True)
        return sockets.listeners(done.stdout.decode("ascii", "replace")) if done else ()

    def ask(self, request: Carried) -> bytes | None:
        """curl's standard error for a request from inside; None once it has ended."""
        done = self._beside(request.program, *request.argv)
        return done.stderr if done else None

    def wait_for_hands(self, seconds: float) -> None:
        """Let somebody use it, and count what that shows."""
        address = self._engine.address(self._id)
        port = f":{self._readiness.port}" if self._readiness.port else ""
        deadline = time.monotonic() + seconds
        while self._read_on() and (left := deadline - time.monotonic()) > 0:
            self._says(f"use it at {address}{port} for {left:.0f} s more")
            time.sleep(min(left, 1.0))

    def settle(self) -> None:
        """Let it do what it does of itself, unless it answers requests, which show more."""
        if self._asks or self._watch.tracer is None:
            return
        quiet = self._pace.quiet(probed=self.sent > 0)
        said = f"waiting until it uses no new path for {quiet:g} s, at most {SETTLES_WITHIN:g} s"

        def paths() -> int | None:
            running = self._read_on()
            self._says(said)
            return self._growth.paths if running else None

        settle(paths, quiet=quiet, within=SETTLES_WITHIN)

    def _read_on(self) -> bool:
        """Read what its trace has grown by; whether it still runs."""
        tracer = self._watch.tracer
        assert tracer is not None
        argv = tracer.command("tail", "-c", f"+{self._growth.size + 1}", f"{OUT}/trace.main")
        if not self._growth.damaged:
            with contextlib.suppress(TraceDamaged):
                return self._inside(argv, user="0:0", sink=self._growth) is not None
        return self.state().running

    def _stalled(self, passed: float) -> str:
        """Why an application that gives no good answer will not do so later, or ''."""
        if self._watch.tracer is None or self._subject.run.ready.kind not in ("auto", "port"):
            return ""
        if passed < 1.0 or not self._read_on():
            return ""
        shown, now = self._growth.paths + self._growth.starts, time.monotonic()
        if shown != self._still[1]:
            self._still = (now, shown)
        if not self._growth.failed or now - self._still[0] < self._pace.timeout(STALLED):
            return ""
        return f"{self._growth.failed[-1]}, and nothing was started after it"

    def _says(self, text: str) -> None:
        """Tell who waits what goes on; how many paths were used is read from time to time."""
        now = time.monotonic()
        if self._watch.tracer is not None and now - self._counted > COUNTED_EACH:
            with contextlib.suppress(EngineError):
                self._read_on()
            self._counted = now
        paths = f"; {self._growth.paths} paths used so far" if self._growth.size else ""
        self._tools.says(text + paths)

    def _inside(self, argv: list[str], **settings: Any) -> Executed | None:
        """Run a command in the container itself; None once it has ended."""
        if not self.state().running:
            return None
        try:
            return self._engine.execute(self._id, argv, **settings)
        except EngineError:
            if self.state().running:
                raise
            return None

    # -- probes -------------------------------------------------------------------------------

    def send(self, probe: Probe) -> Iterator[Answered]:
        """Send one probe and give its answers; the first one until its answer is good."""
        self._says(f"{self.sent} probes answered, {probe.name} sent")
        if self.sent:
            yield from self._send(probe)
        else:
            yield from self._send_first(probe)
        self.sent += 1

    def send_again(self, asked: Sequence[HttpProbe]) -> Iterator[Answered]:
        """Send requests once more, in this order and many in one call."""
        for start in range(0, len(asked), LARGEST):
            some = asked[start : start + LARGEST]
            call = batch([(probe, request(probe, self._way())) for probe in some])
            done = self._beside(call.program, *call.argv, files=call.files)
            found = done and batched_answers(some, done.stdout, done.stderr)
            if found:
                yield from map(Answered, some, found)
            else:
                for probe in some:
                    yield from self._send(probe)

    def _send_first(self, probe: Probe) -> Iterator[Answered]:
        within = self._subject.patience or self._subject.run.ready.within
        if probe.name == HEALTHCHECK:  # of an image that is sound without it
            within = min(within, self._pace.timeout(CHECKED_WITHIN))
        further: Iterator[Answered] = iter(())

        def send() -> Answered:
            nonlocal further
            further = self._send(probe)
            return next(further)

        yield FirstAnswer(self.state, self._stalled, within, self._says).of(send)
        self.start_seconds = time.monotonic() - self._began
        yield from further

    def _send(self, probe: Probe) -> Iterator[Answered]:
        pace = self._pace
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
                done = self._beside(program, *argv, files=files)
            case Inside(argv, seconds, stdin):
                done = self._command(argv, seconds, stdin)
            case OnMachine():
                return elsewhere.on_machine(run, self._engine.address(self._id))
            case InNetwork():
                return elsewhere.in_network(self._engine, run, self._id, self._containers.append)
            case Idle(seconds):
                return self._left(seconds)
            case Signal(name):
                self._engine.signal(self._id, name)
                return self._left(AFTER_SIGNAL)
            case Restart():
                return Ran(error=self._restart())
        if done is None:
            return Ran(error="the container ended before the probe was sent")
        taken = time.monotonic() - began
        if isinstance(run, Inside) and done.code == TIMED_OUT and taken >= run.seconds:
            return Ran(error=f"timed out after {run.seconds:g} s")
        return Ran(done.code, done.stdout, done.stderr, round(taken * 1000))

    def _left(self, seconds: float) -> Ran:
        """Leave it to itself; an error when it ends meanwhile."""
        began = time.monotonic()
        code = wait_for_end(self.state, seconds)
        taken = round((time.monotonic() - began) * 1000)
        if code is None:
            return Ran(ms=taken)
        return Ran(ms=taken, error=f"the container ended with exit code {code}")

    def _restart(self) -> str:
        """Stop it and start it again; why it was not ready then, or ''. Its sidecar was in the
        network that ended with it, so there is a new one."""
        if self._watch.log is not None:
            return ""  # its log is read by the sidecar
        self._remove_sidecar()
        self._engine.stop(self._id, self._subject.run.stop_grace)
        self._engine.start(self._id)
        self._learn_names()
        self._sidecar = Sidecar(self._engine, self._prober, self._create)
        self._start_sidecar()
        return self._readiness.wait()

    def _command(self, command: tuple[str, ...], seconds: float, stdin: bytes) -> Executed | None:
        name = f"trace.exec{len(self._traces)}"  # that of the application itself is the first
        argv = self._watched(name, list(command))
        if (tracer := self._watch.tracer) is not None:
            limit = tracer.command("timeout", "-k", "2", f"{seconds:g}")
            done = self._inside([*limit, *argv], limit=BODY_LIMIT, stdin=stdin)
            self._traces[name] = done is not None
            if done is not None and done.code == 1 and _NO_PROGRAM in done.stderr:
                return Executed(NOT_FOUND, done.stdout, b"")
            return done
        # Nothing of ours is in there to stop it: it ends with the container.
        running = BackgroundTask(
            lambda: self._inside(argv, limit=BODY_LIMIT, stdin=stdin), "command"
        )
        try:
            return running.result(seconds)
        except TimeoutError:
            return Executed(TIMED_OUT, b"", b"")

    def _beside(self, *command: str, **settings: Any) -> Executed | None:
        """Run a carried program in the target's network; None once the target has ended."""
        try:
            return self._sidecar.run(*command, **settings)
        except EngineError:
            if self.state().running:
                raise
            return None

    # -- the end ------------------------------------------------------------------------------

    def tracer_problem(self) -> str:
        """Whether the tracer still sees PID 1; '' when it does, or when the container has ended.
        With an init process PID 1 is not the application."""
        if self._watch.tracer is None or self._subject.run.host.init:
            return ""
        argv = self._watch.tracer.command("cat", "/proc/1/status")
        status = self._inside(argv, user="0:0", limit=BODY_LIMIT, speaks=True)
        if status is None:
            return ""
        found = re.search(rb"^TracerPid:\t(\d+)", status.stdout, re.MULTILINE)
        if found is not None and found[1] != b"0":
            return ""
        # It may have been about to end, and nobody traces that.
        if wait_for_end(self.state, ENDING) is not None:
            return ""
        return "the tracer is gone, so what the application used from then on is not known"

    def stop(self) -> None:
        """Send the image's stop signal, wait, then kill."""
        if self._watch.log is None:
            self._remove_sidecar()  # nobody needs it any more, and it takes its time to go
        self._engine.stop(self._id, self._subject.run.stop_grace)
        if self._watch.log is not None:
            self._sidecar.read_on(self._watch.log)

    def log_lines(self, count: int) -> tuple[str, ...]:
        """The last lines that the application wrote."""
        return tuple(self._engine.logs(self._id, count).decode("utf-8", "replace").splitlines())

    def observation(self) -> Observation:
        """Which files the target and its exec probes used, as one observation."""
        workdir = str(self._subject.config.config.get("WorkingDir") or "/")
        return fetch.collected(self._engine, self._id, self._traces, workdir)

    def mark(self) -> None:
        """One part of the run ends here: see `parts`."""
        tracer = self._watch.tracer
        assert tracer is not None
        argv = tracer.command("stat", "--format=%s", f"{OUT}/trace.main")
        done = self._inside(argv, user="0:0")
        last = self._marks[-1][0] if self._marks else 0
        size = int(done.stdout or last) if done else last
        self._marks.append((size, len(self._traces)))

    def parts(self) -> tuple[Observation, ...]:
        """What was used until each mark, and after the last one."""
        workdir = str(self._subject.config.config.get("WorkingDir") or "/")
        names = list(self._traces)
        ends = [size for size, _ in self._marks]

        def main(lines: Iterator[bytes]) -> tuple[Observation, ...]:
            return parse_apart(lines, ends, workdir=workdir)

        found = [*fetch.fetched(self._engine, self._id, {names[0]: True}, main)]
        parts = [part for each in found if not isinstance(each, Lost) for part in each]
        if not parts:
            return ()
        start = 1
        for number, (_, count) in enumerate(self._marks):
            own = {name: self._traces[name] for name in names[start:count]}
            parts[number] = parts[number].merge(
                fetch.collected(self._engine, self._id, own, workdir)
            )
            start = count
        return tuple(parts)

    def traces(self, read: Callable[[Iterator[bytes]], T]) -> Iterator[T | Lost]:
        """What `read` makes of the lines of each trace: of the target, and of its exec probes."""
        return fetch.fetched(self._engine, self._id, self._traces, read)

    def remove(self) -> None:
        """Remove the container, its sidecar and its services."""
        self._remove_sidecar()
        while self._containers:
            self._engine.remove(self._containers.pop())

    def _remove_sidecar(self) -> None:
        self._sidecar.close()
        while self._id in self._containers[:-1]:  # it comes behind the target
            self._engine.remove(self._containers.pop())


def _programs(spec: RunSpec) -> tuple[str, ...]:
    """The carried programs that the probes need besides the usual ones."""
    return tuple(sorted({program for probe in spec.probes for program in probe.programs}))
