"""A fat image saved into a file: every layer with its files, and exact sizes where they can be."""

import functools
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO, cast

from ci_slim.closure.keep_set import KeepSet
from ci_slim.image import archive, estimate
from ci_slim.image.archive import SavedLayer, as_saved
from ci_slim.image.blob import compressed, member_name
from ci_slim.image.compression import compressor
from ci_slim.image.files import Contents, FileIndex, Kind, Layer, LayerContents, Slice, read_layer
from ci_slim.image.filter import NewLayer, write_layers
from ci_slim.image.layout import LayoutImage
from ci_slim.image.manifest import digest_of
from ci_slim.image.oci import manifest_of
from ci_slim.image.sizes import ImageSizes, LayerSize, image_sizes
from ci_slim.image.small_tar import packed
from ci_slim.image.tar import member_at
from ci_slim.image.tar_headers import folder as folder_member
from ci_slim.image.tar_headers import rebuilt
from ci_slim.image.unpacking import unpacked
from ci_slim.platforms import Platform
from ci_slim.settings.plans import SlimPlan

_CHUNK = 1 << 20


class SavedFatImage:
    """One platform of a saved image. Layers are read from the archive where they lie; compressed
    ones are unpacked into files of their own beside it, as tars."""

    def __init__(
        self,
        file: BinaryIO,
        again: Callable[[], BinaryIO],
        folder: Path,
        platform: Platform | None,
        reference: str = "",
        known: Mapping[int, Layer] = MappingProxyType({}),
    ) -> None:
        """`again` gives the archive once more, for another thread; what is made of it lies below
        `folder`. Layers that are `known` by number are not read again."""
        self._again, self._folder, self._reference = again, folder, reference
        images = archive.read_images(archive.archive_members(file, reference), reference)
        # A daemon's single image is the one that was asked for, however its base was stamped.
        image = archive.choose(images, platform if len(images) > 1 else None, reference)
        self.image = image
        self.config = image.config
        self._layers = [self._tar(layer) for layer in image.layers]
        self.index = FileIndex.of(
            [
                known[number] if number in known else read_layer(tar, number)
                for number, tar in enumerate(self._layers)
            ]
        )
        self.contents: Contents = LayerContents(self.index, self._layers)

    @classmethod
    def fetched(
        cls,
        chunks: Iterable[bytes | memoryview],
        folder: Path,
        platform: Platform | None,
        reference: str,
    ) -> "SavedFatImage":
        """Write the stream of `docker save` to a file and read it."""
        path = folder / "saved.tar"
        with path.open("wb", buffering=1 << 20) as out:
            out.writelines(chunks)
        return cls(path.open("rb"), lambda: path.open("rb"), folder, platform, reference)

    @property
    def disk_bytes(self) -> int:
        """The bytes of all its layers unpacked."""
        return sum(layer.size for layer in self.index.layers)

    @functools.cached_property
    def sizes(self) -> ImageSizes:
        """Blobs of layers that are there unpacked only are estimated, which takes a while."""
        blobs = [self._blob_bytes(layer) for layer in self.image.layers]
        return self._measure(blobs, [layer.size for layer in self.index.layers])

    def write(self, keep: KeepSet, folder: Path, plan: SlimPlan) -> tuple[NewLayer, ...]:
        """The kept files as new layers below `folder`; what is new goes into one more layer."""
        return written(self.index, self._layers, keep, folder, plan)

    def whole(self, folder: Path, plan: SlimPlan) -> LayoutImage:
        """The image as a registry takes it. Layers that came compressed stay as they are, for the
        others there are new blobs below `folder`."""
        folder.mkdir(parents=True)

        def blob(number: int) -> NewLayer:
            layer, tar_bytes = self.image.layers[number], self.index.layers[number].size
            if layer.compression != "none":
                return as_saved(layer, number, tar_bytes)
            file = (folder / f"layer{number}").open("w+b")
            plain = as_saved(layer, number, tar_bytes)
            return compressed(plain, file, compressor(plan.compression))

        layers = tuple(blob(number) for number in range(len(self._layers)))
        config = self.image.config_bytes
        return LayoutImage(self.image.platform, config, manifest_of(config, layers), layers)

    def _tar(self, layer: SavedLayer) -> BinaryIO:
        """The layer uncompressed and seekable."""
        if layer.compression == "none":
            return layer.window.open()
        path = self._folder / f"{layer.diff_id.replace(':', '-')}.tar"
        if not path.exists():
            with path.open("wb") as out:
                where = f"{self._reference}, layer {layer.descriptor.digest}"
                out.writelines(unpacked(layer.window.open(), layer.compression, where))
        return path.open("rb")

    def _blob_bytes(self, layer: SavedLayer) -> int:
        """Compressed bytes: known when the archive holds the blob, else estimated."""
        if layer.compression != "none":
            return layer.descriptor.size
        offset, size = layer.window.offset, layer.window.size
        with self._again() as file:  # its own position: threads share the archive
            return estimate.compressed(Slice(file, offset, size), size)

    def _measure(self, blobs: list[int], tars: list[int]) -> ImageSizes:
        image = self.image
        base = image.config.base_layers
        layers = [
            LayerSize(layer.descriptor.digest, blob, tar, made, layer.diff_id, number < base)
            for number, (layer, blob, tar, made) in enumerate(
                zip(image.layers, blobs, tars, image.config.created_by, strict=True)
            )
        ]
        return image_sizes(
            self._reference,
            image.digest,
            len(image.config_bytes),
            layers,
            files=len(self.index),
            pull_exact=image.exact,
            config_digest=digest_of(image.config_bytes),
        )


def written(
    index: FileIndex, layers: list[BinaryIO], keep: KeepSet, folder: Path, plan: SlimPlan
) -> tuple[NewLayer, ...]:
    """Write the keep set, with what it adds as one more layer above the others."""
    paths = set(keep.reasons)
    if keep.added:
        top = io.BytesIO(_addition(index, layers, keep.added))
        index = index.under(read_layer(top, len(index.layers)))
        layers = [*layers, top]
        paths |= set(keep.added)
    folder.mkdir(parents=True)
    names: Iterator[int] = iter(range(len(layers) + 1))

    def sink() -> BinaryIO:
        return cast(BinaryIO, (folder / f"layer{next(names)}").open("w+b"))

    return write_layers(index, paths, layers, plan.layers, sink)


def _addition(index: FileIndex, layers: list[BinaryIO], added: Mapping[str, bytes]) -> bytes:
    """A tar of new files and, as the image has them, of the folders they lie in.

    A layer that only implies its folders would make Docker create them anew when it unpacks it:
    with mode 0755, for root and of that day, over what the layers below say.
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
