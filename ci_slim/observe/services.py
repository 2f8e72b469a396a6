"""Starts the services of a run one after the other, each after those that it needs."""

import io
import tarfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ci_slim.engine.docker import Engine
from ci_slim.engine.identity import Identity
from ci_slim.errors import EngineError, UsageError
from ci_slim.settings.plans import ComposeParts, Copied, HealthCheck, RunPlan, Service

_POLL = 0.2
_LINES = 10
COPIED_MOST = 64_000_000
"""The most bytes of the files for one service."""


class Services:
    """The services of a run, in a network of their own. `remove` removes them."""

    def __init__(self, engine: Engine, plan: RunPlan) -> None:
        self._engine, self._plan = engine, plan
        self._containers: dict[str, str] = {}
        """The name of each service, to its container."""
        self.network: str = plan.host.network
        """The network for containers of the image: that of the plan if there are no services."""

    def start(self) -> None:
        """Start the services one after the other."""
        engine = self._engine
        if self._plan.services:
            self.network = engine.create_network()
        for service in self._plan.services:
            container = create_service(engine, service)
            self._containers[service.name] = container
            engine.join(self.network, container, service.name, *service.compose.aliases)
            engine.start(container)
            wait_for_service(engine, container, service)

    def identities(self) -> Mapping[str, Identity]:
        """The names and addresses of each service."""
        return {name: self._engine.identity(each) for name, each in self._containers.items()}

    def remove(self) -> None:
        """Remove the services, the last one first."""
        while self._containers:
            self._engine.remove(self._containers.popitem()[1])


def create_service(engine: Engine, service: Service) -> str:
    """Create the container of a service, with its files. Returns its id."""
    parts = service.compose
    engine.pull_if_missing(service.image)
    host = {
        "tmpfs": {path: options for path, _, options in (t.partition(":") for t in parts.tmpfs)},
        "init": parts.init or None,
        "shm_size": parts.shm_size,
        "sysctls": dict(parts.sysctls),
    }
    container = engine.create(
        engine.pin(service.image),
        entrypoint=list(parts.entrypoint) if parts.entrypoint is not None else None,
        command=list(service.command) if service.command else None,
        environment=dict(service.env),
        user=parts.user,
        working_dir=parts.working_dir,
        hostname=parts.hostname,
        volumes=list(parts.volumes) or None,
        healthcheck=_health(parts.health) if parts.health else None,
        host={name: value for name, value in host.items() if value},
    )
    if parts.copied:
        engine.put(container, "/", packed_copies(service.name, parts.copied))
    return container


def wait_for_service(engine: Engine, container: str, service: Service) -> None:
    """Wait until a service is as far as the next one needs. Raises EngineError."""
    parts = service.compose
    if parts.until == "started":
        return
    deadline = time.monotonic() + parts.within
    while problem := _missing(engine, container, parts):
        if not problem.endswith("…") or time.monotonic() > deadline:
            told = problem.removesuffix("…")
            within = f" within {parts.within:g} s" * problem.endswith("…")
            raise EngineError(
                f"the service `{service.name}` {told}{within}",
                where=service.image,
                hint="set `run.compose.within` to give it more time"
                if within
                else "start it with `docker compose up` to see why",
                details=tuple(
                    engine.logs(container, _LINES).decode("utf-8", "replace").splitlines()
                ),
            )
        time.sleep(_POLL)


def _missing(engine: Engine, container: str, parts: ComposeParts) -> str:
    """What the service has not reached yet, or "". It ends with an ellipsis if it may still reach
    it."""
    state = engine.state(container)
    if parts.until == "completed":
        if state.running:
            return "did not end…"
        return "" if state.exit_code == 0 else f"ended with exit code {state.exit_code}"
    if not state.running:
        return f"ended with exit code {state.exit_code} before it was healthy"
    health = engine.health(container)
    if not health:
        return "has no health check, so ci-slim cannot know when it is healthy"
    if health == "unhealthy":
        return "is unhealthy"
    return "" if health == "healthy" else "is not healthy…"


def _health(check: HealthCheck) -> dict[str, Any]:
    """A health check for the Docker API, which uses nanoseconds."""
    found: dict[str, Any] = {"test": list(check.test)} if check.test else {}
    for name in ("interval", "timeout", "start_period"):
        if seconds := getattr(check, name):
            found[name] = round(seconds * 1e9)
    return found | ({"retries": check.retries} if check.retries else {})


def packed_copies(service: str, copies: tuple[Copied, ...]) -> bytes:
    """A tar of files and folders of this machine, for the root of a container. Raises UsageError
    for a path that leads out of their folder, for example through a symbolic link."""
    stream, total = io.BytesIO(), 0
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for each in copies:
            for path, name in _files(each):
                real = path.resolve()
                if not real.is_relative_to(Path(each.folder).resolve()) or not real.is_file():
                    raise UsageError(
                        f"the service `{service}` mounts `{path}`, which is no file below the "
                        "Compose file",
                        where=each.source,
                    )
                content = real.read_bytes()
                total += len(content)
                if total > COPIED_MOST:
                    raise UsageError(
                        f"the files of the service `{service}` are larger than "
                        f"{COPIED_MOST // 1_000_000} MB together",
                        where=each.source,
                        hint="put them into an image",
                    )
                member = tarfile.TarInfo(name.lstrip("/"))
                member.size = len(content)
                member.mode = real.stat().st_mode & 0o777
                archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def _files(copied: Copied) -> Iterator[tuple[Path, str]]:
    """Each file with its path in the container."""
    source = Path(copied.source)
    if not source.is_dir() or source.is_symlink():
        yield source, copied.target
        return
    for path in sorted(source.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path, f"{copied.target.rstrip('/')}/{path.relative_to(source).as_posix()}"
