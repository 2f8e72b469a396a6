"""A saved image read while it arrives: its layers are indexed, and their bytes mostly forgotten."""

from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from ci_slim.fat.sparse_file import SparseFile
from ci_slim.image.entries import LayerFiles, read_layer
from ci_slim.image.entry import Entry
from ci_slim.image.layout import blob_name
from ci_slim.image.readable import Slice
from ci_slim.image.tar import BLOCK, scan

LEAST = 1 << 20
"""Smaller members of the archive are kept whole, whatever they are."""

SMALL = 4096
"""Files of a large layer of up to so many bytes are kept."""

TEXT = 1 << 18
"""Sources and configuration of up to so many bytes are kept: the closure reads what they name."""

_TEXTS = (
    ".py", ".js", ".mjs", ".cjs", ".json", ".rb", ".pm", ".pl", ".php", ".sh", ".conf", ".cfg",
    ".ini", ".yml", ".yaml", ".toml", ".html", ".css", "/METADATA", "/RECORD",
)  # fmt: skip

HEAD = 512
"""Bytes of every file that are kept: they tell what it is."""

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
    """Read an archive of `docker save` to its end, keeping in `parts` what is little.

    Large layers that came uncompressed, under the digest that `diff_ids` (lowest first) calls them
    by, are read, and only their headers, the small files among them, the files whose paths begin
    with one of `wanted`, and the ranges that `samples` gives for their size are kept. The
    dictionary has them by number. Raises UsageError on layers that are broken.
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
            # What is behind a hard link's header is another member; its bytes are elsewhere.
            if entry.hardlink or entry.size <= _most(entry.path) or entry.path.startswith(wanted):
                found.want(place + entry.start, place + entry.end)
            else:  # what is left of it when its bytes are left out
                found.want(place + entry.start, place + entry.data + HEAD)
                found.want(place + entry.data + entry.size, place + entry.end)

        layer = read_layer(Slice(found, member.data, member.size), same[0], seen)
        for number in same:
            layers[number] = layer.numbered(number)
    found.want(end, end + BLOCK)  # what says that there is no other member
    found.finish()
    return found, layers


def _most(path: str) -> int:
    return TEXT if path.endswith(_TEXTS) else SMALL


def _is_tar(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    return file.read(512)[_MAGIC] == b"ustar"
