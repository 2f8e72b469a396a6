"""A Docker daemon, and everything that one run of ci-slim started in it.

Only the Docker API is used: no bind mounts, no folder of the daemon's, no published port, so the
daemon may be on another host (`DOCKER_HOST`, docker-in-docker). The API version is negotiated.
"""

import contextlib
import functools
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import requests
from docker.errors import APIError, DockerException, NotFound

from ci_slim import leaving, platforms
from ci_slim.engine import download, endpoint
from ci_slim.errors import EngineError, Interrupted, UsageError
from ci_slim.image.tar import END
from ci_slim.platforms import Platform

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

LABEL = "ci-slim"
"""Every container and network of ours carries this label; its value is the run's id."""

CHUNK = 1 << 20

LOST_INIT = "waiting for init preliminary setup"
"""runc's words for the end of its own process before that became the container's."""

NOT_BEGUN = 126
"""The exit code of a command that could not be executed."""

CLOSING_TRIES = 20
"""How often the end of a run tries to remove what it started, over some ten seconds."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What a command inside a container gave: exit code and both streams."""

    code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class State:
    """Whether a container runs, and the exit code once it has ended (None before)."""

    running: bool
    exit_code: int | None
    out_of_memory: bool
    error: str


class Engine:
    """One daemon for one run. Use it as a context manager: leaving it removes what it started."""

    def __init__(self, client: Any, run_id: str) -> None:
        self.run_id = run_id
        self._client = client
        self._images: list[str] = []
        # Creating in one worker thread means that a signal in the main thread can never fall
        # between the daemon's making a container and our knowing of it: `close` waits for it.
        self._creator = ThreadPoolExecutor(1, thread_name_prefix="ci-slim-create")
        self._remover = ThreadPoolExecutor(1, thread_name_prefix="ci-slim-remove")
        self._closed = False

    @classmethod
    def connect(cls, environment: Mapping[str, str], run_id: str) -> Self:
        """Connect to the daemon of `DOCKER_HOST`, else of the current docker context.

        Raises EngineError when none answers.
        """
        return cls(endpoint.client(environment), run_id)

    def __enter__(self) -> Self:
        leaving.hold(self.close)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        leaving.let_go(self.close)

    # -- the daemon ---------------------------------------------------------------------------

    @functools.cached_property
    def platform(self) -> Platform:
        """The daemon's own platform."""
        version = self._client.version()
        return platforms.parse(f"{version['Os']}/{version['Arch']}")

    @functools.cached_property
    def containerd_store(self) -> bool:
        """Whether images live in containerd's store (compressed blobs) or in a graph driver."""
        status = self._client.info().get("DriverStatus") or []
        return any("containerd.snapshotter" in str(value) for _, value in status)

    # -- images -------------------------------------------------------------------------------

    def inspect_image(self, reference: str) -> dict[str, Any]:
        """The daemon's description of an image; UsageError when it is not there."""
        with _translated(reference):
            try:
                return dict(self._client.inspect_image(reference))
            except NotFound:
                raise UsageError(
                    f"the daemon has no image {reference!r}",
                    hint=f"build it, or `docker pull {reference}`",
                ) from None

    def image_platform(self, reference: str) -> Platform:
        """For which platform the daemon's image is."""
        seen = self.inspect_image(reference)
        parts = (seen.get("Os"), seen.get("Architecture"), seen.get("Variant"))
        return platforms.parse("/".join(str(part) for part in parts if part))

    def pull_if_missing(self, reference: str) -> bool:
        """Pull an image unless the daemon has it; whether it was pulled."""
        with _translated(reference):
            try:
                self._client.inspect_image(reference)
            except NotFound:
                self._pull(reference)
                return True
        return False

    def _pull(self, reference: str) -> None:
        # Without a tag the daemon would pull every tag that the repository has.
        by_digest = "@" in reference
        repository, tag = (reference, None) if by_digest else split_reference(reference)
        for line in self._client.pull(repository, tag, stream=True, decode=True):
            if "error" in line:
                raise EngineError(f"the daemon did not pull it: {line['error']}", where=reference)

    def tag(self, image: str, reference: str) -> None:
        """Give an image a further reference, which stays when the run ends."""
        repository, tag = split_reference(reference)
        with _translated(reference):
            self._client.tag(image, repository, tag)

    def image_history(self, reference: str) -> list[dict[str, Any]]:
        """The history of an image, newest entry first, as the daemon tells it."""
        with _translated(reference):
            return list(self._client.history(reference))

    def save(self, reference: str) -> Generator[bytes | memoryview, None, None]:
        """The image as the tar stream of `docker save`. To be closed by who does not read on."""
        end = b""
        with _translated(reference):
            for piece in download.pieces(self._client, "/images/{0}/get", reference):
                if self._closed:
                    raise Interrupted("the run is over")
                end = (end + piece[-len(END) :])[-len(END) :]
                yield piece
        if end != END:
            why = f": {said}" if (said := _said(end)) else ""
            raise EngineError(
                f"the daemon broke off while it saved the image{why}",
                where=reference,
                hint="its log may say more; often its disk is full",
            )

    def load(self, archive: BinaryIO, reference: str, *, keep: bool) -> None:
        """Load an image archive; unless `keep`, the reference is removed when the run ends."""
        if not keep:
            self.forget_image(reference)

        def make() -> str:
            for line in self._client.load_image(archive, quiet=True):
                if "error" in line:
                    raise EngineError(
                        f"the daemon did not load the image: {line['error']}", where=reference
                    )
            return reference

        with _translated(reference):
            # The daemon goes on with a load that nobody waits for: `close` must, to remove it.
            self._in_creator(make)

    def import_files(self, archive: bytes, name: str) -> str:
        """An image of just these files (a tar), removed when the run ends; its reference."""
        # A name of its own: one given again would leave the image that had it without any.
        reference = f"ci-slim-{name}:{self.run_id}-{len(self._images)}"
        self.forget_image(reference)
        repository, tag = split_reference(reference)

        def make() -> str:
            self._client.import_image_from_data(archive, repository=repository, tag=tag)
            return reference

        with _translated(reference):
            self._in_creator(make)
        return reference

    def forget_image(self, reference: str) -> None:
        """Remove this image reference when the run ends."""
        self._images.append(reference)

    # -- containers ---------------------------------------------------------------------------

    def create(self, image: str, **settings: Any) -> str:
        """Create a container with our label and give its id. Settings are docker-py's.

        `host` holds the host configuration (network_mode, cap_add, …).
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

        with _translated(image):
            return self._in_creator(make)

    def create_network(self) -> str:
        """A bridge network of our own, with our label."""

        def make() -> str:
            name = f"ci-slim-{self.run_id}-{time.monotonic_ns():x}"
            network = self._client.create_network(name, labels={LABEL: self.run_id})
            return str(network["Id"])

        with _translated("network"):
            return self._in_creator(make)

    def join(self, network: str, container: str, alias: str) -> None:
        """Connect a created container to a network of ours under a name."""
        with _translated(alias):
            self._client.connect_container_to_network(container, network, aliases=[alias])

    def _in_creator(self, make: Callable[[], str]) -> str:
        if self._closed:
            raise Interrupted("the run is over")
        return self._creator.submit(make).result()

    def start(self, container: str) -> None:
        """Start a created container; once more where runc lost its own first process, which says
        nothing of the image (seen once in thousands of starts)."""
        with _translated(container[:12]):
            try:
                self._client.start(container)
            except APIError as error:
                if LOST_INIT not in str(error.explanation):
                    raise
                self._client.start(container)

    def wait(self, container: str) -> int:
        """Wait until a container ends; its exit code."""
        with _translated(container[:12]):
            return int(self._client.wait(container)["StatusCode"])

    def put(self, container: str, folder: str, archive: bytes) -> None:
        """Unpack a tar inside a container's folder (which must exist)."""
        with _translated(container[:12]):
            self._client.put_archive(container, folder, archive)

    def get(self, container: str, path: str) -> Iterator[bytes]:
        """A tar of one path of a container, running or not; KeyError when it is not there."""
        with _translated(container[:12]):
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
        **settings: Any,
    ) -> Executed:
        """Run a command inside a running container; its stdout goes to `sink` when one is given.

        With a `limit` the first so many bytes of stdout and the last of stderr are kept: a command
        that writes without end must not fill the memory. Where runc lost its own first process,
        the command was not begun, and is once more.
        """
        done = self._executed(container, argv, sink, limit, settings)
        if done.code == NOT_BEGUN and LOST_INIT.encode() in done.stdout + done.stderr:
            done = self._executed(container, argv, sink, limit, settings)
        return done

    def _executed(
        self,
        container: str,
        argv: Sequence[str],
        sink: "SupportsWrite[bytes] | None",
        limit: int | None,
        settings: dict[str, Any],
    ) -> Executed:
        out, err = bytearray(), bytearray()
        with _translated(container[:12]):
            created = self._client.exec_create(container, list(argv), **settings)
            for stdout, stderr in self._client.exec_start(created["Id"], stream=True, demux=True):
                if stdout and sink is not None:
                    sink.write(stdout)
                elif stdout:
                    out += stdout if limit is None else stdout[: limit - len(out)]
                if stderr:
                    err += stderr
                    if limit is not None:
                        del err[:-limit]
            code = self._client.exec_inspect(created["Id"])["ExitCode"]
        return Executed(-1 if code is None else int(code), bytes(out), bytes(err))

    def state(self, container: str) -> State:
        """How a container is doing."""
        with _translated(container[:12]):
            state = self._client.inspect_container(container)["State"]
        running = bool(state["Running"])
        return State(
            running,
            None if running or state["Status"] == "created" else int(state["ExitCode"]),
            bool(state.get("OOMKilled")),
            str(state.get("Error") or ""),
        )

    def address(self, container: str) -> str:
        """The container's address on its (first) network, or '' when it has none."""
        with _translated(container[:12]):
            networks = self._client.inspect_container(container)["NetworkSettings"]["Networks"]
        return next((n["IPAddress"] for n in networks.values() if n.get("IPAddress")), "")

    def logs(self, container: str, lines: int = 20) -> bytes:
        """The last lines that a container wrote, stdout and stderr mixed."""
        with _translated(container[:12]):
            return bytes(self._client.logs(container, tail=lines))

    def stop(self, container: str, grace: float) -> None:
        """Send the image's stop signal, wait `grace` seconds, then kill."""
        with _translated(container[:12]), contextlib.suppress(NotFound):
            self._client.stop(container, timeout=max(1, round(grace)))

    def remove(self, container: str) -> None:
        """Remove a container, running or not, with its anonymous volumes; soon, not at once:
        nobody waits for it, and what fails here is tried again by `close`."""
        if not self._closed:
            self._remover.submit(self._remove_now, container)

    def _remove_now(self, container: str) -> None:
        with contextlib.suppress(DockerException, requests.RequestException):
            self._client.remove_container(container, v=True, force=True)

    # -- the end ------------------------------------------------------------------------------

    def close(self) -> None:
        """Remove every container, network and temporary image of this run. Safe to call twice."""
        self._closed = True
        self._creator.shutdown(wait=True)
        self._remover.shutdown(wait=True)
        # The daemon may be busy with what it was asked last: an upload into a container keeps it
        # from being removed. So more than once.
        for attempt in range(CLOSING_TRIES):
            try:
                if not self._remove_ours():
                    break
            except requests.ConnectionError:  # it is gone, and so are they
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
        """Ask once to remove each container and network of ours; whether there were any."""
        ours = {"label": f"{LABEL}={self.run_id}"}
        containers = self._client.containers(all=True, quiet=True, filters=ours)
        networks = self._client.networks(filters=ours)
        for container in containers:
            self._remove_now(container["Id"])
        for network in networks:
            with contextlib.suppress(DockerException, requests.RequestException):
                self._client.remove_network(network["Id"])
        return bool(containers or networks)


def _said(end: bytes) -> str:
    """The error that the daemon writes behind an answer that it had begun."""
    try:
        return str(json.loads(end[end.index(b'{"errorDetail"') :])["error"])
    except (ValueError, KeyError):
        return ""


def split_reference(reference: str) -> tuple[str, str]:
    """Repository and tag; the port of a registry (`host:5000/name`) is no tag."""
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, "latest"
    return repository, tag


@contextlib.contextmanager
def _translated(where: str) -> Iterator[None]:
    """Docker's and the connection's errors become EngineError with the place they concern."""
    try:
        yield
    except APIError as error:
        raise EngineError(str(error.explanation or error), where=where) from None
    except requests.RequestException as error:
        raise EngineError(
            f"the connection to the Docker daemon broke: {error}",
            where=where,
            hint="see whether the daemon still runs: `docker info`",
        ) from None
