"""A layer of an image: a blob, and the tar in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from ci_slim.image.manifest import Descriptor
from ci_slim.image.unpacking import Compression


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, wherever it is: in an archive, in a layout, in a registry, or written just now.

    `descriptor` is the blob as a manifest names it, `diff_id` the digest of the uncompressed tar,
    `compression` that of the blob. `open` gives the blob from its first byte on, seekable; files
    that it gave may be read in several threads.
    """

    descriptor: Descriptor
    diff_id: str
    compression: Compression
    open: Callable[[], BinaryIO] = field(repr=False, compare=False)
    tar_bytes: int | None = None
    """Bytes of the uncompressed tar; None: not known before it is unpacked."""
    files: int | None = None
    """Members of the tar; None: nobody counted them."""
    source: int | None = None
    """Of a slim image's layer: the number of the fat image's layer that it was filtered from. None:
    of none, or of several."""

    @property
    def digest(self) -> str:
        """The blob's digest."""
        return self.descriptor.digest

    @property
    def blob_bytes(self) -> int:
        return self.descriptor.size
