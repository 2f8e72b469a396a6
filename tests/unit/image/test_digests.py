"""Tests that layers with wrong digests are refused, wherever they come from."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from stored_images import AMD64, Stored, archive_of
from tarballs import tarball

from ci_slim.errors import UsageError
from ci_slim.fat.saved import SavedFatImage
from ci_slim.image.digests import checked, unpack, verify
from ci_slim.image.layer import Layer
from ci_slim.image.layout import write_tar
from ci_slim.image.manifest import LAYER, Descriptor
from ci_slim.image.tar_headers import folder

TAR = tarball("d 0755 0:0 /etc\nf 0644 0:0 /etc/motd hello").getvalue()
DIFF_ID = f"sha256:{hashlib.sha256(TAR).hexdigest()}"
OTHER = TAR.replace(b"hello", b"olleh")


def layer(blob: bytes, diff_id: str = DIFF_ID) -> Layer:
    kind = "gzip" if blob.startswith(b"\x1f\x8b") else "none"
    descriptor = Descriptor(LAYER, diff_id, len(blob))
    return Layer(descriptor, diff_id, kind, lambda: io.BytesIO(blob))  # type: ignore[arg-type]


@pytest.mark.parametrize("diff_id", [DIFF_ID, f"sha512:{hashlib.sha512(TAR).hexdigest()}"])
def test_a_layer_matches_its_digest(diff_id: str) -> None:
    verify(layer(TAR, diff_id), "x")
    out = io.BytesIO()
    unpack(layer(gzip.compress(TAR), diff_id), out, "x")
    assert out.getvalue() == TAR


def test_another_layer_is_refused() -> None:
    message = f"x, layer {DIFF_ID}: the layer does not match the config"
    with pytest.raises(UsageError, match=message):
        verify(layer(OTHER), "x")
    with pytest.raises(UsageError, match=message):
        unpack(layer(gzip.compress(OTHER)), io.BytesIO(), "x")


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("size", [1, 511, 512, 513, 4096, 1 << 20])
def test_an_archive_is_passed_on_unchanged(size: int) -> None:
    data = archive_of(Stored(AMD64, ("app:1",)))
    data = data if size > 1 else data[:2000]
    assert b"".join(checked(pieces(data, size), "x")) == data


def test_the_folders_of_an_archive_are_not_blobs() -> None:
    """Docker's archives have entries for folders, archives of other tools do not."""
    data = folder(b"blobs/") + folder(b"blobs/sha256/") + b"\0" * 1024
    assert b"".join(checked([data], "x")) == data


@pytest.mark.parametrize("size", [511, 4096, 1 << 20])
def test_a_changed_blob_is_refused(size: int) -> None:
    blobs = {f"blobs/sha256/{DIFF_ID[7:]}": OTHER, "index.json": b"{}"}
    out = io.BytesIO()
    write_tar([(name, data, len(data)) for name, data in blobs.items()], out)
    with pytest.raises(UsageError, match=f"x: the blob {DIFF_ID} does not match its digest"):
        b"".join(checked(pieces(out.getvalue(), size), "x"))


def test_the_folder_of_the_blobs_is_not_a_blob() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("blobs/", "blobs/sha256/"):
            folder = tarfile.TarInfo(name)
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
    assert b"".join(checked([out.getvalue()], "x")) == out.getvalue()


def test_an_invalid_archive_is_passed_on() -> None:
    assert b"".join(checked(pieces(b"nonsense" * 1000, 100), "x")) == b"nonsense" * 1000


def test_slimming_refuses_an_image_that_is_damaged(tmp_path: Path) -> None:
    whole = archive_of(Stored(AMD64, ("app:1",)))
    at = whole.index(b"\x1f\x8b") + 40
    damaged = whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :]
    with pytest.raises(UsageError, match="does not match its digest"):
        SavedFatImage.fetch(pieces(damaged, 4096), tmp_path, AMD64, "app:1")
