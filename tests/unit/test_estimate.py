import gzip
import io
import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

from ci_slim.slim import estimate


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


def test_uncompressed_members_are_estimated_while_the_stream_comes_in(tmp_path: Path) -> None:
    layer = random.Random(1).randbytes(300_000) + bytes(700_000)
    members = {
        "blobs/a": layer,
        "blobs/b": gzip.compress(layer),
        "index.json": b'{"manifests": []}' * 100,
        "blobs/c": b"short",
        "empty": b"",
    }
    data, offsets = archive(members)
    for piece in (700, 1 << 20):
        found = estimate.spool(in_pieces(data, piece), tmp_path / "saved.tar")
        assert set(found) == {offsets["blobs/a"], offsets["blobs/c"]}
        assert 300_000 < found[offsets["blobs/a"]] < 320_000
        assert (tmp_path / "saved.tar").read_bytes() == data


def test_an_estimate_is_within_a_quarter_of_gzip_even_for_text(tmp_path: Path) -> None:
    text = Path(tarfile.__file__).read_bytes() * 3
    data, offsets = archive({"layer.tar": text})
    found = estimate.spool([data], tmp_path / "saved.tar")
    pushed = len(gzip.compress(text, 6))
    assert pushed * 0.9 < found[offsets["layer.tar"]] < pushed * 1.25


def test_a_stream_that_is_cut_off_or_no_archive_ends_the_estimate(tmp_path: Path) -> None:
    data, offsets = archive({"a": bytes(100_000)})
    cut = estimate.spool([data[:50_000]], tmp_path / "saved.tar")
    assert set(cut) <= {offsets["a"]}
    assert estimate.spool([b"x" * 5000], tmp_path / "saved.tar") == {}


def test_an_error_of_the_stream_is_raised_and_the_follower_ends(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(512)
        raise ConnectionError("gone")

    try:
        estimate.spool(broken(), tmp_path / "saved.tar")
    except ConnectionError as error:
        assert str(error) == "gone"
    else:
        raise AssertionError("the error was swallowed")
