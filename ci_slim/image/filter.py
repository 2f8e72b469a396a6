"""Writes the keep set as layers: the fat image's own tar members, filtered.

`preserve` filters each layer separately. So a base layer whose kept files did not change has the
same digest in the next release. Members are copied as raw bytes, with extended headers. No whiteout
is needed, because nothing is written that an upper layer hides. `merge` writes one layer, `split`
one for each group of files that change together (see `regroup`).

All modes give the same bytes for the same input. At most a few MB are in memory.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import BinaryIO, Literal

from ci_slim.image import regroup
from ci_slim.image.blob import LayerBlob, member_name
from ci_slim.image.files import Entry, FileIndex, Kind, LayerFiles
from ci_slim.image.grouping import Grouping
from ci_slim.image.layer import Layer
from ci_slim.image.tar import member_at
from ci_slim.image.tar_headers import folder, rebuilt

Mode = Literal["preserve", "split", "merge"]


def filtered(
    index: FileIndex,
    keep_paths: Collection[str],
    layers: Sequence[BinaryIO],
    mode: Mode,
    sink: Callable[[], BinaryIO],
    grouping: Grouping | None = None,
) -> tuple[Layer, ...]:
    """The kept paths and their folders as new, uncompressed layers.

    `layers` are the uncompressed tars from which `index` was made, seekable, lowest first. `sink`
    returns a file for each new layer. `split` needs a `grouping`. Layers without members are not
    written. Raises ValueError for a path that is not in the index, which is a mistake of the
    caller.
    """
    keep = _with_folders(index, keep_paths)
    new: list[Layer] = []
    if mode != "preserve":
        for part in _parts(index, keep, grouping if mode == "split" else None):
            blob = LayerBlob(part.source, sink, part.label)
            regroup.write(index, part, layers, blob)
            new.append(blob.close())
        return tuple(new)
    for number, layer in enumerate(index.layers):
        blob = LayerBlob(number, sink)
        _filtered(index, keep, layer, layers[number], blob)
        if blob.files:
            new.append(blob.close())
    return tuple(new)


def _parts(
    index: FileIndex, keep: frozenset[str], grouping: Grouping | None
) -> Iterator[regroup.Part]:
    parts = (
        regroup.merged(index, keep) if grouping is None else regroup.split(index, keep, grouping)
    )
    return (part for part in parts if part.entries)


def _with_folders(index: FileIndex, paths: Collection[str]) -> frozenset[str]:
    keep: set[str] = {"/"}
    for path in paths:
        if path not in index:
            raise ValueError(f"{path} is to be kept but is not in the image")
        while path not in keep:
            keep.add(path)
            path = path.rpartition("/")[0] or "/"
    return frozenset(keep)


def _filtered(
    index: FileIndex, keep: frozenset[str], layer: LayerFiles, tar: BinaryIO, output: LayerBlob
) -> None:
    kept = [entry for entry in layer.entries if entry.path in keep and _belongs(index, entry)]
    linked = {entry.data for entry in kept if entry.hardlink}
    carriers = {
        entry.data: entry
        for entry in layer.entries
        if entry.data in linked and not entry.hardlink and entry.kind is not Kind.DIR
    }
    written: dict[int, list[str]] = {}
    for entry in kept:
        if entry.data not in carriers or entry.kind is Kind.DIR:
            output.raw(tar, entry.start, entry.end)
        elif not entry.hardlink:
            output.raw(tar, entry.start, entry.end)
            written[entry.data] = [entry.path]
        elif entry.data not in written:
            output.rebuilt(tar, member_at(tar, carriers[entry.data].start), entry.path)
            written[entry.data] = [entry.path]
        else:
            _link(tar, entry, written[entry.data], output)
            written[entry.data].append(entry.path)
    implied = (path for path in keep if not index[path].end and index[path].layer == output.source)
    for path in sorted(implied):
        if _is_bare(index, keep, path):
            output.add(folder(member_name(path) + b"/"))


def _is_bare(index: FileIndex, keep: frozenset[str], path: str) -> bool:
    """Whether a folder without its own entry is kept, but nothing in it, so that it needs
    an entry."""
    return path != "/" and not index[path].end and keep.isdisjoint(index.children(path))


def _belongs(index: FileIndex, entry: Entry) -> bool:
    """Whether this layer writes this entry. Folders are written in every layer that has them. So
    the content of a lower layer does not depend on the layers above it."""
    final = index[entry.path]
    return (final.layer, final.start, final.end) == (entry.layer, entry.start, entry.end) or (
        entry.kind is Kind.DIR and final.kind is Kind.DIR and final.end > 0
    )


def _link(tar: BinaryIO, entry: Entry, written: Sequence[str], output: LayerBlob) -> None:
    member = member_at(tar, entry.start)
    if _plain(member.link) in written:
        output.raw(tar, entry.start, entry.end)
    else:
        output.add(rebuilt(member, name=member.name, link=member_name(written[0])))


def _plain(name: bytes) -> str:
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    return "/" + b"/".join(parts).decode("utf-8", "surrogateescape")
