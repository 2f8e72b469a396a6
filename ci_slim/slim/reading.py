"""Fat images that are read beside the main thread, while their application starts."""

import contextlib
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ci_slim.engine import process
from ci_slim.engine.beside import Beside
from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError
from ci_slim.plan import SlimPlan
from ci_slim.platforms import Platform, refuse_other
from ci_slim.slim import toolkit
from ci_slim.slim.observation import How
from ci_slim.slim.pristine import Pristine, PristineContainer, shows_all
from ci_slim.slim.saved import Saved
from ci_slim.slim.thinned import Thinned
from ci_slim.slim.workshop import FatImage

LARGE = 200_000_000
"""Bytes from which on an image is not kept entire while it is read."""

AnySaved = TypeVar("AnySaved", bound=Saved)


class Reading:
    """A fat image, once it is read."""

    def __init__(
        self,
        make: Callable[[], FatImage],
        container: Callable[[], PristineContainer] | None = None,
    ) -> None:
        """`container` gives the one, if any, that the bytes of files come from."""
        self._image = Beside(make, "read")
        self._container = container
        self._prepared: Beside[None] | None = None

    def expect(self, uses: Mapping[str, How]) -> None:
        """These of its paths were used, so their bytes may be wanted soon."""
        container = self._container
        if container is not None:
            self._prepared = Beside(lambda: container().prepare(uses), "prepare")

    def result(self) -> FatImage:
        """The image, once it is read; raises what reading it raised."""
        image = self._image.result()
        if self._prepared is not None:
            with contextlib.suppress(EngineError):  # who needs the container finds out by asking it
                self._prepared.result()
        return image


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fat image is read from. `given` is what the user called it; None: it was built."""

    engine: Engine
    reference: str
    platform: Platform
    folder: Path
    given: str | None

    def reading(self, plan: SlimPlan, *, whole: bool) -> Reading:
        """Begin to read it. Merged and not `whole`, it is read through a container alone, which
        is quick; of a large one, what is little is kept of its saved layers, and the rest comes
        from such a container; and else it is kept entire."""
        seen, name = self.engine.inspect_image(self.reference), self.reference
        if plan.enabled and plan.layers == "merge" and not whole and shows_all(seen):
            return Reading(
                lambda: Pristine(self.engine, self._container(name), name, self.platform)
            )
        if not plan.enabled or seen["Size"] < LARGE or self.engine.containerd_store:
            return Reading(lambda: self._entire(name))
        # By its id: its name may be given to another image before all of it is read.
        container = functools.cache(lambda: self._container(seen["Id"]))
        return Reading(lambda: self._thinned(seen, container), container)

    def _container(self, image: str) -> PristineContainer:
        reader = toolkit.collect(toolkit.READER, self.engine.platform, process.find)
        return PristineContainer(self.engine, reader, image, self.folder)

    def _entire(self, image: str) -> Saved:
        with contextlib.closing(self.engine.save(image)) as chunks:
            fetched = Saved.fetched(chunks, self.folder, self.platform, self.reference)
        return self._right(fetched)

    def _thinned(
        self, seen: Mapping[str, Any], container: Callable[[], PristineContainer]
    ) -> Thinned:
        with contextlib.closing(self.engine.save(seen["Id"])) as chunks:
            image = Thinned.arrived(
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
