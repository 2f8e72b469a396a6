"""Tests that layers which would fill the disk are refused early."""

import gzip
import io
from collections.abc import Iterator

import pytest
import zstandard
from tarballs import tarball

from ci_slim.errors import UsageError
from ci_slim.image.tar import END
from ci_slim.image.tar_end import PADDING, until_end
from ci_slim.image.unpacking import Limits, compression_of, unpacked

SMALL = tarball("d 0755 0:0 /etc\nf 0644 0:0 /etc/motd hello").getvalue()
MIB = bytes(1 << 20)


def holding(zeros: int) -> bytes:
    """A tar with one file of so many zeros."""
    header = bytearray(tarball("f 0644 0:0 /disk x").getvalue()[:512])
    header[124:136] = b"%011o\0" % zeros
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(zeros) + END


def write(data: bytes, out: io.BytesIO, more: int = 0) -> None:
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), len(MIB)):
            yield data[start : start + len(MIB)]
        for _ in range(more):
            yield MIB

    for piece in until_end(pieces(), out, "x, layer 1"):
        out.write(piece)


@pytest.mark.parametrize("data", [SMALL, holding(3 * PADDING), holding(3 * PADDING + 512)])
def test_a_layer_with_padding_or_files_of_zeros_is_accepted(data: bytes) -> None:
    out = io.BytesIO()
    write(data, out, more=10)
    assert out.getvalue() == data + 10 * MIB


@pytest.mark.parametrize("data", [SMALL, holding(2 * PADDING), SMALL[:1024] + SMALL])
def test_a_layer_that_continues_after_its_end_is_refused(data: bytes) -> None:
    out = io.BytesIO()
    with pytest.raises(UsageError, match=r"x, layer 1: the layer continues after its end with mo"):
        write(data, out, more=1000)
    assert len(out.getvalue()) < len(data) + 4 * PADDING


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize(
    ("limits", "taken"),
    [
        (Limits(total=8 << 20, ratio=10**6, harmless=0), True),
        (Limits(total=(8 << 20) - 1, ratio=10**6, harmless=0), False),
        (Limits(ratio=2, harmless=8 << 20), True),
        (Limits(ratio=2, harmless=(8 << 20) - 1), False),
    ],
)
def test_a_blob_unpacks_to_no_more_than_its_limits(
    pack: object, limits: Limits, taken: bool
) -> None:
    blob = pack(8 * MIB)  # type: ignore[operator]
    pieces = unpacked(io.BytesIO(blob), compression_of(blob[:4]), "x", limits)
    if taken:
        assert b"".join(pieces) == 8 * MIB
        return
    with pytest.raises(UsageError, match=r"x: [\d.]+ k?B unpacks to more than [\d.]+ MB"):
        b"".join(pieces)
