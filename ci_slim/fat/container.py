"""Reads a fat image through a container that never ran its program: the list of files, and the
bytes of the kept files.

So `--layers merge` need not read the whole image. For a large image that would take longer than
everything else. The layers and their exact sizes are not known in this way.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ci_slim.closure.keep_set import KeepSet
from ci_slim.engine.docker import Engine
from ci_slim.fat.reader_container import PACKAGES, ReaderContainer
from ci_slim.fat.saved import filtered_layers
from ci_slim.image.config import ImageConfig
from ci_slim.image.files import FileIndex, Kind, read_layer
from ci_slim.image.image import Image, slim_image
from ci_slim.image.layer import Layer
from ci_slim.image.manifest import LAYER, Descriptor
from ci_slim.image.sizes import ImageSizes, sizes
from ci_slim.platforms import Platform
from ci_slim.settings.plans import SlimPlan


def shows_all(image: Mapping[str, Any]) -> bool:
    """Whether a container shows its image unchanged, as `docker inspect` describes the image.

    An image with volumes is not shown unchanged: volumes are mounted over its folders with new
    times, and Docker creates missing folders.
    """
    return not (image.get("Config") or {}).get("Volumes")


class ContainerImage:
    """The fat image behind such a container."""

    def __init__(
        self, engine: Engine, container: ReaderContainer, image: str, platform: Platform
    ) -> None:
        self._container, self._platform = container, platform
        self.config = config_of(engine, image, platform, _history(engine, image))
        self.index = FileIndex.of([container.files()])
        self.contents = self
        self.sizes = self._measure(image, str(engine.inspect_image(image)["Id"]))
        self.disk_bytes = self.sizes.disk_bytes or 0
        self._packages = _packages(self.index)

    def _measure(self, reference: str, digest: str) -> ImageSizes:
        """The sizes as seen through the container: the files of all layers together, each once."""
        entries = [self.index[path] for path in self.index]
        tar = sum(512 + (-(-e.size // 512) * 512 if not e.hardlink else 0) for e in entries)
        merged = Layer(Descriptor(LAYER, "", tar), "", "none", io.BytesIO, tar, len(entries))
        config = self.config.with_layers([""], [{"created_by": "all layers, merged"}])
        image = Image(self._platform, config, b"", b"", (merged,))
        found = sizes(image, reference, disk_exact=False)
        return replace(found, digest=digest, config_digest="")

    def filter(
        self, keep: KeepSet, folder: Path, plan: SlimPlan, created: str | None = None
    ) -> Image:
        """The kept files as an image of one new layer below `folder`."""
        spool = self._container.fetch(keep.reasons)
        index = FileIndex.of([read_layer(spool, 0)])
        layers = filtered_layers(index, [spool], keep, folder, plan)
        return slim_image(self.config, layers, self._platform, created)

    def whole(self, folder: Path, plan: SlimPlan) -> None:
        """Not known: a container does not show the layers."""

    def expect(self, paths: Iterable[str]) -> None:
        """See `image.files.Contents`."""
        self._container.expect(path for path in paths if self.index[path].kind is Kind.FILE)

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        """See `image.files.Contents`."""
        if path in self._packages:
            packages, self._packages = self._packages, frozenset()
            self._container.expect(packages)
        return self._container.read(path, offset, size)


def config_of(
    engine: Engine, image: str, platform: Platform, history: Iterable[Mapping[str, object]] = ()
) -> ImageConfig:
    """The image's config, converted from the daemon's form back into the form of the OCI image
    spec."""
    seen = engine.inspect_image(image)
    document = {
        "created": seen.get("Created"),
        "author": seen.get("Author") or None,
        "architecture": platform.architecture,
        "os": platform.os,
        "variant": platform.variant or None,
        "os.version": seen.get("OsVersion") or None,
        "config": seen.get("Config") or {},
        "rootfs": {"type": "layers", "diff_ids": seen.get("RootFS", {}).get("Layers") or []},
        "history": list(history),
    }
    return ImageConfig({key: value for key, value in document.items() if value is not None})


def _history(engine: Engine, image: str) -> list[dict[str, object]]:
    """The image's history.

    The containerd store has it only for unpacked images (`snapshot … does not exist`). A build for
    another platform leaves its image packed until the first container of it is created.
    """
    return [
        {
            "created_by": str(entry.get("CreatedBy") or ""),
            **({"empty_layer": True} if not entry.get("Size") else {}),
        }
        for entry in reversed(engine.image_history(image))
    ]


def _packages(index: FileIndex) -> frozenset[str]:
    """The small files of the package database. If one of them is read, the others are read soon."""
    return frozenset(
        path for path in index if path.startswith(PACKAGES) and index[path].kind is Kind.FILE
    )
