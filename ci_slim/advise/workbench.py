"""The place to try changes: a copy of the build context, builds, runs with probes, and sizes."""

import contextlib
import functools
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ci_slim.advise.advice import Bytes
from ci_slim.advise.context_copy import ContextCopy
from ci_slim.advise.finding import Context, Facts, Hidden
from ci_slim.advise.origins import origins
from ci_slim.engine.docker import Engine
from ci_slim.fat.saved import SavedFatImage
from ci_slim.image.config import ImageConfig
from ci_slim.image.files import Kind
from ci_slim.image.layer import Layer
from ci_slim.image.unpacking import LIMITS, Limits
from ci_slim.observe.exercise import run_untraced
from ci_slim.observe.observation import Exercise, Patience
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.platforms import Platform
from ci_slim.probes import Probe
from ci_slim.settings.plans import BuildPlan, RunPlan

_CHUNK = 1 << 20

Listing = Mapping[str, tuple[Kind, int, int, int]]
"""Each path with its kind, mode and owners."""
Build = Callable[[BuildPlan, Platform, str, float | None], None]


@dataclass(frozen=True, slots=True)
class Size:
    """An image's layers by their digests, with their bytes on disk; `config` is the bytes of its
    config."""

    config: int
    layers: tuple[tuple[str, int], ...]


@dataclass
class Workbench:
    """Builds, runs and measures the image of one Dockerfile with changed files."""

    engine: Engine
    tools: Callable[[], Tools]
    """Collects them when an image is run for the first time: --quick runs none."""
    build: Build
    config: Callable[[str, Platform], ImageConfig]
    plan: BuildPlan
    run: RunPlan
    probes: tuple[Probe, ...]
    folder: Path
    """A folder for the copy of the context, and for what is read from images."""
    context: Context
    """Files that .dockerignore leaves out are not copied."""
    limits: Limits = LIMITS
    _context: Path | None = None
    _pulls: dict[str, int] = field(default_factory=dict)
    """Compressed bytes of layers, by their digest."""
    _number: int = 0

    def built(
        self,
        texts: Mapping[Path, str],
        platform: Platform,
        seconds: float | None = None,
        *,
        cached: bool = True,
    ) -> str:
        """Build the image with these files changed, in so many seconds, and also without the
        builder's cache. Returns its reference. Raises EngineError."""
        self._number += 1
        reference = f"ci-slim-advise:{self._number}-{self.engine.run_id}"
        self.engine.forget_image(reference)
        with self._copy.changed(texts) as plan:
            # A try must not write a cache that others read, and is built on the original's layers.
            tried = replace(plan, cache_to=(), no_cache=not cached, pull=False)
            self.build(tried, platform, reference, seconds)
        return reference

    def exercised(
        self,
        reference: str,
        platform: Platform,
        original: str,
        patience: Patience | None = None,
        seconds: float | None = None,
    ) -> Exercise:
        """Run the image once with the probes, as on the device. Raises OutOfTime after so many
        seconds."""
        spec = replace(self.spec(reference, platform, original), patience=patience)
        return run_untraced(self.engine, self.tools(), spec, seconds)

    def spec(self, reference: str, platform: Platform, original: str) -> RunSpec:
        """How an image runs."""
        config = self.config(reference, platform)
        return RunSpec(
            reference,
            platform,
            config,
            self.run,
            self.probes,
            original,
            called=self.plan.dockerfile,
        )

    def measured(self, reference: str, platform: Platform, before: Size | None = None) -> Size:
        """The layers of an image. Compressed bytes are measured for layers that `before` does not
        have."""
        with self._saved(reference, platform) as saved:
            known = {digest for digest, _ in before.layers} if before else set()
            for layer in saved.image.layers:
                if before is not None and layer.diff_id not in known:
                    self._pull(layer)
            return _size(saved)

    def saved(self, reference: str, platform: Platform, before: Size, after: Size) -> Bytes:
        """What the image measured as `after` saves; `reference` is the image before the change."""
        kept = {digest for digest, _ in after.layers}
        gone = {digest for digest, _ in before.layers} - kept
        if gone - self._pulls.keys():
            with self._saved(reference, platform) as saved:
                for layer in saved.image.layers:
                    if layer.diff_id in gone:
                        self._pull(layer)
        return self._bytes(before, gone).less(
            self._bytes(after, kept - {digest for digest, _ in before.layers})
        )

    def _bytes(self, size: Size, counted: set[str]) -> Bytes:
        """Bytes of the config and of the layers that the other image does not have."""
        pulled = {digest for digest, _ in size.layers} & counted
        return Bytes(
            size.config + sum(self._pulls[digest] for digest in pulled),
            sum(disk for _, disk in size.layers),
        )

    def facts(self, reference: str, platform: Platform) -> tuple[Size, Facts]:
        """The content of an image, for the rules."""
        with self._saved(reference, platform) as saved:
            index = saved.index
            hidden = tuple(
                Hidden(entry.path, entry.size, entry.layer, by)
                for entry, by in index.overwritten
                if entry.kind is Kind.FILE
            )
            files = dict(index.sizes())
            pull = saved.sizes.pull_bytes or 0
            found = origins(index, saved.contents)
            return _size(saved), Facts(files, hidden, saved.disk_bytes, pull, found)

    def listing(self, reference: str, platform: Platform) -> Listing:
        """What `ls -l` would show of each path, without sizes and times."""
        with self._saved(reference, platform) as saved:
            return {
                each.path: (each.kind, each.mode, each.uid, each.gid)
                for each in saved.index.entries()
            }

    def pulls(self, reference: str, platform: Platform, topmost: int) -> tuple[int, ...]:
        """The compressed bytes of the topmost layers of an image, lowest first."""
        with self._saved(reference, platform) as saved:
            layers = saved.image.layers[len(saved.image.layers) - topmost :]
            for layer in layers:
                self._pull(layer)
        return tuple(self._pulls[layer.diff_id] for layer in layers)

    @functools.cached_property
    def _copy(self) -> ContextCopy:
        return ContextCopy(self.plan, self.folder, self.context)

    def drop(self, reference: str) -> None:
        """Remove an image that no container needs any more."""
        self.engine.drop_image(reference)

    # -- sizes --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _saved(self, reference: str, platform: Platform) -> Iterator[SavedFatImage]:
        folder = self.folder / "saved"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            with contextlib.closing(self.engine.save(reference)) as chunks:
                yield SavedFatImage.fetch(chunks, folder, platform, reference, self.limits)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _pull(self, layer: Layer) -> None:
        """The compressed bytes of a layer in a registry: as it is stored, or as `docker push` would
        compress it."""
        if layer.diff_id in self._pulls:
            return
        if layer.compression != "none":
            self._pulls[layer.diff_id] = layer.blob_bytes
            return
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        size = 0
        with layer.open() as tar:
            while chunk := tar.read(_CHUNK):
                size += len(packer.compress(chunk))
        self._pulls[layer.diff_id] = size + len(packer.flush())


def _size(saved: SavedFatImage) -> Size:
    layers = tuple((each.diff_id, each.tar_bytes or 0) for each in saved.image.layers)
    return Size(len(saved.image.raw_config), layers)
