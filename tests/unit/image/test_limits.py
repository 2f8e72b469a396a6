"""Tests that layers which would fill the disk are refused early."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from stored_images import AMD64, Stored, archive_of, folder_of
from tarballs import tarball

from ci_slim import settings
from ci_slim.cli import carry_out
from ci_slim.commands.edge import Edge
from ci_slim.errors import UsageError
from ci_slim.fat.saved import SavedFatImage
from ci_slim.image.tar import END
from ci_slim.image.tar_end import PADDING, until_end
from ci_slim.image.unpacking import LIMITS, Limits, compression_of, limits_of, unpacked
from ci_slim.plan import make_plan

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
        (limits_of(8 << 20), True),
        (limits_of((8 << 20) - 1), False),
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
    with pytest.raises(UsageError, match=r"x: [\d.]+ k?B unpacks to more than [\d.]+ MB") as error:
        b"".join(pieces)
    assert "--unpack-limit" in error.value.hint


@pytest.mark.parametrize(
    ("limit", "packed", "most"),
    [
        (None, 1000, 10**9),
        (None, 10**6, 11 * 10**8),
        (None, 10**9, 64 * 10**9),
        (100 * 10**9, 1000, 100 * 10**9),
        (1000, 10**9, 1000),
    ],
)
def test_the_setting_replaces_all_limits(limit: int | None, packed: int, most: int) -> None:
    assert limits_of(limit).most(packed) == most


@pytest.mark.parametrize(
    "command",
    [("measure", "oci:{}"), ("diff", "oci:{}", "oci:{}"), ("delta", "oci:{}", "oci:{}")],
    ids=lambda command: command[0],
)
def test_commands_refuse_a_layer_that_exceeds_the_flag(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    folder_of(tmp_path / "layout", Stored(AMD64))
    argv = [word.format(tmp_path / "layout") for word in command]
    argv += ["--output", str(tmp_path / "delta")] if "delta" in argv else []
    with pytest.raises(UsageError, match="unpacks to more than 600 B"):
        carry_out([*argv, "--unpack-limit", "600B"], Edge())
    assert carry_out([*argv, "--unpack-limit", "1GB"], Edge()) == 0


@pytest.mark.parametrize(
    ("line", "limits"), [("", LIMITS), ("unpack_limit: 1 TB", Limits(10**12, None))]
)
def test_an_image_has_the_limit_of_its_settings(line: str, limits: Limits) -> None:
    text = f"version: 1\nimages:\n  app:\n    image: app:1\n    {line}"
    (image,) = make_plan(settings.parse(text, "f", {}), AMD64, ()).images
    assert image.limits == limits


def test_a_saved_image_is_unpacked_within_its_limits(tmp_path: Path) -> None:
    saved = archive_of(Stored(AMD64))
    with pytest.raises(UsageError, match="unpacks to more than 600 B"):
        SavedFatImage.fetch([saved], tmp_path, AMD64, "app:1", limits_of(600))
