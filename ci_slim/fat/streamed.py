"""A large fat image of which only the small parts were kept while it arrived.

`docker save` of a gigabyte writes a gigabyte, which is read again, for a slim image of ten
megabytes. So only headers and small files are kept. If the bytes of large files are needed, they
come from a container that never ran. If the container does not show them, or if the whole image is
needed, the image is saved again and stored completely.
"""

import contextlib
import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import cast

from ci_slim.closure.keep_set import KeepSet
from ci_slim.errors import EngineError
from ci_slim.fat import stream_index
from ci_slim.fat.reader_container import HIDDEN, PACKAGES, PROVIDED, ReaderContainer
from ci_slim.fat.saved import SavedFatImage
from ci_slim.fat.sparse_file import NotKept, SparseFile
from ci_slim.image import estimate
from ci_slim.image.files import Entry, Kind, LayerContents, LayerFiles
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer
from ci_slim.image.readable import Slice
from ci_slim.platforms import Platform
from ci_slim.settings.plans import SlimPlan

USUAL = (*PACKAGES, "/etc/ssl/certs/ca-certificates.crt")
"""Files that most slim images need, whatever the application used. They are kept at any size."""

_PIECE = 1 << 20
_BUFFER = 1 << 17


class StreamedImage(SavedFatImage):
    """An image of `docker save` without its large files."""

    def __init__(
        self,
        sparse: SparseFile,
        known: dict[int, LayerFiles],
        path: Path,
        platform: Platform | None,
        reference: str,
        container: Callable[[], ReaderContainer],
        entire: Callable[[], SavedFatImage],
    ) -> None:
        """`path` is the file of its parts. `container` may wait for the container."""
        super().__init__(sparse, path.parent, platform, reference, known)
        self._sparse, self._path, self._partial = sparse, path, frozenset(known)
        self._container, self._save = container, entire
        self._local = LayerContents(self.index, self._tars)
        self.contents = self

    @classmethod
    def read_stream(
        cls,
        chunks: Iterable[bytes | memoryview],
        folder: Path,
        diff_ids: Sequence[str],
        platform: Platform | None,
        reference: str,
        container: Callable[[], ReaderContainer],
        entire: Callable[[], SavedFatImage],
    ) -> "StreamedImage":
        """Read the stream of `docker save`. `diff_ids` has the digests of its layers, lowest first.

        It is not hashed, because a daemon with a classic store does that itself and stops on an
        error (moby, layer/ro_layer.go, TarStream).
        """
        path = folder / "parts.tar"
        parts = path.open("w+b", buffering=_BUFFER)
        sparse, known = stream_index.index_stream(
            chunks, parts, diff_ids, estimate.pieces, USUAL, reference
        )
        return cls(sparse, known, path, platform, reference, container, entire)

    # -- the bytes of its files ----------------------------------------------------------------

    def expect(self, paths: Iterable[str]) -> None:
        """See `image.files.Contents`."""
        with contextlib.suppress(EngineError):
            self._container().expect(path for path in paths if self._is_far(path))

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        """See `image.files.Contents`."""
        entry = self.index.get(path)
        if entry is None or not self._lacks(entry, offset, size):
            return self._local.read(path, offset, size)
        if (container := self._seen(path)) is not None:
            return container.read(path, offset, size)
        return self._entire.contents.read(path, offset, size)

    def filter(
        self, keep: KeepSet, folder: Path, plan: SlimPlan, created: str | None = None
    ) -> Image:
        """See `FatImage`. New files go into one more layer."""
        self.expect(keep.reasons)
        for path in keep.reasons:
            if self._lacks(self.index[path]) and not self._filled(path):
                return self._entire.filter(keep, folder, plan, created)
        try:
            return super().filter(keep, folder, plan, created)
        except NotKept:
            return self._entire.filter(keep, folder / "entire", plan, created)

    def whole(self, folder: Path, plan: SlimPlan) -> Image:
        """The image in the form for a registry, saved again."""
        return self._entire.whole(folder, plan)

    @functools.cached_property
    def _entire(self) -> SavedFatImage:
        return self._save()

    def _lacks(self, entry: Entry, offset: int = 0, size: int = -1) -> bool:
        """Whether some of these bytes of a file were not kept."""
        if entry.kind is not Kind.FILE or entry.layer not in self._partial:
            return False
        start = self._place(entry)
        end = start + (entry.size if size < 0 else min(entry.size, offset + size))
        return any(True for _ in self._sparse.gaps(start + offset, end))

    def _is_far(self, path: str) -> bool:
        """Whether a file must be read from the container."""
        return self._lacks(self.index[path]) and not _is_its_own(path)

    def _place(self, entry: Entry) -> int:
        """The position in the archive at which the bytes of a file begin."""
        return self._begins[entry.layer] + entry.data

    @functools.cached_property
    def _begins(self) -> tuple[int, ...]:
        """The positions in the archive at which each layer begins."""
        return tuple(cast(Slice, layer.open()).offset for layer in self.image.layers)

    def _estimated(self, layer: Layer) -> int:
        begin = cast(Slice, layer.open()).offset
        # threads cannot share the other one
        with self._sparse.again(self._path.open("rb")) as file:
            return estimate.compressed(Slice(file, begin, layer.blob_bytes), layer.blob_bytes)

    def _filled(self, path: str) -> bool:
        """Get the bytes that a file lacks from the container. Returns whether that was possible."""
        container = self._seen(path)
        if container is None:
            return False
        entry = self.index[path]
        place = self._place(entry)
        for start, end in list(self._sparse.gaps(place, place + entry.size)):
            for at in range(start, end, _PIECE):
                here = min(end, at + _PIECE)
                self._sparse.fill(at, container.read(path, at - place, here - at))
        return True

    def _seen(self, path: str) -> ReaderContainer | None:
        """The container, if it shows the same file as the archive."""
        if _is_its_own(path):
            return None
        try:
            container = self._container()
            seen = container.entry(path)
        except (KeyError, EngineError):
            return None
        return container if _described(seen) == _described(self.index[path]) else None


def _described(entry: Entry) -> tuple[object, ...]:
    """What is known about a file without its bytes."""
    kind, owner = entry.kind, (entry.uid, entry.gid, entry.mode)
    return kind, owner, entry.size, int(entry.mtime)


def _is_its_own(path: str) -> bool:
    """Whether every container has its own file at that path."""
    return path in PROVIDED or any(path == up or path.startswith(up + "/") for up in HIDDEN)
