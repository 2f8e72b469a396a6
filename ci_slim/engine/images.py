"""The images of a Docker daemon: looked at, pulled, tagged, saved and loaded."""

import contextlib
import json
from collections.abc import Generator
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
    """The images of one daemon, and those that are there only while the run lasts."""

    def __init__(self, client: Any, run_id: str) -> None:
        super().__init__(client, run_id)
        self._images: list[str] = []
        """References to be removed when the run ends."""
        self._pins: dict[str, str] = {}
        self._pinning = Lock()

    def inspect_image(self, reference: str) -> dict[str, Any]:
        """The daemon's description of an image; UsageError when it is not there."""
        with translated(reference):
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
        with translated(reference):
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
        with translated(reference):
            self._client.tag(image, repository, tag)

    def pin(self, reference: str) -> str:
        """A name of this run alone for an image: whoever moves or removes the name that was given
        changes nothing from then on. The same for the same reference."""
        with self._pinning:
            if reference not in self._pins:
                name = f"ci-slim-pin:{len(self._pins)}-{self.run_id}"
                self.forget_image(name)
                self.tag(reference, name)
                self._pins[reference] = name
            return self._pins[reference]

    def image_history(self, reference: str) -> list[dict[str, Any]]:
        """The history of an image, newest entry first, as the daemon tells it."""
        with translated(reference):
            return list(self._client.history(reference))

    def save(self, reference: str) -> Generator[bytes | memoryview, None, None]:
        """The image as the tar stream of `docker save`. To be closed by who does not read on."""
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

        with translated(reference):
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

        with translated(reference):
            self._in_creator(make)
        return reference

    def forget_image(self, reference: str) -> None:
        """Remove this image reference when the run ends."""
        self._images.append(reference)

    def drop_image(self, reference: str) -> None:
        """Remove an image of this run now; one that a container still needs, when the run ends."""
        with contextlib.suppress(DockerException, requests.RequestException):
            self._client.remove_image(reference, force=False)
            self._images.remove(reference)


def split_reference(reference: str) -> tuple[str, str]:
    """Repository and tag; the port of a registry (`host:5000/name`) is no tag."""
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, "latest"
    return repository, tag


def _said(end: bytes) -> str:
    """The error that the daemon writes behind an answer that it had begun."""
    try:
        return str(json.loads(end[end.index(b'{"errorDetail"') :])["error"])
    except (ValueError, KeyError):
        return ""
