"""The toolkits for the daemons of a run, each collected once: from this machine's programs, or from
those of an image where the daemon is of another architecture."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from ci_slim import __version__
from ci_slim.engine import process
from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError
from ci_slim.fat.saved import SavedFatImage
from ci_slim.observe import toolkit
from ci_slim.observe.run_spec import Tools
from ci_slim.observe.toolkit import OfImage, Source, ThisMachine
from ci_slim.platforms import Platform

IMAGE = f"docker://ghcr.io/ci-slim/ci-slim:{__version__}"
"""ci-slim's own image has the tools; it is made for these architectures."""
_MADE_FOR = ("amd64", "arm64")


def collect_tools(platform: Platform, source: Source, says: Callable[[str], object]) -> Tools:
    """The tools for a daemon of this platform, from one source."""
    lock = Lock()

    def prober(more: tuple[str, ...]) -> toolkit.Toolkit:
        with lock:  # the files of an image are read from one open file
            return toolkit.collect((*toolkit.PROBER, *more), platform, source)

    tracer = toolkit.collect(toolkit.TRACER, platform, source)
    return Tools(tracer, functools.cache(prober), says)


class Toolbox:
    """Makes the tools for a daemon."""

    def __init__(
        self,
        own: Engine,
        image: str | None,
        present: Callable[[str, Platform], str],
        folder: Path,
        says: Callable[[str], object],
    ) -> None:
        """`image` is where tools of another architecture come from; None: ci-slim's own. `present`
        makes an image present in the daemon `own`; `folder` takes the saved image."""
        self._own, self._image, self._present = own, image, present
        self._folder, self._says = folder, says
        self._known: dict[Platform, Tools] = {}
        self._lock = Lock()

    def tools(self, daemon: Engine) -> Tools:
        """The tools for a daemon. Raises EngineError where there are none."""
        with self._lock:
            if daemon.platform not in self._known:
                platform = daemon.platform
                self._known[platform] = collect_tools(platform, self._source(platform), self._says)
            return self._known[daemon.platform]

    def _source(self, platform: Platform) -> Source:
        if toolkit.is_own_architecture(platform, os.uname().machine):
            return ThisMachine(process.find)
        if self._image is None and platform.architecture not in _MADE_FOR:
            raise EngineError(
                f"there are no tools for a Docker host of the platform {platform}",
                where="remote.tools",
                hint="name an image of that platform that has strace, tar, findutils, curl and "
                "coreutils; docs/self-hosted.md shows its Dockerfile",
            )
        name = self._present(self._image or IMAGE, platform)
        folder = self._folder / f"tools-{platform.slug}"
        folder.mkdir(parents=True, exist_ok=True)
        saved = SavedFatImage.fetch(self._own.save(name), folder, platform, name)
        return OfImage(saved.index, saved.contents)
