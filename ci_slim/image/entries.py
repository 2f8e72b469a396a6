"""Reads the tar of one layer: its entries, deletions and opaque folders."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from ci_slim.errors import UsageError
from ci_slim.image.entry import CODES, Entry, EntryTable, Kind
from ci_slim.image.tar import Member, scan

_KINDS = {0: Kind.FILE, 0x30: Kind.FILE, 0x37: Kind.FILE, 0x32: Kind.SYMLINK, 0x33: Kind.CHAR,
          0x34: Kind.BLOCK, 0x35: Kind.DIR, 0x36: Kind.FIFO}  # fmt: skip
_HARD_LINK, _SYMBOLIC_LINK = 0x31, 0x32
_CODES = {kind: CODES[name] for kind, name in _KINDS.items()}
_WHITEOUT = ".wh."
_META = ".wh..wh."  # AUFS's own files; only the opaque mark has a meaning
_OPAQUE = ".wh..wh..opq"
_PATH_LIMIT = 4096  # the kernel's PATH_MAX
_CAPABILITY = frozenset(
    prefix + b".xattr.security.capability" for prefix in (b"SCHILY", b"LIBARCHIVE")
)


@dataclass(frozen=True, slots=True)
class LayerFiles:
    """The files of one layer: its entries in tar order, the paths that it deletes, the folders that
    it makes opaque, and the bytes of its whole tar."""

    entries: Sequence[Entry]
    whiteouts: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    size: int = 0

    @property
    def table(self) -> EntryTable:
        """The entries as columns."""
        return self.entries if isinstance(self.entries, EntryTable) else EntryTable.of(self.entries)

    def numbered(self, number: int) -> "LayerFiles":
        """The same files with another layer number. An image may have one layer several times."""
        if not self.entries or self.entries[0].layer == number:
            return self
        return replace(self, entries=self.table.numbered(number))


def read_layer(
    tar: BinaryIO, layer: int, seen: Callable[[Entry], object] | None = None
) -> LayerFiles:
    """Index one uncompressed, seekable layer tar. Reads only headers. `seen` is called with each
    entry before the bytes after it are read.

    Raises UsageError for a broken archive, for a name that leads out of the image, and for a hard
    link to a file that the layer does not have.
    """
    where = f"layer {layer}"
    table = EntryTable(layer)
    latest: dict[str, int] | None = None
    """The last row of each path, filled from the first hard link on."""
    whiteouts: list[str] = []
    opaque: list[str] = []
    for member in scan(tar, where=where):
        path = image_path(member.name, where)
        if len(member.link) > _PATH_LIMIT:
            raise UsageError(f"{path} is a link of {len(member.link)} bytes", where=where)
        folder, _, name = path.rpartition("/")
        if _WHITEOUT in path and (name.startswith(_WHITEOUT) or "/" + _META in path):
            if name == _OPAQUE:
                opaque.append(folder or "/")
            elif "/" + _META not in path:
                whiteouts.append(f"{folder}/{_deleted(name, where)}")
            continue
        capable = bool(member.records) and not _CAPABILITY.isdisjoint(member.records)
        if member.type == _HARD_LINK:
            if latest is None:
                latest = {path: row for row, path in enumerate(table.paths)}
            table.append(_linked(member, path, latest, table, where))
            latest[path] = len(table) - 1
        else:
            table.add(
                path,
                _CODES[member.type],
                (member.mode, member.uid, member.gid),
                member.size,
                member.mtime,
                member.start,
                member.data - member.start,
                _text(member.link) if member.type == _SYMBOLIC_LINK else None,
                capable,
            )
            if latest is not None:
                latest[path] = len(table) - 1
        if seen is not None:
            seen(table[-1])
    return LayerFiles(table, tuple(whiteouts), tuple(opaque), tar.seek(0, io.SEEK_END))


def image_path(name: bytes, where: str = "") -> str:
    """The absolute path for the name of a tar member. Raises UsageError if it leads out
    with ".."."""
    if len(name) > _PATH_LIMIT:
        raise UsageError(
            f"a name of {len(name)} bytes; no system accepts more than 4096", where=where
        )
    text = _text(name)
    if text.startswith("./"):
        text = text[2:]
    if text.endswith("/"):
        text = text[:-1]
    path = "/" + text
    if "//" in path or "/." in path:
        parts = [part for part in text.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise UsageError(
                f"the name {text!r} leads out of its folder",
                where=where,
                hint="the layer is broken or malicious; do not use this image",
            )
        path = "/" + "/".join(parts)
    return path


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _deleted(name: str, where: str) -> str:
    deleted = name[len(_WHITEOUT) :]
    if deleted in ("", ".", ".."):
        raise UsageError(f"a whiteout without a name, {name!r}", where=where)
    return deleted


def _linked(
    member: Member, path: str, latest: Mapping[str, int], table: EntryTable, where: str
) -> Entry:
    name = image_path(member.link, where)
    row = latest.get(name)
    first = None if row is None else table[row]
    if first is None or first.kind is Kind.DIR or name == path:
        raise UsageError(
            f"{path} is a hard link to {name}, which is not a file of the same layer",
            where=where,
            hint="rebuild the image with docker buildx: no engine can extract this layer",
        )
    return first._replace(
        path=path, hardlink=first.hardlink or name, start=member.start, end=member.end
    )
