"""Runs probes that run neither in the target nor in its sidecar: on this machine, or in a container
of their own."""

import os
import socket
import time
from collections.abc import Callable

from ci_slim.engine import process
from ci_slim.engine.background import BackgroundTask
from ci_slim.engine.docker import Engine
from ci_slim.errors import CiSlimError
from ci_slim.probes import InNetwork, OnMachine, Ran

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
"""The environment variables that a script gets. The others may hold secrets of the pipeline."""
_REACHED_WITHIN = 3.0
_LINES = 5000


def run_on_machine(run: OnMachine, address: str) -> Ran:
    """Run a command on this machine. Environment variables tell it the address of the target."""
    if run.port is not None and not _reaches(address, run.port):
        return Ran(
            error=f"port {run.port} of the container ({address or 'it has no address'}) cannot be "
            "reached from this machine: the daemon runs on another one, or the server listens on "
            "127.0.0.1 alone; use a `container` probe, which runs in the container's network"
        )
    place = {"CI_SLIM_ADDRESS": address}
    if run.port is not None:
        place |= {"CI_SLIM_PORT": str(run.port), "CI_SLIM_URL": f"http://{address}:{run.port}"}
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    began = time.monotonic()
    try:
        done = process.run(
            run.argv,
            environment={**passed, **run.environment, **place},
            inherit=False,
            seconds=run.seconds,
        )
    except (CiSlimError, OSError) as error:
        return Ran(error=f"the script cannot be started: {error}")
    taken = time.monotonic() - began
    if done.code < 0 and taken >= run.seconds:
        return Ran(error=f"timed out after {run.seconds:g} s")
    output = "\n".join(done.tail).encode()
    return Ran(done.code, output, output, round(taken * 1000))


def _reaches(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), _REACHED_WITHIN).close()
    except OSError:
        return False
    return bool(address)


def run_in_network(
    engine: Engine, run: InNetwork, target: str, created: Callable[[str], object]
) -> Ran:
    """Run a container in the network of the target until it ends. `created` gets its id."""
    began = time.monotonic()
    engine.pull_if_missing(run.image)
    container = engine.create(
        run.image,
        entrypoint=None if run.entrypoint is None else list(run.entrypoint),
        command=None if run.command is None else list(run.command),
        environment=dict(run.environment),
        host={"network_mode": f"container:{target}"},
    )
    created(container)
    engine.start(container)
    try:
        code = BackgroundTask(lambda: engine.wait(container), "container").result(run.seconds)
    except TimeoutError:
        engine.stop(container, 1)
        return Ran(error=f"timed out after {run.seconds:g} s")
    output = engine.logs(container, _LINES)
    return Ran(code, output, output, round((time.monotonic() - began) * 1000))
