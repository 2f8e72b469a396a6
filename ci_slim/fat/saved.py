"""A fat image that is saved in a file: every layer with its files, and exact sizes if possible."""

import functools
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO, cast

from ci_slim.closure.keep_set import KeepSet
from ci_slim.image import archive, estimate
from ci_slim.image.archive import with_blob_digest
from ci_slim.image.blob import compressed, member_name
from ci_slim.image.compression import Workers, compressor
from ci_slim.image.config import ImageConfig
from ci_slim.image.digests import checked, unpack, verify
from ci_slim.image.files import Contents, FileIndex, Kind, LayerContents, LayerFiles, read_layer
from ci_slim.image.filter import Mode, filtered
from ci_slim.image.grouping import Group
from ci_slim.image.image import Image, image_of, slim_image
from ci_slim.image.layer import Layer
from ci_slim.image.sizes import ImageSizes, sizes
from ci_slim.image.small_tar import packed
from ci_slim.image.tar import member_at
from ci_slim.image.tar_headers import folder as folder_member
from ci_slim.image.tar_headers import rebuilt
from ci_slim.image.unpacking import LIMITS, Limits
from ci_slim.platforms import Platform
from ci_slim.settings.plans import SlimPlan


class SavedFatImage:
    """One platform of a saved image. Uncompressed layers are read directly from the archive.
    Compressed layers are unpacked into tar files."""

    def __init__(
        self,
        file: BinaryIO,
        folder: Path,
        platform: Platform | None,
        reference: str = "",
        known: Mapping[int, LayerFiles] = MappingProxyType({}),
        limits: Limits = LIMITS,
    ) -> None:
        """Read the archive `file`, which was checked by `digests.checked`. New files are stored
        below `folder`. Layers that are `known` by number are not read again."""
        self._folder, self._reference, self._limits = folder, reference, limits
        members = archive.archive_members(file, reference)
        self._verified = "index.json" in members  # its blobs are named by their digests
        images = archive.read_images(members, reference)
        # The only image of a daemon is the requested one, even if its base gave it another
        # platform.
        image = archive.choose(images, platform if len(images) > 1 else None, reference)
        self._platform = platform or image.platform
        self._tars = [self._tar(layer) for layer in image.layers]
        self.index = FileIndex.of(
            [
                known[number] if number in known else read_layer(tar, number)
                for number, tar in enumerate(self._tars)
            ]
        )
        tars = zip(image.layers, self.index.layers, strict=True)
        layers = tuple(replace(layer, tar_bytes=files.size) for layer, files in tars)
        self.image = replace(image, layers=layers)
        self.contents: Contents = LayerContents(self.index, self._tars)

    @classmethod
    def fetch(
        cls,
        chunks: Iterable[bytes | memoryview],
        folder: Path,
        platform: Platform | None,
        reference: str,
        limits: Limits = LIMITS,
    ) -> "SavedFatImage":
        """Write the stream of `docker save` to a file and read it."""
        path = folder / "saved.tar"
        with path.open("wb", buffering=1 << 20) as out:
            out.writelines(checked(chunks, reference))
        return cls(path.open("rb"), folder, platform, reference, limits=limits)

    @property
    def config(self) -> ImageConfig:
        return self.image.config

    @property
    def disk_bytes(self) -> int:
        """The bytes of all its uncompressed layers."""
        return sum(layer.size for layer in self.index.layers)

    @functools.cached_property
    def sizes(self) -> ImageSizes:
        """The sizes. Blobs of layers that exist only uncompressed are estimated, which takes a
        while."""
        return sizes(self.image, self._reference, files=len(self.index), estimated=self._estimated)

    def filter(
        self, keep: KeepSet, folder: Path, plan: SlimPlan, created: str | None = None
    ) -> Image:
        """See `FatImage`. New files go into one more layer."""
        layers = filtered_layers(self.index, self._tars, keep, folder, plan)
        return slim_image(self.config, layers, self._platform, created)

    def whole(self, folder: Path, plan: SlimPlan) -> Image:
        """The image in the form for a registry. Compressed layers stay unchanged. For the others
        there are new blobs below `folder`."""
        folder.mkdir(parents=True)
        processors = os.cpu_count() or 1
        workers = Workers(processors, processors)

        def pulled(number: int, layer: Layer) -> Layer:
            if layer.compression != "none":
                return with_blob_digest(layer)
            file = (folder / f"layer{number}").open("w+b")
            return compressed(layer, file, compressor(plan.compression, workers))

        layers = [pulled(number, layer) for number, layer in enumerate(self.image.layers)]
        return image_of(self.image.raw_config, layers, self.image.platform)

    def _tar(self, layer: Layer) -> BinaryIO:
        """The layer as an uncompressed, seekable file."""
        if layer.compression == "none":
            if not self._verified or layer.digest != layer.diff_id:
                verify(layer, self._reference)
            return layer.open()
        path = self._folder / f"{layer.diff_id.replace(':', '-')}.tar"
        if not path.exists():
            with path.open("w+b") as out:
                unpack(layer, out, self._reference, self._limits)
        return path.open("rb")

    def _estimated(self, layer: Layer) -> int:
        return estimate.layer(layer)


def filtered_layers(
    index: FileIndex, layers: list[BinaryIO], keep: KeepSet, folder: Path, plan: SlimPlan
) -> tuple[Layer, ...]:
    """The keep set as new layers, with its new files as one more layer on top. If the layers are
    split, the new files are among the dependencies: they list the packages."""
    paths, grouping = set(keep.reasons), keep.grouping
    if keep.added:
        top = io.BytesIO(_addition(index, layers, keep.added))
        index = index.under(read_layer(top, len(index.layers)))
        layers = [*layers, top]
        paths |= set(keep.added)
        grouping = grouping and grouping.with_layer(Group.DEPENDENCIES, keep.added)
    folder.mkdir(parents=True)
    names: Iterator[int] = iter(range(len(layers) + 1))

    def sink() -> BinaryIO:
        return cast(BinaryIO, (folder / f"layer{next(names)}").open("w+b"))

    mode: Mode = "split" if plan.layers == "shared" else plan.layers
    return filtered(index, paths, layers, mode, sink, grouping)


def _addition(index: FileIndex, layers: list[BinaryIO], added: Mapping[str, bytes]) -> bytes:
    """A tar of new files, and of their folders as the image has them.

    If a layer has no entries for its folders, Docker creates them when it unpacks the layer: with
    mode 0755, for root and with the current time, over the entries of lower layers.
    """
    folders = b""
    for path in sorted({str(up) for file in added for up in PurePosixPath(file).parents}):
        entry, name = index.get(path), member_name(path) + b"/"
        if path == "/":
            continue
        if entry is None or not entry.end:
            folders += folder_member(name)
        elif entry.kind is Kind.DIR:
            folders += rebuilt(member_at(layers[entry.layer], entry.start), name=name)
    return folders + packed({path.lstrip("/"): data for path, data in added.items()})
