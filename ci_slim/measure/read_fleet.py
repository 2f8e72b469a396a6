"""Reads an image with the digests of its files, for `ci-slim fleet`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ci_slim.image.duplicates import digest
from ci_slim.image.files import Contents, FileIndex, LayerContents, read_layer
from ci_slim.image.image import Image
from ci_slim.image.space import inodes
from ci_slim.image.unpacking import Limits
from ci_slim.measure.fleet import FleetImage, StoredFile
from ci_slim.measure.measured import chain_ids
from ci_slim.measure.open import measured, uncompressed


def fleet_image(reference: str, image: Image, scratch: Path, limits: Limits) -> FleetImage:
    """Read an image completely. Compressed layers are unpacked into files in `scratch`."""
    tars = [uncompressed(layer, scratch, reference, limits) for layer in image.layers]
    found = measured(reference, image, scratch, tars=tars)
    index = FileIndex.of([read_layer(tar, number) for number, tar in enumerate(tars)])
    contents = LayerContents(index, tars)
    return FleetImage(found, tuple(_files(index, contents, list(chain_ids(found)))))


def _files(index: FileIndex, contents: Contents, chains: Sequence[str]) -> Iterator[StoredFile]:
    for entry in inodes(index, index.entries()):
        if entry.size:
            name = (entry.path, entry.mode, entry.uid, entry.gid, entry.mtime)
            place = (chains[entry.layer], entry.data)
            yield StoredFile(place, digest(entry.path, entry.size, contents), entry.size, name)
