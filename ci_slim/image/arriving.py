"""A saved image read while it arrives: its layers are indexed, and their bytes mostly forgotten."""

from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from ci_slim.image.excerpt import Excerpt
from ci_slim.image.layer import Entry, Layer, read_layer
from ci_slim.image.layout import blob_name
from ci_slim.image.tar import scan
from ci_slim.image.window import Slice

LEAST = 1 << 20
"""Smaller members of the archive are kept whole, whatever they are."""

_MAGIC = slice(257, 262)

Ranges = Callable[[int], Iterable[tuple[int, int]]]


def excerpt(
    chunks: Iterable[bytes | memoryview],
    parts: BinaryIO,
    diff_ids: Sequence[str],
    samples: Ranges,
    wanted: tuple[str, ...],
    where: str,
) -> tuple[Excerpt, dict[int, Layer]]:
    """Read an archive of `docker save` to its end, keeping in `parts` what is little.

    Large layers that came uncompressed, under the digest that `diff_ids` (lowest first) calls them
    by, are read, and only their headers, the small files among them, the files whose paths begin
    with one of `wanted`, and the ranges that `samples` gives for their size are kept. The
    dictionary has them by number. Raises UsageError on layers that are broken.
    """
    found = Excerpt(parts, chunks)
    numbers = {blob_name(digest): number for number, digest in enumerate(diff_ids)}
    layers: dict[int, Layer] = {}
    for member in scan(found, where=where, arriving=True):
        number = numbers.get(member.name.decode("utf-8", "surrogateescape"))
        if number is None or member.size < LEAST or not _is_tar(found, member.data):
            found.want([(member.start, member.end)])
            continue
        found.want((member.data + start, member.data + end) for start, end in samples(member.size))

        def seen(entry: Entry, data: int = member.data) -> None:
            if entry.size and entry.path.startswith(wanted):
                found.want([(data + entry.data, data + entry.data + entry.size)])

        layers[number] = read_layer(Slice(found, member.data, member.size), number, seen)
    found.finish()
    return found, layers


def _is_tar(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    return file.read(512)[_MAGIC] == b"ustar"
