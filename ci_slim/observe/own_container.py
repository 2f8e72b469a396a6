"""Runs the image of a target in one more container, to its end, for a `run` probe."""

import time

from ci_slim.engine.background import BackgroundTask
from ci_slim.engine.execution import Executed
from ci_slim.errors import CannotStart, EngineError
from ci_slim.observe.traces import Traces
from ci_slim.observe.watch import NO_PROGRAM
from ci_slim.observe.watched_container import WatchedContainer, named
from ci_slim.probes import BODY_LIMIT, OwnContainer, Ran
from ci_slim.probes.judged import CANNOT_EXECUTE, NOT_FOUND

_MISSING = ("not found in $PATH", "no such file or directory")
"""What runc says if a program does not exist. `docker run` then exits with 127, else with 126."""


class OwnContainers:
    """The containers of the `run` probes of a target. `remove` removes those that are left."""

    def __init__(self, target: WatchedContainer, traces: Traces) -> None:
        self._target, self._traces = target, traces
        self._containers: list[WatchedContainer] = []
        self._killed = False

    def run(self, run: OwnContainer) -> Ran:
        """Run a container to its end. If it takes too long, it is killed, and the error says so."""
        container = self._target.another(run.arguments)
        self._containers.append(container)
        container.create(stdin_open=bool(run.stdin))
        began = time.monotonic()
        try:
            done = self._done(container, run)
        except CannotStart as error:
            missing = any(each in error.message for each in _MISSING)
            code = NOT_FOUND if missing else CANNOT_EXECUTE
            done = Executed(code, b"", error.message.encode())
        except TimeoutError:
            container.kill()
            self._keep(container)
            return Ran(error=f"timed out after {run.seconds:g} s")
        taken = time.monotonic() - began
        self._keep(container)
        return Ran(done.code, done.stdout, done.stderr, round(taken * 1000))

    def _done(self, container: WatchedContainer, run: OwnContainer) -> Executed:
        log = container.watch.log

        def started() -> None:
            if self._killed:
                container.kill()
            container.learn_names()
            if log is not None:  # a sidecar reads it
                container.start_sidecar()

        def to_end() -> Executed:
            if self._killed:
                raise EngineError("the run was ended", where=container.spec.where)
            with named(container.spec):
                engine = container.engine
                return engine.run(container.id, started, stdin=run.stdin, limit=BODY_LIMIT)

        done = BackgroundTask(to_end, "run").result(run.seconds)
        if container.watch.tracer is not None and done.code == 1 and NO_PROGRAM in done.stderr:
            return Executed(NOT_FOUND, done.stdout, b"")
        return done

    def _keep(self, container: WatchedContainer) -> None:
        """Keep what the ended container knows: its names, its log, and its trace, which is fetched
        from it later. Without a trace it is removed at once."""
        target = self._target
        target.mask = target.mask.merge(container.mask)
        if target.watch.log is not None and container.watch.log is not None:
            container.read_log()
            target.watch.log.names |= container.watch.log.names
        if target.watch.tracer is None:
            container.remove()
            self._containers.remove(container)
        else:
            self._traces.add_container(Traces(container))

    def kill(self) -> None:
        """End the one that runs, and start no more."""
        self._killed = True
        for container in tuple(self._containers):
            container.kill()

    def remove(self) -> None:
        """Remove the containers."""
        while self._containers:
            self._containers.pop().remove()
