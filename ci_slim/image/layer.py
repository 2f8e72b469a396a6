"""A layer of an image: a blob, and the tar in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from ci_slim.image.manifest import Descriptor
from ci_slim.image.unpacking import Compression


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: in an archive, in a layout, in a registry, or newly written.

    `descriptor` is the blob's entry in a manifest, `diff_id` the digest of the uncompressed tar,
    `compression` that of the blob. `open` returns the blob as a seekable file, at its first byte.
    Several threads may read such files.
    """

    descriptor: Descriptor
    diff_id: str
    compression: Compression
    open: Callable[[], BinaryIO] = field(repr=False, compare=False)
    tar_bytes: int | None = None
    """Bytes of the uncompressed tar. None if they are not known before it is unpacked."""
    files: int | None = None
    """Number of members of the tar. None if they were not counted."""
    source: int | None = None
    """For a layer of a slim image: the number of the fat image's layer from which it was filtered.
    None if there is none, or several."""
    label: str = ""
    """What the layer holds, for the history of the image, if it does not follow one of the fat
    image's layers."""

    @property
    def digest(self) -> str:
        """The blob's digest."""
        return self.descriptor.digest

    @property
    def blob_bytes(self) -> int:
        return self.descriptor.size
