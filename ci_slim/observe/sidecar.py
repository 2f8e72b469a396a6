"""The sidecar: a container in the network of the target, with the toolkit."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ci_slim.engine.background import BackgroundTask
from ci_slim.engine.docker import Engine
from ci_slim.engine.execution import Executed
from ci_slim.errors import EngineError
from ci_slim.image.small_tar import packed
from ci_slim.observe.seen import LOG_FILE, MARK, GuestLog
from ci_slim.observe.toolkit import OUT, Toolkit

_DRAINED = 20.0
"""Seconds in which the rest of a log must be read after its writers have ended."""


class Sidecar:
    """Runs programs of the toolkit in the target's network. It outlives the target."""

    def __init__(self, engine: Engine, toolkit: Toolkit, create: Callable[..., str]) -> None:
        self._engine, self._toolkit, self._create = engine, toolkit, create
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="ci-slim-sidecar")
        self._id: Future[str] | None = None

    def start(
        self,
        image: str,
        target: str,
        environment: Mapping[str, str],
        log: GuestLog | None,
        *,
        reaches_files: bool = False,
    ) -> None:
        """Start it in the network of the running target, now rather than at its first use.

        With a log, the target waits until the sidecar reads the log. If it `reaches_files`, it
        shares the target's processes, and so has the target's files at /proc/1/root.
        """
        settings: dict[str, Any] = {"network_mode": f"container:{target}"}
        if reaches_files:  # of a process of another user: ptrace(2), "Ptrace access mode checking"
            settings |= {"pid_mode": f"container:{target}", "cap_add": ["SYS_PTRACE"]}
        if log is not None:
            settings["volumes_from"] = [target]
        self._id = self._starter.submit(self._create_and_start, image, environment, settings, log)

    def _create_and_start(
        self, image: str, environment: Mapping[str, str], host: dict[str, Any], log: GuestLog | None
    ) -> str:
        sidecar = self._create(
            image,
            self._toolkit.command("sleep", "86400"),
            environment=dict(environment),
            user="0:0",
            working_dir="/",
            host=host,
        )
        self._engine.put(sidecar, "/", self._toolkit.archive)
        self._engine.start(sidecar)
        if log is not None:
            # cat would end between two programs, when no program has the log open for writing.
            follow = self._toolkit.command("tail", "-c", "+1", "-s", "0.05", "-f", LOG_FILE)
            BackgroundTask(lambda: self._engine.execute(sidecar, follow, sink=log), "log")
        return sidecar

    def run(
        self, program: str, *arguments: str, files: Mapping[str, bytes] | None = None
    ) -> Executed:
        """Run a program of the toolkit, after writing these files into the folder OUT."""
        assert self._id is not None
        sidecar = self._id.result()
        if files:
            self._engine.put(sidecar, OUT, packed(files))
        argv = self._toolkit.command(program, *arguments)
        # curl writes a line of its own to stderr, and the tables of cat have headings.
        return self._engine.execute(sidecar, argv, speaks=program in ("curl", "cat"))

    def read_on(self, log: GuestLog) -> None:
        """Read the log to its end, after the target has ended. Raises EngineError if the end does
        not come."""
        argv = ("curl", "-sS", "-o", LOG_FILE, f"file://{OUT}/mark")
        deadline = time.monotonic() + _DRAINED
        why = ""
        try:
            # If the reader is gone, opening the log for writing would block for ever.
            done = BackgroundTask(lambda: self.run(*argv, files={"mark": MARK}), "mark").result(
                _DRAINED
            )
            why = done.stderr.decode("utf-8", "replace").strip()
            while not why and not log.ended and time.monotonic() < deadline:
                time.sleep(0.02)
        except TimeoutError:
            why = "the process that reads it has ended"
        except EngineError as error:
            why = str(error)
        if not log.ended:
            raise EngineError(
                "the log of the guest's system calls could not be read to its end",
                hint="run it again; if it fails again, make the profile on a machine of the "
                "image's architecture",
                details=tuple(why.splitlines()[-3:]),
            )

    def close(self) -> None:
        """Wait until it has started, if it is starting. After that it can be removed."""
        self._starter.shutdown(wait=True)
