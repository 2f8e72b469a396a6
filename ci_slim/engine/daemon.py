"""A Docker daemon: its connection, and the translation of its errors."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import requests
from docker.errors import APIError

from ci_slim import platforms
from ci_slim.engine import endpoint, hosts
from ci_slim.engine.hosts import Reach
from ci_slim.errors import EngineError, Interrupted
from ci_slim.platforms import Platform


class Daemon:
    """A daemon for one run."""

    def __init__(self, client: Any, run_id: str) -> None:
        self.run_id = run_id
        self._client = client
        # Containers are created in one worker thread. So a signal in the main thread can never come
        # between the creation of a container and the moment when its id is stored: `close` waits
        # for the thread.
        self._creator = ThreadPoolExecutor(1, thread_name_prefix="ci-slim-create")
        self._closed = False

    @classmethod
    def connect(cls, environment: Mapping[str, str], run_id: str) -> Self:
        """Connect to the daemon of `DOCKER_HOST`, or else of the current docker context.

        Raises EngineError if none answers.
        """
        return cls(endpoint.client(environment), run_id)

    @classmethod
    def of_host(cls, host: str, reach: Reach, run_id: str) -> Self:
        """Connect to the daemon on another host, see `hosts.connect`."""
        return cls(hosts.connect(host, reach), run_id)

    @functools.cached_property
    def _version(self) -> dict[str, Any]:
        with translated("the daemon"):
            return dict(self._client.version())

    @property
    def platform(self) -> Platform:
        """The daemon's own platform."""
        return platforms.parse(f"{self._version['Os']}/{self._version['Arch']}")

    @property
    def version(self) -> str:
        """The daemon's version, such as `28.5.2`."""
        return str(self._version.get("Version", ""))

    @functools.cached_property
    def is_podman(self) -> bool:
        """Whether podman answers, through its Docker-compatible API."""
        components = self._version.get("Components") or []
        return any(each.get("Name") == "Podman Engine" for each in components)

    @functools.cached_property
    def containerd_store(self) -> bool:
        """Whether images are in containerd's store (compressed blobs) or in a graph driver."""
        with translated("the daemon"):
            status = self._client.info().get("DriverStatus") or []
        return any("containerd.snapshotter" in str(value) for _, value in status)

    @property
    def client(self) -> Any:
        """docker-py's client, for requests about the daemon as a whole."""
        return self._client

    def _in_creator(self, make: Callable[[], str]) -> str:
        try:
            task = self._creator.submit(make)
        except RuntimeError:  # closed between two lines of another thread
            raise Interrupted("the run is over") from None
        return task.result()


@contextlib.contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn errors of Docker and of the connection into EngineError with the place that they
    concern."""
    try:
        yield
    except APIError as error:
        raise EngineError(str(error.explanation or error), where=where) from None
    except requests.RequestException as error:
        raise EngineError(
            f"the connection to the Docker daemon broke: {error}",
            where=where,
            hint="check whether it still runs with `docker info`. If containers of this run "
            "remain, the next run or `ci-slim clean --remove` removes them",
        ) from None
