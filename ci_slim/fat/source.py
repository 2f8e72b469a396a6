"""Fat images that are read beside the main thread, while their application starts."""

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
from ci_slim.fat.container import ContainerImage, ReaderContainer, shows_all
from ci_slim.fat.image import FatImage
from ci_slim.fat.saved import SavedFatImage
from ci_slim.fat.streamed import StreamedImage
from ci_slim.observe import toolkit
from ci_slim.observe.observation import How
from ci_slim.platforms import Platform, refuse_other
from ci_slim.settings.plans import SlimPlan

LARGE = 200_000_000
"""Bytes from which on an image is not kept entire while it is read."""

AnySaved = TypeVar("AnySaved", bound=SavedFatImage)


class BackgroundRead:
    """A fat image, once it is read."""

    def __init__(
        self,
        make: Callable[[], FatImage],
        container: Callable[[], ReaderContainer] | None = None,
    ) -> None:
        """`container` gives the one, if any, that the bytes of files come from."""
        self._image = BackgroundTask(make, "read")
        self._container = container
        self._prepared: BackgroundTask[None] | None = None

    def expect(self, uses: Mapping[str, How]) -> None:
        """These of its paths were used, so their bytes may be wanted soon."""
        container = self._container
        if container is not None:
            self._prepared = BackgroundTask(lambda: container().prepare(uses), "prepare")

    def result(self) -> FatImage:
        """The image, once it is read; raises what reading it raised."""
        image = self._image.result()
        if self._prepared is not None:
            with contextlib.suppress(EngineError):  # who needs the container finds out by asking it
                self._prepared.result()
        return image


@dataclass(frozen=True, slots=True)
class FatSource:
    """Where a fat image is read from. `given` is what the user called it; None: it was built."""

    engine: Engine
    reference: str
    platform: Platform
    folder: Path
    given: str | None

    def reading(self, plan: SlimPlan, *, whole: bool) -> BackgroundRead:
        """Begin to read it. Merged and not `whole`, it is read through a container alone, which
        is quick; of a large one, what is little is kept of its saved layers, and the rest comes
        from such a container; and else it is kept entire."""
        seen, name = self.engine.inspect_image(self.reference), self.reference
        if plan.enabled and plan.layers == "merge" and not whole and shows_all(seen):
            return BackgroundRead(
                lambda: ContainerImage(self.engine, self._container(name), name, self.platform)
            )
        if not plan.enabled or seen["Size"] < LARGE or self.engine.containerd_store:
            return BackgroundRead(lambda: self._entire(name))
        # By its id: its name may be given to another image before all of it is read.
        container = functools.cache(lambda: self._container(seen["Id"]))
        return BackgroundRead(lambda: self._thinned(seen, container), container)

    def _container(self, image: str) -> ReaderContainer:
        reader = toolkit.collect(toolkit.READER, self.engine.platform, process.find)
        return ReaderContainer(self.engine, reader, image, self.folder)

    def _entire(self, image: str) -> SavedFatImage:
        with contextlib.closing(self.engine.save(image)) as chunks:
            fetched = SavedFatImage.fetched(chunks, self.folder, self.platform, self.reference)
        return self._right(fetched)

    def _thinned(
        self, seen: Mapping[str, Any], container: Callable[[], ReaderContainer]
    ) -> StreamedImage:
        with contextlib.closing(self.engine.save(seen["Id"])) as chunks:
            image = StreamedImage.arrived(
                chunks,
                self.folder,
                seen["RootFS"]["Layers"],
                self.platform,
                self.reference,
                container,
                lambda: self._entire(seen["Id"]),
            )
        return self._right(image)

    def _right(self, image: AnySaved) -> AnySaved:
        if self.given is not None:
            stated = bool(image.config.document.get("variant"))
            refuse_other(image.image.platform, self.platform, self.given, stated=stated)
        return image
