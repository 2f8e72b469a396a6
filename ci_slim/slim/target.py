"""The container under observation, and the sidecar that sends it the probes."""

import re
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

from ci_slim.engine.docker import Engine, Executed
from ci_slim.errors import EngineError, UsageError
from ci_slim.image.oci import ImageConfig
from ci_slim.plan import RunPlan
from ci_slim.platforms import Platform
from ci_slim.slim import probes, sockets, trace
from ci_slim.slim.probes import Answer, CrawlProbe, ExecProbe, HttpProbe, Probe
from ci_slim.slim.sockets import Listener
from ci_slim.slim.strace import STRACE_ARGS
from ci_slim.slim.toolkit import OUT, Toolkit, tar_of
from ci_slim.slim.trace import Observation

POLL = 0.05
"""Seconds between two questions whether the application is ready."""

LOG_LINES = 20


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
        self._execs = 0
        self._host = "127.0.0.1"
        self._port = subject.run.port or subject.run.ready.port or exposed_port(subject.config)
        self._id = ""

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
            environment=dict(subject.run.env),
            user=subject.run.user,
            host={"cap_add": ["SYS_PTRACE"], "network_mode": network},
        )
        engine.put(self._id, "/", self._tools.tracer.archive)
        engine.start(self._id)
        if subject.run.ready.kind == "http" or self._asks_over_the_network():
            self._sidecar = self._beside.submit(self._start_sidecar)

    def _asks_over_the_network(self) -> bool:
        return any(not isinstance(probe, ExecProbe) for probe in self._subject.probes)

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
        return self._tools.tracer.command(
            "strace", *more, *STRACE_ARGS, "-o", f"{OUT}/{out}", "--", *command
        )

    # -- until it is ready --------------------------------------------------------------------

    def serves(self) -> bool:
        """Whether there is something to wait for: a port, or a readiness that was asked for."""
        return self._subject.run.ready.kind not in ("auto", "none") or self._port is not None

    def wait_until_ready(self) -> str:
        """Poll until the application is ready; why it is not, or ''."""
        ready = self._subject.run.ready
        deadline = time.monotonic() + ready.within
        while not self._is_ready():
            state = self._engine.state(self._id)
            if not state.running:
                memory = ", out of memory" if state.out_of_memory else ""
                return (
                    f"the container ended with exit code {state.exit_code}{memory} "
                    "before it was ready"
                )
            if time.monotonic() > deadline:
                return f"the container was not ready within {ready.within:g} s: {self._lacking()}"
            time.sleep(POLL)
        return ""

    def _lacking(self) -> str:
        ready = self._subject.run.ready
        if ready.kind == "log":
            return f"no line of its log matches {ready.pattern!r}"
        if not self._finds_listener():
            ports = sorted({each.port for each in self._listeners()})
            others = f"; it listens on {', '.join(map(str, ports))}" if ports else ""
            return (
                f"nothing listens on {f'port {self._port}' if self._port else 'any port'}{others}"
            )
        return f"GET {ready.path} on port {self._port} got no good answer"

    def _is_ready(self) -> bool:
        ready = self._subject.run.ready
        match ready.kind:
            case "none":
                return self._engine.state(self._id).running
            case "log":
                text = self._engine.logs(self._id, None).decode("utf-8", "replace")
                if re.search(ready.pattern, text, re.MULTILINE) is None:
                    return False
                self._finds_listener()
                return True
            case "http":
                return self._finds_listener() and self._answers_well()
            case _:
                needs_port = self._port or self._asks_over_the_network()
                return (
                    self._finds_listener() if needs_port else self._engine.state(self._id).running
                )

    def _answers_well(self) -> bool:
        assert self._port is not None
        request = probes.ready_request(self._subject.run.ready.path, self._port, host=self._host)
        done = self._in_sidecar(self._tools.prober.command("curl", *request.argv))
        return done is not None and probes.is_ready(done.stderr)

    def _listeners(self) -> tuple[Listener, ...]:
        if not self._engine.state(self._id).running:
            return ()
        tables = self._tools.tracer.command("cat", "/proc/net/tcp", "/proc/net/tcp6")
        done = self._engine.execute(self._id, tables, user="0:0")
        return sockets.listeners(done.stdout.decode("ascii", "replace"))

    def _finds_listener(self) -> bool:
        """Whether the port is listened on (any, when none is known); remembers where."""
        chosen = sockets.choose(self._listeners(), self._port)
        if chosen is None:
            return False
        self._host, self._port = chosen.host, chosen.port
        return True

    def wait_for_end(self, within: float) -> int | None:
        """Wait until the application ends by itself: its exit code, or None if it goes on."""
        deadline = time.monotonic() + within
        while (state := self._engine.state(self._id)).running:
            if time.monotonic() > deadline:
                return None
            time.sleep(POLL)
        return state.exit_code

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
        request = probes.request(probe, host=self._host, port=self._port, scratch=OUT)
        return self._in_sidecar(self._tools.prober.command("curl", *request.argv), request.files)

    def _execute_traced(self, probe: ExecProbe) -> Executed | None:
        self._execs += 1
        limit = self._tools.tracer.command("timeout", "-k", "2", f"{probe.timeout:g}")
        argv = [*limit, *self._traced(f"trace.exec{self._execs}", list(probe.argv))]
        if not self._engine.state(self._id).running:
            return None
        return self._engine.execute(self._id, argv)

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
            if self._engine.state(self._id).running:
                raise
            return None
        if files:
            self._engine.put(sidecar, OUT, tar_of(files))
        return self._engine.execute(sidecar, argv)

    def _start_sidecar(self) -> str:
        sidecar = self._create(
            self._subject.sidecar_image,
            self._tools.prober.command("sleep", "86400"),
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
        if not self._engine.state(self._id).running:
            return ""
        status = self._engine.execute(
            self._id, self._tools.tracer.command("cat", "/proc/1/status"), user="0:0"
        )
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
        with tempfile.TemporaryFile() as spool:
            for chunk in self._engine.get(self._id, OUT):
                spool.write(chunk)
            spool.seek(0)
            seen = Observation.none()
            with tarfile.open(fileobj=spool) as archive:
                for member in archive:
                    stream = archive.extractfile(member) if member.isfile() else None
                    if stream is not None and "trace." in member.name:
                        seen = seen.merge(trace.parse(stream, workdir=self._workdir()))
            return seen

    def _workdir(self) -> str:
        return str(self._subject.config.config.get("WorkingDir") or "/")

    def remove(self) -> None:
        """Remove the container, its sidecar and its services."""
        self._beside.shutdown(wait=True)
        while self._containers:
            self._engine.remove(self._containers.pop())


def command_of(config: ImageConfig, run: RunPlan, where: str) -> list[str]:
    """What the container runs: the plan's entrypoint and command over the image's.

    As with `docker run`, an entrypoint that is given drops the image's command.
    """
    inherited = [] if run.entrypoint is not None else texts(config, "Cmd")
    entrypoint = texts(config, "Entrypoint") if run.entrypoint is None else run.entrypoint
    command = [*entrypoint, *(inherited if run.command is None else run.command)]
    if not command:
        raise UsageError(
            "the image names no command to run", where=where, hint="say which one with --command"
        )
    return command


def exposed_port(config: ImageConfig) -> int | None:
    """The first TCP port that the image exposes, by number; None when it exposes none."""
    exposed = (port.partition("/") for port in texts(config, "ExposedPorts"))
    ports = [int(n) for n, _, kind in exposed if n.isdigit() and kind in ("", "tcp")]
    return min(ports, default=None)


def texts(config: ImageConfig, key: str) -> list[str]:
    """A list of texts of the image's runtime config, or the keys of a mapping; [] for nothing."""
    value = config.config.get(key)
    return [str(item) for item in value] if isinstance(value, list | dict) else []
