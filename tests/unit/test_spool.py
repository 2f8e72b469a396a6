import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci_slim.slim.spool import spool


def archive(members: dict[str, bytes]) -> tuple[bytes, dict[str, int]]:
    """A tar, and where the bytes of each member start."""
    stream = io.BytesIO()
    offsets = {}
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            offsets[name] = stream.tell() - (-(-len(content) // 512) * 512)
    return stream.getvalue(), offsets


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("piece", [700, 4096, 1 << 20])
def test_layers_are_read_while_the_stream_comes_in(tmp_path: Path, piece: int) -> None:
    one, _ = archive({"usr/bin/a": b"x" * 9000, "etc/b": b""})
    two, _ = archive({"c": b"y"})
    members = {
        "blobs/sha256/1": one,
        "blobs/sha256/2": gzip.compress(two),
        "index.json": b'{"manifests": []}' * 100,
        "blobs/sha256/3": two,
        "empty": b"",
    }
    data, offsets = archive(members)
    found = spool(in_pieces(data, piece), tmp_path / "saved.tar")
    assert {at: [e.path for e in read.layer.entries] for at, read in found.items()} == {
        offsets["blobs/sha256/1"]: ["/usr/bin/a", "/etc/b"],
        offsets["blobs/sha256/3"]: ["/c"],
    }
    assert all(0 < read.blob_bytes < 500 for read in found.values())
    assert (tmp_path / "saved.tar").read_bytes() == data


@pytest.mark.parametrize("kept", [0, 300, 5000])
def test_a_stream_that_is_cut_off_leaves_the_rest_unread(tmp_path: Path, kept: int) -> None:
    one, _ = archive({"a": bytes(100_000)})
    data, _ = archive({"blobs/1": one})
    assert spool([data[:kept]], tmp_path / "saved.tar") == {}
    assert (tmp_path / "saved.tar").stat().st_size == kept


def test_what_is_no_layer_is_left_to_the_reader(tmp_path: Path) -> None:
    data, _ = archive({"blobs/1": b"no tar at all" * 100})
    assert spool([data], tmp_path / "saved.tar") == {}


def test_a_member_of_negative_size_ends_the_reading(tmp_path: Path) -> None:
    member = tarfile.TarInfo("blobs/1")
    member.size = -512
    data = member.tobuf(tarfile.GNU_FORMAT)
    assert spool([data, bytes(4096)], tmp_path / "saved.tar") == {}


def test_an_error_of_the_stream_is_raised(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(512)
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        spool(broken(), tmp_path / "saved.tar")
