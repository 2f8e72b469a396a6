"""Reads fat images in the background, while the application starts."""

import contextlib
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ci_slim.engine import process
from ci_slim.engine.background import BackgroundTask
from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError
from ci_slim.fat.container import ContainerImage, shows_all
from ci_slim.fat.image import FatImage
from ci_slim.fat.reader_container import ReaderContainer
from ci_slim.fat.saved import SavedFatImage
from ci_slim.fat.streamed import StreamedImage
from ci_slim.image.unpacking import LIMITS, Limits
from ci_slim.observe import toolkit
from ci_slim.observe.observation import How
from ci_slim.observe.toolkit import ThisMachine
from ci_slim.platforms import Platform, refuse_other
from ci_slim.settings.plans import SlimPlan

LARGE = 200_000_000
"""The size from which an image is not stored completely while it is read."""

AnySaved = TypeVar("AnySaved", bound=SavedFatImage)


class BackgroundRead:
    """A fat image that is read in the background."""

    def __init__(
        self,
        make: Callable[[], FatImage],
        container: Callable[[], ReaderContainer] | None = None,
    ) -> None:
        """`container` returns the container, if any, from which the bytes of files are read."""
        self._image = BackgroundTask(make, "read")
        self._container = container
        self._prepared: BackgroundTask[None] | None = None

    def expect(self, uses: Mapping[str, How]) -> None:
        """Announce that the run used these paths, so their bytes may be needed soon."""
        container = self._container
        if container is not None:
            self._prepared = BackgroundTask(lambda: container().prepare(uses), "prepare")

    def result(self) -> FatImage:
        """The image, once it is read. Raises the error of the reading."""
        image = self._image.result()
        if self._prepared is not None:
            # the error is raised where the container is needed
            with contextlib.suppress(EngineError):
                self._prepared.result()
        return image


@dataclass(frozen=True, slots=True)
class FatSource:
    """Where a fat image is read from. `given` is the name that the user gave, or None if the image
    was built."""

    engine: Engine
    reference: str
    platform: Platform
    folder: Path
    given: str | None
    limits: Limits = LIMITS

    def start_reading(self, plan: SlimPlan, *, whole: bool) -> BackgroundRead:
        """Start to read an image.

        For merged layers and not `whole`, it is read only through a container, which is fast.
        Otherwise a large image is streamed: small files are kept, and the others come from such a
        container. A smaller image is stored completely.
        """
        seen, name = self.engine.inspect_image(self.reference), self.reference
        if plan.enabled and plan.layers == "merge" and not whole and shows_all(seen):
            return BackgroundRead(
                lambda: ContainerImage(self.engine, self._container(name), name, self.platform)
            )
        if not plan.enabled or seen["Size"] < LARGE or self.engine.containerd_store:
            return BackgroundRead(lambda: self._save(name))
        # By its id, because its name may be given to another image before the reading ends.
        container = functools.cache(lambda: self._container(seen["Id"]))
        return BackgroundRead(lambda: self._stream(seen, container), container)

    def _container(self, image: str) -> ReaderContainer:
        programs = ThisMachine(process.find)
        reader = toolkit.collect(toolkit.READER, self.engine.platform, programs)
        return ReaderContainer(self.engine, reader, image, self.folder)

    def _save(self, image: str) -> SavedFatImage:
        with contextlib.closing(self.engine.save(image)) as chunks:
            fetched = SavedFatImage.fetch(
                chunks, self.folder, self.platform, self.reference, self.limits
            )
        return self._checked(fetched)

    def _stream(
        self, seen: Mapping[str, Any], container: Callable[[], ReaderContainer]
    ) -> StreamedImage:
        with contextlib.closing(self.engine.save(seen["Id"])) as chunks:
            image = StreamedImage.read_stream(
                chunks,
                self.folder,
                seen["RootFS"]["Layers"],
                self.platform,
                self.reference,
                container,
                lambda: self._save(seen["Id"]),
            )
        return self._checked(image)

    def _checked(self, image: AnySaved) -> AnySaved:
        if self.given is not None:
            stated = bool(image.config.document.get("variant"))
            refuse_other(image.image.platform, self.platform, self.given, stated=stated)
        return image
