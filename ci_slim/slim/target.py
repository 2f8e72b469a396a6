"""The container under observation, and the sidecar that sends it the probes."""

import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

from ci_slim.engine.docker import Engine, Executed, State
from ci_slim.errors import EngineError
from ci_slim.image.oci import ImageConfig
from ci_slim.image.packing import packed
from ci_slim.plan import RunPlan
from ci_slim.platforms import Platform
from ci_slim.slim import probes, sockets, traces
from ci_slim.slim.observation import Observation
from ci_slim.slim.probes import (
    BODY_LIMIT,
    Answer,
    CrawlProbe,
    ExecProbe,
    HttpProbe,
    Probe,
    Request,
)
from ci_slim.slim.readiness import Readiness, settle
from ci_slim.slim.running import command_of, exposed_port, loader_settings
from ci_slim.slim.sockets import Listener
from ci_slim.slim.strace import STRACE_ARGS
from ci_slim.slim.toolkit import OUT, Toolkit

LOG_LINES = 20
LOG_SEARCHED = 5000
"""Lines of the log in which readiness looks for its own; the daemon cuts lines at 16 KB."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The toolkits for the two containers of an observation."""

    tracer: Toolkit
    prober: Toolkit


@dataclass(frozen=True, slots=True)
class Subject:
    """An image in the daemon, and how to run it."""

    image: str
    platform: Platform
    config: ImageConfig
    run: RunPlan
    probes: tuple[Probe, ...]
    sidecar_image: str
    """Where probes are sent from: the fat image, also for the slim one."""


class Target:
    """A running image under the carried tracer. A context manager: leaving it removes all of it."""

    def __init__(self, engine: Engine, tools: Tools, subject: Subject) -> None:
        self._engine, self._tools, self._subject = engine, tools, subject
        self._containers: list[str] = []
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="ci-slim-sidecar")
        self._sidecar: Future[str] | None = None
        self._traces: dict[str, bool] = {}
        """Name → whether it must be there: it need not where the container ended before."""
        self._id = ""
        self._loader = loader_settings(subject.config, subject.run)
        port = subject.run.port or subject.run.ready.port or exposed_port(subject.config)
        self._asks = any(not isinstance(probe, ExecProbe) for probe in subject.probes)
        self._readiness = Readiness(self, subject.run.ready, port, needs_port=self._asks)

    @classmethod
    def started(cls, engine: Engine, tools: Tools, subject: Subject) -> Self:
        """Start the image's services, then the image under the tracer."""
        target = cls(engine, tools, subject)
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
        engine, subject = self._engine, self._subject
        network = self._start_services() if subject.run.services else "bridge"
        command = command_of(subject.config, subject.run, subject.image)
        argv = self._traced("trace.main", command, "-D")  # leaves the application PID 1
        self._id = self._create(
            subject.image,
            argv,
            environment=dict(subject.run.env) | dict.fromkeys(self._loader, ""),
            user=subject.run.user,
            host={"cap_add": ["SYS_PTRACE"], "network_mode": network},
        )
        engine.put(self._id, "/", self._tools.tracer.archive)
        engine.start(self._id)
        self._traces["trace.main"] = True
        if subject.run.ready.kind == "http" or self._asks:
            self._sidecar = self._beside.submit(self._start_sidecar)

    def _start_services(self) -> str:
        engine = self._engine
        network = engine.create_network()
        for service in self._subject.run.services:
            engine.pull_if_missing(service.image)
            container = engine.create(
                service.image,
                command=list(service.command) if service.command else None,
                environment=dict(service.env),
            )
            self._containers.append(container)
            engine.join(network, container, service.name)
            engine.start(container)
        return network

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

    def _traced(self, out: str, command: list[str], *more: str) -> list[str]:
        settings = [f"--env={name}={value}" for name, value in self._loader.items()]
        return self._tools.tracer.command(
            "strace", *more, *STRACE_ARGS, *settings, "-o", f"{OUT}/{out}", "--", *command
        )

    # -- what readiness looks at ---------------------------------------------------------------

    def wait_until_ready(self) -> str:
        """Poll until the application is ready; why it is not, or ''."""
        return self._readiness.wait()

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
        tables = self._tools.tracer.command("cat", "/proc/net/tcp", "/proc/net/tcp6")
        done = self._inside(tables, user="0:0", limit=8 * BODY_LIMIT)
        return sockets.listeners(done.stdout.decode("ascii", "replace")) if done else ()

    def ask(self, request: Request) -> bytes | None:
        """curl's standard error for a request from inside; None once it has ended."""
        done = self._in_sidecar(self._tools.prober.command("curl", *request.argv))
        return done.stderr if done else None

    def settle(self) -> None:
        """Let it do what it does of itself, unless it answers requests, which show more."""
        if not self._asks:
            settle(self._traced_bytes)

    def _traced_bytes(self) -> int | None:
        stat = self._tools.tracer.command("stat", "--format=%s", f"{OUT}/trace.main")
        done = self._inside(stat, user="0:0")
        return int(done.stdout or 0) if done else None

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

    def send(self, probe: HttpProbe | ExecProbe) -> Answer:
        """Send one probe and give its answer."""
        began = time.monotonic()
        if isinstance(probe, ExecProbe):
            done: Executed | None = self._execute_traced(probe)
        else:
            done = self._request(probe)
        if done is None:
            error = "the container ended before the probe was sent"
            return Answer(ok=False, status=None, ms=0, body=b"", headers={}, error=error)
        milliseconds = round((time.monotonic() - began) * 1000)
        return probes.answer(probe, done.code, done.stdout, done.stderr, ms=milliseconds)

    def _request(self, probe: HttpProbe) -> Executed | None:
        found = self._readiness
        request = probes.request(probe, host=found.host, port=found.port, scratch=OUT)
        return self._in_sidecar(self._tools.prober.command("curl", *request.argv), request.files)

    def _execute_traced(self, probe: ExecProbe) -> Executed | None:
        name = f"trace.exec{len(self._traces)}"  # that of the application itself is the first
        limit = self._tools.tracer.command("timeout", "-k", "2", f"{probe.timeout:g}")
        argv = [*limit, *self._traced(name, list(probe.argv))]
        done = self._inside(argv, limit=BODY_LIMIT)
        self._traces[name] = done is not None
        return done

    def crawl(self, probe: CrawlProbe) -> Iterator[tuple[Probe, Answer]]:
        """Follow the links of the pages, a page one probe each."""
        crawl = probes.Crawl.start(probe)
        while (page := crawl.page) is not None:
            answer = self.send(page)
            crawl = crawl.after(probes.links(page, answer))
            yield page, answer

    def _in_sidecar(
        self, argv: list[str], files: Mapping[str, bytes] | None = None
    ) -> Executed | None:
        """Run a carried program in the target's network; None once the target has ended."""
        assert self._sidecar is not None
        try:
            sidecar = self._sidecar.result()
        except EngineError:
            if self.state().running:
                raise
            return None
        if files:
            self._engine.put(sidecar, OUT, packed(files))
        return self._engine.execute(sidecar, argv)

    def _start_sidecar(self) -> str:
        sidecar = self._create(
            self._subject.sidecar_image,
            self._tools.prober.command("sleep", "86400"),
            environment=dict.fromkeys(self._loader, ""),
            user="0:0",
            working_dir="/",
            host={"network_mode": f"container:{self._id}"},
        )
        self._engine.put(sidecar, "/", self._tools.prober.archive)
        self._engine.start(sidecar)
        return sidecar

    # -- the end ------------------------------------------------------------------------------

    def tracer_problem(self) -> str:
        """Whether the tracer still sees PID 1; '' when it does, or when the container has ended."""
        argv = self._tools.tracer.command("cat", "/proc/1/status")
        status = self._inside(argv, user="0:0", limit=BODY_LIMIT)
        if status is None:
            return ""
        found = re.search(rb"^TracerPid:\t(\d+)", status.stdout, re.MULTILINE)
        if found is None or found[1] == b"0":
            return "the tracer is gone, so what the application used from then on is not known"
        return ""

    def stop(self) -> None:
        """Send the image's stop signal, wait, then kill."""
        self._engine.stop(self._id, self._subject.run.stop_grace)

    def log_lines(self, count: int) -> tuple[str, ...]:
        """The last lines that the application wrote."""
        return tuple(self._engine.logs(self._id, count).decode("utf-8", "replace").splitlines())

    def observation(self) -> Observation:
        """All traces of the target and of its exec probes, as one observation."""
        return traces.collected(self._engine, self._id, self._traces, self._workdir())

    def _workdir(self) -> str:
        return str(self._subject.config.config.get("WorkingDir") or "/")

    def remove(self) -> None:
        """Remove the container, its sidecar and its services."""
        self._beside.shutdown(wait=True)
        while self._containers:
            self._engine.remove(self._containers.pop())
