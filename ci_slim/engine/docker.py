"""A Docker daemon, and everything that one run of ci-slim started in it.

Only the Docker API is used: no bind mounts, no folders of the daemon, no published ports. So the
daemon may be on another host (`DOCKER_HOST`, docker-in-docker). The API version is negotiated.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import requests
from docker.errors import APIError, DockerException, NotFound

from ci_slim.engine.daemon import translated
from ci_slim.engine.execution import Executed, run_command, run_container, run_with_input
from ci_slim.engine.identity import Identity, identity_of
from ci_slim.engine.images import Images
from ci_slim.errors import CannotStart

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

LABEL = "ci-slim"
"""The label of every container and network that ci-slim creates. Its value is the run's id."""

CHUNK = 1 << 20

LOST_INIT = "waiting for init preliminary setup"
_NOT_EXECUTED = re.compile(
    r"unable to start container process: .*?(exec: .+?)(?:: unknown)?$"
).search
"""How runc says that the program of a container is missing or cannot be executed."""
"""runc's message if its own process ended before it became the container's."""

PODMAN_PADDING, PUT_TRIES = "passing bulk input to subprocess", 4
"""podman's message for a tar whose end it could not write, and how often such a tar is sent."""

NOT_BEGUN = 126
"""The exit code of a command that could not be executed."""

CLOSING_TRIES = 20
"""How often the end of a run tries to remove what it started, within about ten seconds."""


@dataclass(frozen=True, slots=True)
class State:
    """Whether a container runs, and its exit code once it has ended (None before)."""

    running: bool
    exit_code: int | None
    out_of_memory: bool
    error: str


class Engine(Images):
    """One daemon for one run. As a context manager, it removes everything that the run started."""

    def __init__(self, client: Any, run_id: str) -> None:
        super().__init__(client, run_id)
        self._remover = ThreadPoolExecutor(1, thread_name_prefix="ci-slim-remove")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- containers ---------------------------------------------------------------------------

    def create(self, image: str, **settings: Any) -> str:
        """Create a container with the label of ci-slim and return its id. Settings are docker-py's.

        `host` is the host configuration (network_mode, cap_add, …).
        """
        host = settings.pop("host", {})

        def make() -> str:
            created = self._client.create_container(
                image,
                labels={LABEL: self.run_id},
                host_config=self._client.create_host_config(**host),
                **settings,
            )
            return str(created["Id"])

        with translated(image):
            return self._in_creator(make)

    def create_network(self) -> str:
        """Create a bridge network with the label of ci-slim."""

        def make() -> str:
            name = f"ci-slim-{self.run_id}-{time.monotonic_ns():x}"
            network = self._client.create_network(name, labels={LABEL: self.run_id})
            return str(network["Id"])

        with translated("network"):
            return self._in_creator(make)

    def join(self, network: str, container: str, alias: str, *others: str) -> None:
        """Connect a created container to a network of this run under these names."""
        with translated(alias):
            self._client.connect_container_to_network(container, network, aliases=[alias, *others])

    def start(self, container: str) -> None:
        """Start a created container. Repeated if runc lost its own first process, which says
        nothing about the image (seen once in thousands of starts)."""
        with translated(container[:12]):
            try:
                self._client.start(container)
            except APIError as error:
                said = str(error.explanation)
                if found := _NOT_EXECUTED(said):
                    raise CannotStart(found[1], where=container[:12]) from None
                if LOST_INIT not in said:
                    raise
                self._client.start(container)

    def run(
        self,
        container: str,
        started: Callable[[], object],
        *,
        stdin: bytes = b"",
        limit: int | None = None,
    ) -> Executed:
        """Start a created container, and wait until it ends. `started` is called once it runs.

        `limit` is that of `execute`. A container that gets `stdin` is created with `stdin_open`.
        """

        def start() -> None:
            self.start(container)
            started()

        return run_container(self._client, container, start, stdin, limit)

    def wait(self, container: str) -> int:
        """Wait until a container ends. Returns its exit code."""
        with translated(container[:12]):
            return int(self._client.wait(container)["StatusCode"])

    def put(self, container: str, folder: str, archive: bytes) -> None:
        """Unpack a tar inside an existing folder of a container. Repeated if podman's helper read
        all of the tar and ended before podman wrote the padding after it."""
        with translated(container[:12]):
            for left in reversed(range(PUT_TRIES)):
                try:
                    self._client.put_archive(container, folder, archive)
                    return
                except APIError as error:
                    if not left or PODMAN_PADDING not in str(error.explanation):
                        raise

    def get(self, container: str, path: str) -> Iterator[bytes]:
        """A tar of one path in a container, running or not. Raises KeyError if the path does not
        exist."""
        with translated(container[:12]):
            try:
                chunks, _ = self._client.get_archive(container, path, chunk_size=CHUNK)
            except NotFound:
                raise KeyError(path) from None
            yield from chunks

    def execute(
        self,
        container: str,
        argv: Sequence[str],
        *,
        sink: "SupportsWrite[bytes] | None" = None,
        limit: int | None = None,
        stdin: bytes = b"",
        speaks: bool = False,
        **settings: Any,
    ) -> Executed:
        """Run a command inside a running container. Its stdout goes to `sink` if one is given.

        With a `limit`, only so many first bytes of stdout and last bytes of stderr are kept, so
        that a command that writes without end does not fill the memory. The command is repeated if
        runc lost its own first process, because it was not started then. A command that `speaks` is
        also repeated if it wrote nothing and ended with exit code 0: a busy daemon loses the output
        once in some thousand calls.
        """
        if stdin:
            return run_with_input(self._client, container, argv, stdin, limit, settings)
        done = run_command(self._client, container, argv, sink, limit, settings)
        if done.code == NOT_BEGUN and LOST_INIT.encode() in done.stdout + done.stderr:
            done = run_command(self._client, container, argv, sink, limit, settings)
        if speaks and done.code == 0 and done.silent:
            done = run_command(self._client, container, argv, sink, limit, settings)
        return done

    def state(self, container: str) -> State:
        """Whether a container runs, or how it ended."""
        with translated(container[:12]):
            state = self._client.inspect_container(container)["State"]
        running = bool(state["Running"])
        return State(
            running,
            None if running or state["Status"] == "created" else int(state["ExitCode"]),
            bool(state.get("OOMKilled")),
            str(state.get("Error") or ""),
        )

    def health(self, container: str) -> str:
        """`starting`, `healthy` or `unhealthy`; "" if the container has no health check."""
        with translated(container[:12]):
            state = self._client.inspect_container(container)["State"]
        status = str((state.get("Health") or {}).get("Status") or "")
        return "" if status == "none" else status

    def identity(self, container: str) -> Identity:
        """The names of a container, and its addresses in its networks."""
        with translated(container[:12]):
            return identity_of(self._client.inspect_container(container))

    def address(self, container: str) -> str:
        """The address of a container in its first network, or "" if it has none."""
        with translated(container[:12]):
            networks = self._client.inspect_container(container)["NetworkSettings"]["Networks"]
        return next((n["IPAddress"] for n in networks.values() if n.get("IPAddress")), "")

    def logs(self, container: str, lines: int = 20) -> bytes:
        """The last lines that a container wrote, stdout and stderr mixed."""
        with translated(container[:12]):
            return bytes(self._client.logs(container, tail=lines))

    def stop(self, container: str, grace: float) -> None:
        """Send the image's stop signal, wait `grace` seconds, then kill."""
        with translated(container[:12]), contextlib.suppress(NotFound):
            self._client.stop(container, timeout=max(1, round(grace)))

    def signal(self, container: str, name: str) -> None:
        """Send a signal to a container's first process."""
        with translated(container[:12]):
            self._client.kill(container, f"SIG{name}")

    def remove(self, container: str) -> None:
        """Remove a container, running or not, with its anonymous volumes. This happens in the
        background. If it fails, `close` tries again."""
        if not self._closed:
            self._remover.submit(self._remove_now, container)

    def _remove_now(self, container: str) -> None:
        with contextlib.suppress(DockerException, requests.RequestException):
            self._client.remove_container(container, v=True, force=True)

    # -- the end ------------------------------------------------------------------------------

    def close(self) -> None:
        """Remove every container, network and temporary image of this run. May be called twice."""
        self._closed = True
        self._creator.shutdown(wait=True)
        self._remover.shutdown(wait=True)
        # The daemon may still do what the run requested last: a running upload into a container
        # keeps the container from being removed. So this is tried several times.
        for attempt in range(CLOSING_TRIES):
            try:
                if not self._remove_ours():
                    break
            except requests.ConnectionError:  # the daemon is gone, and its containers too
                break
            except (DockerException, requests.RequestException):
                pass
            time.sleep(0.05 * attempt)
        while self._images:
            with contextlib.suppress(DockerException, requests.RequestException):
                self._client.remove_image(self._images[-1], force=False)
            self._images.pop()
        self._client.close()

    def _remove_ours(self) -> bool:
        """Try once to remove each container and network of this run. Returns whether there were
        any."""
        ours = {"label": f"{LABEL}={self.run_id}"}
        containers = self._client.containers(all=True, quiet=True, filters=ours)
        networks = self._client.networks(filters=ours)
        for container in containers:
            self._remove_now(container["Id"])
        for network in networks:
            with contextlib.suppress(DockerException, requests.RequestException):
                self._client.remove_network(network["Id"])
        return bool(containers or networks)
