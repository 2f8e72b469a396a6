"""Reads an image with the digests of its files, for `ci-slim fleet`."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ci_slim.image.files import FileIndex, read_layer
from ci_slim.image.image import Image
from ci_slim.image.space import inodes
from ci_slim.measure.fleet import FleetImage, StoredFile
from ci_slim.measure.measured import chain_ids
from ci_slim.measure.open import measured, uncompressed

_CHUNK = 1 << 20


def fleet_image(reference: str, image: Image, scratch: Path) -> FleetImage:
    """Read an image completely. Compressed layers are unpacked into files in `scratch`."""
    found = measured(reference, image, scratch)
    tars = [uncompressed(layer, scratch, reference) for layer in image.layers]
    index = FileIndex.of([read_layer(tar, number) for number, tar in enumerate(tars)])
    return FleetImage(found, tuple(_files(index, tars, list(chain_ids(found)))))


def _files(
    index: FileIndex, tars: Sequence[BinaryIO], chains: Sequence[str]
) -> Iterator[StoredFile]:
    for entry in inodes(index, index.entries()):
        if entry.size:
            tar, left, hashed = tars[entry.layer], entry.size, hashlib.sha256()
            tar.seek(entry.data)
            while left and (data := tar.read(min(_CHUNK, left))):
                left -= len(data)
                hashed.update(data)
            name = (entry.path, entry.mode, entry.uid, entry.gid, entry.mtime)
            place = (chains[entry.layer], entry.data)
            yield StoredFile(place, hashed.digest(), entry.size, name)
