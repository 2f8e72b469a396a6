"""What slimming works with: a fat image that can be read, a clock, and a place to work at."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ci_slim.closure.keep_set import KeepSet
from ci_slim.engine.docker import Engine
from ci_slim.image.config import ImageConfig
from ci_slim.image.files import Contents, FileIndex
from ci_slim.image.image import Image
from ci_slim.image.sizes import ImageSizes
from ci_slim.observe.observation import How
from ci_slim.observe.run_spec import Tools
from ci_slim.settings.plans import SlimPlan


class FatImage(Protocol):
    """A fat image that can be read: its files, their bytes, its sizes, layers made of it."""

    @property
    def config(self) -> ImageConfig: ...
    @property
    def index(self) -> FileIndex: ...
    @property
    def contents(self) -> Contents: ...
    @property
    def disk_bytes(self) -> int: ...
    @property
    def sizes(self) -> ImageSizes: ...

    def filter(
        self, keep: KeepSet, folder: Path, plan: SlimPlan, created: str | None = None
    ) -> Image:
        """An image of just the kept files, whose uncompressed layers lie below `folder`. `created`
        is RFC 3339; None: as the fat image says."""

    def whole(self, folder: Path, plan: SlimPlan) -> Image | None:
        """The image as it is, as a registry takes it, new blobs below `folder`; None where its
        layers are not known."""


class PendingImage(Protocol):
    """A fat image that is being read."""

    def expect(self, uses: Mapping[str, How]) -> None:
        """These of its paths were used, so their bytes may be wanted soon."""

    def result(self) -> FatImage:
        """The image, once it is read."""


@dataclass(slots=True)
class StageTimer:
    """Seconds by stage, each shown while it runs."""

    shown: Callable[[str], AbstractContextManager[None]]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            with self.shown(name):
                yield
        finally:  # the time that a failed stage took was waited for as well
            self.add(name, time.monotonic() - began)

    def add(self, name: str, seconds: float) -> None:
        """Count seconds that were measured elsewhere, as a part of the stages."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where slimming is done: the daemon, the tools, a folder for blobs, and names for images."""

    engine: Engine
    tools: Tools
    folder: Path
    reference: str
    """Under this name, with the round's number, slim images are loaded while they are proved."""
    created: str | None = None
    """RFC 3339; the fat image's own when None."""
    blobs: bool = True
    """Somebody wants the compressed layers; else their sizes are estimated."""
