"""The files of one layer: its tar read into entries, deletions and opaque folders."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from ci_slim.errors import UsageError
from ci_slim.image.tar import Member, scan


class Kind(StrEnum):
    FILE = "file"
    DIR = "dir"
    SYMLINK = "symlink"
    CHAR = "char"
    BLOCK = "block"
    FIFO = "fifo"


_KINDS = {0: Kind.FILE, 0x30: Kind.FILE, 0x37: Kind.FILE, 0x32: Kind.SYMLINK, 0x33: Kind.CHAR,
          0x34: Kind.BLOCK, 0x35: Kind.DIR, 0x36: Kind.FIFO}  # fmt: skip
_HARD_LINK = 0x31
_WHITEOUT = ".wh."
_META = ".wh..wh."  # AUFS's own; the opaque mark is the only one of them that means something
_OPAQUE = ".wh..wh..opq"
_PATH_LIMIT = 4096  # the kernel's PATH_MAX
_CAPABILITY = frozenset(
    prefix + b".xattr.security.capability" for prefix in (b"SCHILY", b"LIBARCHIVE")
)


class Entry(NamedTuple):
    """One name in one layer. `mode` holds the lower twelve bits, sizes are bytes, `mtime` seconds.

    `hardlink` names the path that carries the bytes in the same layer; it is "" for that path
    itself. Names of one inode share `layer` and `data`, and these two together identify it.
    `start` to `end` is the whole tar member, 0 to 0 when the folder is only implied by what is in
    it, or comes from a listing.
    """

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: float
    target: str = ""
    hardlink: str = ""
    layer: int = 0
    start: int = 0
    end: int = 0
    data: int = 0
    capability: bool = False


@dataclass(frozen=True, slots=True)
class LayerFiles:
    """The files of one layer: its entries in tar order, the paths it deletes, the folders it makes
    opaque, and the bytes of its whole tar."""

    entries: tuple[Entry, ...]
    whiteouts: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    size: int = 0

    def numbered(self, number: int) -> "LayerFiles":
        """The same as another layer of an image, which may hold one several times."""
        if not self.entries or self.entries[0].layer == number:
            return self
        return replace(self, entries=tuple(e._replace(layer=number) for e in self.entries))


def read_layer(
    tar: BinaryIO, layer: int, seen: Callable[[Entry], object] | None = None
) -> LayerFiles:
    """Index one uncompressed, seekable layer tar. Reads headers only; `seen` is called with each
    entry before what lies behind it is read.

    Raises UsageError on broken archives, on names that lead out of the image, and on hard links
    to what the layer does not hold.
    """
    where = f"layer {layer}"
    entries: list[Entry] = []
    latest: dict[str, Entry] = {}
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
        if member.type == _HARD_LINK:
            entry = _linked(member, path, latest, where)
        else:
            entry = Entry(
                path,
                _KINDS[member.type],
                member.mode,
                member.uid,
                member.gid,
                member.size,
                member.mtime,
                _text(member.link) if member.type == 0x32 else "",
                "",
                layer,
                member.start,
                member.end,
                member.data,
                bool(member.records) and not _CAPABILITY.isdisjoint(member.records),
            )
        entries.append(entry)
        latest[path] = entry
        if seen is not None:
            seen(entry)
    return LayerFiles(tuple(entries), tuple(whiteouts), tuple(opaque), tar.seek(0, io.SEEK_END))


def image_path(name: bytes, where: str = "") -> str:
    """The absolute path for a tar member's name; UsageError when it climbs with ".."."""
    if len(name) > _PATH_LIMIT:
        raise UsageError(
            f"a name of {len(name)} bytes; no system takes more than 4096", where=where
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
                hint="such a layer is broken or made to harm; do not use this image",
            )
        path = "/" + "/".join(parts)
    return path


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _deleted(name: str, where: str) -> str:
    deleted = name[len(_WHITEOUT) :]
    if deleted in ("", ".", ".."):
        raise UsageError(f"a whiteout that names nothing, {name!r}", where=where)
    return deleted


def _linked(member: Member, path: str, latest: Mapping[str, Entry], where: str) -> Entry:
    name = image_path(member.link, where)
    first = latest.get(name)
    if first is None or first.kind is Kind.DIR or name == path:
        raise UsageError(
            f"{path} is a hard link to {name}, which is not a file of the same layer",
            where=where,
            hint="rebuild the image with docker buildx: no engine extracts such a layer",
        )
    return first._replace(
        path=path, hardlink=first.hardlink or name, start=member.start, end=member.end
    )
