"""Reads a saved image while it arrives: indexes its layers and drops most of their bytes."""

from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from ci_slim.fat.sparse_file import SparseFile
from ci_slim.image.entries import LayerFiles, read_layer
from ci_slim.image.entry import Entry
from ci_slim.image.layout import blob_name
from ci_slim.image.readable import Slice
from ci_slim.image.tar import BLOCK, scan

LEAST = 1 << 20
"""Smaller members of the archive are always kept whole."""

SMALL = 4096
"""Files of a large layer up to this size are kept."""

TEXT = 1 << 18
"""Sources and configuration up to this size are kept, because the closure reads the names
in them."""

_TEXTS = (
    ".py", ".js", ".mjs", ".cjs", ".json", ".rb", ".pm", ".pl", ".php", ".sh", ".conf", ".cfg",
    ".ini", ".yml", ".yaml", ".toml", ".html", ".css", "/METADATA", "/RECORD",
)  # fmt: skip

HEAD = 512
"""The bytes of every file that are kept. They show what kind of file it is."""

_MAGIC = slice(257, 262)

Ranges = Callable[[int], Iterable[tuple[int, int]]]


def index_stream(
    chunks: Iterable[bytes | memoryview],
    parts: BinaryIO,
    diff_ids: Sequence[str],
    samples: Ranges,
    wanted: tuple[str, ...],
    where: str,
) -> tuple[SparseFile, dict[int, LayerFiles]]:
    """Read an archive of `docker save` to the blocks of zeros at its end, and keep its small parts
    in `parts`.

    Large layers that are uncompressed and whose digests are among `diff_ids` (lowest first) are
    indexed. Of these layers only the headers, the small files, the files whose paths start with one
    of `wanted`, and the ranges that `samples` returns for their size are kept. The dictionary has
    their files by layer number. Raises UsageError if a layer is broken.
    """
    found = SparseFile(parts, chunks)
    numbers: dict[str, list[int]] = {}
    for number, digest in enumerate(diff_ids):
        numbers.setdefault(blob_name(digest), []).append(number)
    layers: dict[int, LayerFiles] = {}
    end = 0
    for member in scan(found, where=where, arriving=True):
        end = member.end
        same = numbers.get(member.name.decode("utf-8", "surrogateescape"), ())
        if not same or member.size < LEAST or not _is_tar(found, member.data):
            found.want(member.start, end)
            continue
        found.want(member.start, member.data)
        for start, stop in samples(member.size):
            found.want(member.data + start, member.data + stop)

        def seen(entry: Entry, place: int = member.data) -> None:
            # after the header of a hard link comes another member; its bytes are elsewhere
            if entry.hardlink or entry.size <= _most(entry.path) or entry.path.startswith(wanted):
                found.want(place + entry.start, place + entry.end)
            else:  # the part that remains if its bytes are dropped
                found.want(place + entry.start, place + entry.data + HEAD)
                found.want(place + entry.data + entry.size, place + entry.end)

        layer = read_layer(Slice(found, member.data, member.size), same[0], seen)
        for number in same:
            layers[number] = layer.numbered(number)
    found.want(end, end + BLOCK)  # the block that shows that no other member follows
    # The daemon closes the connection only after it has removed its copy of the image, which takes
    # up to half a second for a gigabyte.
    found.finish(end + 2 * BLOCK)
    return found, layers


def _most(path: str) -> int:
    return TEXT if path.endswith(_TEXTS) else SMALL


def _is_tar(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    return file.read(512)[_MAGIC] == b"ustar"
