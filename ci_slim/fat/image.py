"""What slimming needs: a fat image that can be read, a timer for stages, and a place to work."""

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
    """A fat image that can be read: its files, their bytes, its sizes, and new layers
    made from it."""

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
        """An image of only the kept files. Its uncompressed layers are stored below `folder`.
        `created` is RFC 3339, or None for the fat image's own time."""

    def whole(self, folder: Path, plan: SlimPlan) -> Image | None:
        """The unchanged image, in the form for a registry, with new blobs below `folder`. None if
        its layers are not known."""


class PendingImage(Protocol):
    """A fat image that is still being read."""

    def expect(self, uses: Mapping[str, How]) -> None:
        """Announce that the run used these paths, so their bytes may be needed soon."""

    def result(self) -> FatImage:
        """The image, once it is read."""


@dataclass(slots=True)
class StageTimer:
    """The seconds of each stage, and of `parts` of them. Each stage is shown while it runs."""

    shown: Callable[[str], AbstractContextManager[None]]
    seconds: dict[str, float] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            with self.shown(name.replace("_", " ")):
                yield
        finally:  # the time of a failed stage counts too
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - began

    def add_part(self, name: str, seconds: float) -> None:
        """Add seconds that were measured inside of a stage."""
        self.parts[name] = self.parts.get(name, 0.0) + seconds


@dataclass(frozen=True, slots=True)
class Workspace:
    """What slimming works with: the daemon, the tools, a folder for blobs, and names for images."""

    engine: Engine
    tools: Tools
    folder: Path
    reference: str
    """The name under which slim images are loaded for the proof, followed by the round's number."""
    created: str | None = None
    """RFC 3339, or None for the fat image's own time."""
    blobs: bool = True
    """Whether the compressed layers are needed. If not, their sizes are estimated."""
