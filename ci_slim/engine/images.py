"""The images of a Docker daemon: inspected, pulled, tagged, saved and loaded."""

import contextlib
import itertools
import json
from collections.abc import Generator, Iterable
from threading import Lock
from typing import Any, BinaryIO

import requests
from docker.errors import DockerException, NotFound

from ci_slim import platforms
from ci_slim.engine import download
from ci_slim.engine.daemon import Daemon, translated
from ci_slim.errors import EngineError, Interrupted, UsageError
from ci_slim.image.tar import END
from ci_slim.platforms import Platform


class Images(Daemon):
    """The images of one daemon, including those that exist only during the run."""

    def __init__(self, client: Any, run_id: str) -> None:
        super().__init__(client, run_id)
        self._images: list[str] = []
        """References that are removed at the end of the run."""
        self._pins: dict[str, str] = {}
        self._pinning = Lock()
        self._numbers = itertools.count()

    def inspect_image(self, reference: str) -> dict[str, Any]:
        """The daemon's description of an image. Raises UsageError if the image does not exist."""
        with translated(reference):
            try:
                return dict(self._client.inspect_image(reference))
            except NotFound:
                raise UsageError(
                    f"the daemon has no image {reference!r}",
                    hint=f"build it, or `docker pull {reference}`",
                ) from None

    def list_images(self) -> list[str]:
        """The ids of all images."""
        with translated("images"):
            return list(dict.fromkeys(str(each["Id"]) for each in self._client.images()))

    def history(self, image: str) -> list[int]:
        """The bytes of each step that made an image, the first step first."""
        with translated(image):
            return [int(each.get("Size") or 0) for each in self._client.history(image)][::-1]

    def images_of_containers(self) -> list[str]:
        """The ids of the images of all containers, running or not."""
        with translated("containers"):
            return [str(each["ImageID"]) for each in self._client.containers(all=True)]

    def image_platform(self, reference: str) -> Platform:
        """The platform of an image in the daemon."""
        seen = self.inspect_image(reference)
        parts = (seen.get("Os"), seen.get("Architecture"), seen.get("Variant"))
        return platforms.parse("/".join(str(part) for part in parts if part))

    def pull_if_missing(self, reference: str) -> bool:
        """Pull an image unless the daemon has it. Returns whether it was pulled."""
        with translated(reference):
            try:
                self._client.inspect_image(reference)
            except NotFound:
                self._pull(reference)
                return True
        return False

    def _pull(self, reference: str) -> None:
        # Without a tag, the daemon would pull every tag of the repository.
        by_digest = "@" in reference
        repository, tag = (reference, None) if by_digest else split_reference(reference)
        for line in self._client.pull(repository, tag, stream=True, decode=True):
            if "error" in line:
                raise EngineError(f"the daemon did not pull it: {line['error']}", where=reference)

    def tag(self, image: str, reference: str) -> None:
        """Give an image another reference, which stays after the run."""
        repository, tag = split_reference(reference)
        with translated(reference):
            self._client.tag(image, repository, tag)

    def pin(self, reference: str) -> str:
        """Give an image a name that only this run uses, and return it. So nobody can change what
        the run uses by moving or removing the original name. The same reference gives the same
        name."""
        with self._pinning:
            if reference not in self._pins:
                name = f"ci-slim-pin:{len(self._pins)}-{self.run_id}"
                self.forget_image(name)

                def make(name: str = name) -> str:
                    self.tag(reference, name)
                    return name

                self._pins[reference] = self._in_creator(make)
            return self._pins[reference]

    def image_history(self, reference: str) -> list[dict[str, Any]]:
        """The history of an image as the daemon reports it, newest entry first."""
        with translated(reference):
            return list(self._client.history(reference))

    def save(self, reference: str) -> Generator[bytes | memoryview, None, None]:
        """The image as the tar stream of `docker save`. The caller must close it if it stops
        reading."""
        end = b""
        with translated(reference):
            for piece in download.pieces(self._client, "/images/{0}/get", reference):
                if self._closed:
                    raise Interrupted("the run is over")
                end = (end + piece[-len(END) :])[-len(END) :]
                yield piece
        if end != END:
            why = f": {said}" if (said := _said(end)) else ""
            raise EngineError(
                f"the daemon stopped while it saved the image{why}",
                where=reference,
                hint="check its log and its free disk space",
            )

    def load(
        self, archive: BinaryIO | Iterable[bytes | memoryview], reference: str, *, keep: bool
    ) -> None:
        """Load an image archive, a file or a stream; unless `keep`, the reference is removed when
        the run ends."""
        if not keep:
            self.forget_image(reference)

        def make() -> str:
            for line in self._client.load_image(archive, quiet=True):
                if "error" in line:
                    raise EngineError(
                        f"the daemon did not load the image: {line['error']}", where=reference
                    )
            return reference

        with translated(reference):
            # The daemon finishes a load even if nobody waits for it. `close` must wait, to remove
            # the image.
            self._in_creator(make)

    def import_files(self, archive: bytes, name: str) -> str:
        """Make an image with only these files (a tar), which is removed at the end of the run.
        Returns its reference."""
        # A unique name. If it were used twice, the first image would stay without a name.
        reference = f"ci-slim-{name}:{self.run_id}-{next(self._numbers)}"
        self.forget_image(reference)
        repository, tag = split_reference(reference)

        def make() -> str:
            self._client.import_image_from_data(archive, repository=repository, tag=tag)
            return reference

        with translated(reference):
            self._in_creator(make)
        return reference

    def forget_image(self, reference: str) -> None:
        """Remove this image reference at the end of the run."""
        self._images.append(reference)

    def drop_image(self, reference: str) -> None:
        """Remove an image of this run now, or at the end of the run if a container still
        needs it."""
        with contextlib.suppress(DockerException, requests.RequestException):
            self._client.remove_image(reference, force=False)
            self._images.remove(reference)


def split_reference(reference: str) -> tuple[str, str]:
    """Repository and tag. The port of a registry (`host:5000/name`) is not a tag."""
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, "latest"
    return repository, tag


def _said(end: bytes) -> str:
    """The error that the daemon writes after the start of an answer."""
    try:
        return str(json.loads(end[end.index(b'{"errorDetail"') :])["error"])
    except (ValueError, KeyError):
        return ""
