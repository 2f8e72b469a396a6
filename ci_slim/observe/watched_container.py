"""A container that runs an image, with its sidecar."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Self

from ci_slim.engine.docker import Engine, State
from ci_slim.engine.execution import Executed
from ci_slim.errors import EngineError
from ci_slim.image.small_tar import below, fifo, put_files
from ci_slim.observe import elsewhere, sockets
from ci_slim.observe.own_names import own_names
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.observe.running import command_of, host_config, loader_settings, texts
from ci_slim.observe.seen import LOG_FILE, LOG_FOLDER, LOG_SETTINGS, GuestLog
from ci_slim.observe.services import Services
from ci_slim.observe.sidecar import Sidecar
from ci_slim.observe.sockets import Listener
from ci_slim.observe.toolkit import FOLDER, OUT
from ci_slim.observe.watch import Watch
from ci_slim.probes import (
    BODY_LIMIT,
    NO_MASK,
    Carried,
    InNetwork,
    OnMachine,
    Ran,
    uses_socket_file,
)
from ci_slim.settings.plans import HostPlan

MAIN_TRACE = "trace.main"
"""The name of the application's own trace in the folder OUT."""
LOG_SEARCHED = 5000
"""The most lines of the log in which readiness is searched. The daemon cuts lines at 16 KB."""


class WatchedContainer:
    """Runs an image in the network of its services, with a sidecar. `remove` removes both."""

    def __init__(
        self, engine: Engine, tools: Tools, spec: RunSpec, watch: Watch, services: Services
    ) -> None:
        self.spec, self.watch = spec, watch
        self.engine = engine
        self._tools, self._services = tools, services
        self.id = ""
        """"" until it is created."""
        self.began = time.monotonic()
        """When the container was started."""
        self.mask = NO_MASK
        """The names that the container has for itself, in all of its starts."""
        self._containers: list[str] = []
        self._toolkit = tools.prober(_programs(spec))
        self._sidecar = Sidecar(engine, self._toolkit, self._create)
        self._loader = loader_settings(spec.config, spec.run)

    def another(self, arguments: tuple[str, ...]) -> Self:
        """Another container of the image with the same settings, which is not created yet. With
        `arguments`, these replace its command."""
        run = replace(self.spec.run, command=arguments) if arguments else self.spec.run
        spec = replace(self.spec, run=run, probes=())
        log = self.watch.log and GuestLog(self.watch.log.architecture, self.watch.log.known)
        watch = replace(self.watch, log=log)
        return type(self)(self.engine, self._tools, spec, watch, self._services)

    def start(self) -> None:
        """Start the image, then its sidecar."""
        self.create()
        self.began = time.monotonic()
        with named(self.spec):
            self.engine.start(self.id)
        self.learn_names()
        self.start_sidecar()

    def create(self, **more: Any) -> None:
        """Create the container with its files. More settings are docker-py's."""
        spec, watch = self.spec, self.watch
        command = command_of(spec.config, spec.run, spec.called or spec.image)
        argv = self.traced(MAIN_TRACE, command, "-D")  # the application stays PID 1
        with named(spec):
            self.id = self._create(
                spec.image,
                argv,
                environment=self._environment(),
                user="0:0" if watch.user else spec.run.user,
                volumes=self._volumes() or None,
                hostname=spec.run.host.hostname,
                host={
                    **host_config(spec.run.host, watch.host),
                    "network_mode": self._services.network,
                },
                **more,
            )
        self._copy_files()

    def _environment(self) -> dict[str, str]:
        spec, watch = self.spec, self.watch
        environment = dict(spec.run.env)
        if watch.tracer is not None:
            environment |= dict.fromkeys(self._loader, "")
        if watch.home and not any(pair.startswith("HOME=") for pair in texts(spec.config, "Env")):
            environment.setdefault("HOME", watch.home)
        if watch.log is not None:
            environment |= LOG_SETTINGS
        return environment

    def _copy_files(self) -> None:
        """Copy the files of the plan, the toolkit and the FIFO of QEMU's log into the container."""
        plan, watch = self.spec.run, self.watch
        if plan.files:
            self.engine.put(self.id, "/", put_files(plan.files))
        if watch.tracer is not None and plan.host.read_only:
            self.engine.put(self.id, FOLDER, below(watch.tracer.archive, FOLDER))
        elif watch.tracer is not None:
            self.engine.put(self.id, "/", watch.tracer.archive)
        if watch.log is not None:
            self.engine.put(self.id, LOG_FOLDER, below(fifo(LOG_FILE), LOG_FOLDER))

    def _volumes(self) -> list[str]:
        """The volumes of the plan, and the folders that the tracer and QEMU write to."""
        plan, watch = self.spec.run.host, self.watch
        log = [LOG_FOLDER] if watch.log is not None else []
        tools = [FOLDER] if watch.tracer is not None and plan.read_only else []
        return [*plan.volumes, *log, *tools]

    def start_sidecar(self) -> None:
        """Start the sidecar of the running container, if it needs one."""
        if self._needs_sidecar():
            cleared = dict.fromkeys(self._loader, "")
            self._sidecar.start(
                self.spec.sidecar_image,
                self.id,
                cleared,
                self.watch.log,
                reaches_files=any(map(uses_socket_file, self.spec.probes)),
            )

    def _needs_sidecar(self) -> bool:
        nothing_inside = self.watch.tracer is None or self.watch.log is not None
        sends = any(probe.sidecar for probe in self.spec.probes)
        return nothing_inside or sends or self.spec.run.ready.kind == "http"

    def learn_names(self) -> None:
        """Ask for the names of the running container. Once it has ended, it has no address."""
        identity = self.engine.identity(self.id)
        self.mask = self.mask.merge(own_names(identity, self._services.identities()))

    def _create(self, image: str, argv: list[str], **settings: Any) -> str:
        container = self.engine.create(
            image,
            entrypoint=argv[:1],
            command=argv[1:],
            # The tracer would not see a check that Docker runs, so ci-slim sends it as a probe.
            healthcheck={"Test": ["NONE"]},
            **settings,
        )
        self._containers.append(container)
        return container

    def traced(self, trace: str, command: list[str], *more: str) -> list[str]:
        """The command under the tracer, which writes `trace`. Without a tracer, the command."""
        if self.watch.tracer is None:
            return command
        settings = [f"--env={name}={value}" for name, value in self._loader.items()]
        arguments = (*more, *self.watch.arguments, *settings, "-A", "-o", f"{OUT}/{trace}", "--")
        return self.watch.tracer.command("strace", *arguments, *command)

    def state(self) -> State:
        """Whether the container runs, or how it ended."""
        return self.engine.state(self.id) if self.id else State(False, None, False, "")

    def log(self) -> str:
        """The end of the application's log. The application may write without end."""
        return self.engine.logs(self.id, LOG_SEARCHED).decode("utf-8", "replace")

    def log_lines(self, count: int) -> tuple[str, ...]:
        """The last lines of the application's log."""
        if not self.id:
            return ()
        return tuple(self.engine.logs(self.id, count).decode("utf-8", "replace").splitlines())

    def listeners(self) -> tuple[Listener, ...]:
        """The listening sockets in its network. None of them once it has ended."""
        tables = ("cat", "/proc/net/tcp", "/proc/net/tcp6")
        if self.watch.tracer is None:
            done = self.run_in_sidecar(*tables)
        else:
            argv = self.watch.tracer.command(*tables)
            done = self.run_inside(argv, user="0:0", limit=8 * BODY_LIMIT, speaks=True)
        return sockets.listeners(done.stdout.decode("ascii", "replace")) if done else ()

    def ask(self, request: Carried) -> bytes | None:
        """curl's standard error for a request from inside, or None once the container has ended."""
        done = self.run_in_sidecar(request.program, *request.argv)
        return done.stderr if done else None

    def run_inside(self, argv: list[str], **settings: Any) -> Executed | None:
        """Run a command in the container itself. Returns None once the container has ended."""
        if not self.state().running:
            return None
        try:
            return self.engine.execute(self.id, argv, **settings)
        except EngineError:
            if self.state().running:
                raise
            return None

    def run_in_sidecar(self, *command: str, **settings: Any) -> Executed | None:
        """Run a program of the toolkit in the network of the container. Returns None once the
        container has ended."""
        try:
            return self._sidecar.run(*command, **settings)
        except EngineError:
            if self.state().running:
                raise
            return None

    def run_elsewhere(self, run: OnMachine | InNetwork) -> Ran:
        """Run a command on this machine, or a container in the network of this one."""
        if isinstance(run, OnMachine):
            return elsewhere.run_on_machine(run, self.engine.address(self.id))
        return elsewhere.run_in_network(self.engine, run, self.id, self._containers.append)

    def restart(self) -> None:
        """Stop the container and start it again. Its network ends with it, so it gets a new
        sidecar."""
        self._remove_sidecar()
        self.engine.stop(self.id, self.spec.run.stop_grace)
        self.engine.start(self.id)
        self.learn_names()
        self._sidecar = Sidecar(self.engine, self._toolkit, self._create)
        self.start_sidecar()

    def stop(self) -> None:
        """Send the image's stop signal, wait, then kill."""
        if not self.id:
            return
        if self.watch.log is None:
            self._remove_sidecar()  # nothing needs it any more, and its removal takes a while
        self.engine.stop(self.id, self.spec.run.stop_grace)
        self.read_log()

    def read_log(self) -> None:
        """Read QEMU's log to its end, after the container has ended."""
        if self.watch.log is not None:
            self._sidecar.read_on(self.watch.log)

    def kill(self) -> None:
        """End the container at once. It may have ended already."""
        with contextlib.suppress(EngineError):
            if self.id:
                self.engine.signal(self.id, "KILL")

    def remove(self) -> None:
        """Remove the container and its sidecar."""
        self._remove_sidecar()
        while self._containers:
            self.engine.remove(self._containers.pop())

    def _remove_sidecar(self) -> None:
        self._sidecar.close()
        while self.id in self._containers[:-1]:  # the sidecar comes after the target
            self.engine.remove(self._containers.pop())


@contextlib.contextmanager
def named(spec: RunSpec) -> Iterator[None]:
    """Let errors of Docker name the image as the user does, and the settings that it may refuse."""
    try:
        yield
    except EngineError as error:
        error.where = spec.where
        if spec.run.host != HostPlan() and not error.hint:
            error.hint = "if Docker refuses a setting, correct it under `run:`"
        raise


def _programs(spec: RunSpec) -> tuple[str, ...]:
    """The programs that the probes need in addition to the usual ones of the toolkit."""
    return tuple(sorted({program for probe in spec.probes for program in probe.programs}))
