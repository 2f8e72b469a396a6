"""Makes the same image with other bytes in some of its files.

Names, owners, modes, times, extended attributes and hard links stay. Only the size in the header
changes. A layer without such a file is unchanged, with its digest.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from ci_slim.image.blob import LayerBlob
from ci_slim.image.image import Image, image_of
from ci_slim.image.layer import Layer
from ci_slim.image.tar import Member, scan
from ci_slim.image.tar_headers import rebuilt

_REGULAR = frozenset(b"\x0007")
"""The types of regular files: old ones, usual ones, and contiguous ones (POSIX pax)."""
_SIGNATURES = (b"SCHILY.xattr.security.ima", b"SCHILY.xattr.security.evm")


class Piece(NamedTuple):
    """The new bytes of a file: `size` bytes of `file`, from `start` on."""

    file: BinaryIO
    start: int
    size: int


def with_files(image: Image, files: Mapping[str, Piece], sink: Callable[[], BinaryIO]) -> Image:
    """The image with new bytes for these files. The layers of `image` must be uncompressed. Each
    changed layer is written to a file that `sink` returns.

    If a file has several names, the name that has the bytes is replaced. The other names are hard
    links in the tar and stay so.
    """
    layers = [_layer(layer, files, sink) for layer in image.layers]
    history = [dict(entry) for entry in image.config.history]
    config = image.config.with_layers([layer.diff_id for layer in layers], history)
    return image_of(config.to_bytes(), layers, image.platform, image.tags)


def signed(image: Image) -> frozenset[str]:
    """The files of an image that the kernel checks, because they have a signature or a hash in an
    extended attribute (integrity measurement, IMA and EVM). The layers must be uncompressed."""
    return frozenset(
        _path(member)
        for layer in image.layers
        for member in scan(layer.open())
        if _is_file(member) and any(name in member.records for name in _SIGNATURES)
    )


def _layer(layer: Layer, files: Mapping[str, Piece], sink: Callable[[], BinaryIO]) -> Layer:
    tar = layer.open()
    members = [(member, files.get(_path(member))) for member in scan(tar) if _is_file(member)]
    pieces = {member.start: piece for member, piece in members if piece is not None}
    if not pieces:
        return layer
    blob = LayerBlob(layer.source, sink)
    for member in scan(tar):
        piece = pieces.get(member.start)
        if piece is None:
            blob.raw(tar, member.start, member.end)
        else:
            blob.add(rebuilt(member, name=member.name, size=piece.size))
            blob.body(piece.file, piece.start, piece.size)
    return replace(blob.close(), source=layer.source)


def _is_file(member: Member) -> bool:
    return member.type in _REGULAR


def _path(member: Member) -> str:
    parts = [part for part in member.name.split(b"/") if part not in (b"", b".")]
    return "/" + b"/".join(parts).decode("utf-8", "surrogateescape")
