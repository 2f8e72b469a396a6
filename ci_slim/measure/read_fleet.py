"""Reads an image with the digests of its files, for `ci-slim fleet`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ci_slim.image.duplicates import digest
from ci_slim.image.files import Contents, FileIndex
from ci_slim.image.image import Image
from ci_slim.image.space import inodes
from ci_slim.image.unpacking import Limits
from ci_slim.measure.fleet import FleetImage, StoredFile
from ci_slim.measure.measured import chain_ids
from ci_slim.measure.open import measured_files, read


def fleet_image(reference: str, image: Image, scratch: Path, limits: Limits) -> FleetImage:
    """Read an image completely. Compressed layers are unpacked into files in `scratch`."""
    index, contents = read(reference, image, scratch, limits)
    found = measured_files(reference, image, index, contents, scratch)
    chains = list(chain_ids(found.sizes.layers))
    return FleetImage(found, tuple(_files(index, contents, chains)))


def _files(index: FileIndex, contents: Contents, chains: Sequence[str]) -> Iterator[StoredFile]:
    for entry in inodes(index, index.entries()):
        if entry.size:
            name = (entry.path, entry.mode, entry.uid, entry.gid, entry.mtime)
            place = (chains[entry.layer], entry.data)
            yield StoredFile(place, digest(entry.path, entry.size, contents), entry.size, name)
