"""Tests writing the keep set as layers."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tarballs import listing_of, tarball

from ci_slim.errors import UsageError
from ci_slim.image.blob import compressed
from ci_slim.image.compression import Blob, Workers, compressor
from ci_slim.image.files import FileIndex, Kind, read_layer
from ci_slim.image.filter import Mode, filtered
from ci_slim.image.layer import Layer


def written(
    texts: Sequence[str], keep: Collection[str], mode: Mode = "preserve"
) -> tuple[Layer, ...]:
    tars = [tarball(text) for text in texts]
    index = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)])
    return filtered(index, keep, tars, mode, io.BytesIO)


def tar_of(layer: Layer) -> io.BytesIO:
    return io.BytesIO(layer.open().read())


def text(layer: Layer) -> str:
    return listing_of(tar_of(layer))


BASE = """
    d 0755 0:0 /etc
    f 0644 0:0 /etc/motd hello
    d 0700 7:8 /etc/ssl
    f 0600 7:8 /etc/ssl/key secret
    d 0755 0:0 /usr/bin
    f 4755 0:0 {SCHILY.xattr.security.capability=cap} /usr/bin/su su
    h /usr/bin/sudo => /usr/bin/su
    l /bin -> usr/bin
    p 0644 /fifo
"""
UPPER = """
    d 0755 0:0 /etc
    f 0640 0:0 /etc/motd changed
    w /fifo
    f 0755 0:0 /app run
"""


def test_each_layer_has_its_own_files_in_their_order() -> None:
    keep = ["/app", "/etc/motd", "/usr/bin/su", "/bin", "/etc/ssl/key"]
    base, upper = written([BASE, UPPER], keep)
    assert text(base) == (
        "d 0755 0:0 etc\n"
        "d 0700 7:8 etc/ssl\n"
        "f 0600 7:8 etc/ssl/key secret\n"
        "d 0755 0:0 usr/bin\n"
        "f 4755 0:0 usr/bin/su su\n"
        "l 0777 0:0 bin -> usr/bin"
    )
    assert text(upper) == "d 0755 0:0 etc\nf 0640 0:0 etc/motd changed\nf 0755 0:0 app run"
    assert (base.source, base.files, upper.source, upper.files) == (0, 6, 1, 3)


def test_merge_writes_one_sorted_layer_of_the_final_owners() -> None:
    (layer,) = written(
        [BASE, UPPER], ["/usr/bin/sudo", "/usr/bin/su", "/etc/motd", "/app"], "merge"
    )
    assert layer.source is None
    assert text(layer) == (
        "f 0755 0:0 app run\n"
        "d 0755 0:0 etc\n"
        "f 0640 0:0 etc/motd changed\n"
        "d 0755 0:0 usr/bin\n"
        "f 4755 0:0 usr/bin/su su\n"
        "h 4755 0:0 usr/bin/sudo -> usr/bin/su"
    )


def test_digests_and_sizes_are_those_of_the_bytes() -> None:
    for layer in written([BASE, UPPER], ["/app", "/etc/motd", "/bin"]):
        tar = tar_of(layer).getvalue()
        assert layer.digest == layer.diff_id == f"sha256:{hashlib.sha256(tar).hexdigest()}"
        assert (layer.blob_bytes, layer.tar_bytes) == (len(tar), len(tar))
        assert (layer.compression, tar[-1024:]) == ("none", bytes(1024))


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_compressed_layer_is_the_same_layer(kind: Blob) -> None:
    for layer in written([BASE, UPPER], ["/app", "/etc/motd", "/bin"]):
        done = compressed(layer, io.BytesIO(), compressor(kind, Workers(2, 2)))
        blob = done.open().read()
        zstd = zstandard.ZstdDecompressor().decompressobj()
        tar = gzip.decompress(blob) if kind == "gzip" else zstd.decompress(blob)
        assert tar == tar_of(layer).getvalue()
        assert done.digest == f"sha256:{hashlib.sha256(blob).hexdigest()}"
        assert done.blob_bytes == len(blob) < layer.blob_bytes
        assert done == replace(layer, descriptor=done.descriptor, compression=kind)
        assert kind == "zstd" or blob[4:8] == bytes(4), "no time of day"


def test_a_layer_with_another_digest_is_refused() -> None:
    (layer,) = written([BASE], ["/etc/motd"])
    odd = replace(layer, diff_id=f"sha256:{'0' * 64}")
    with pytest.raises(UsageError, match="does not match its digest: sha256:000"):
        compressed(odd, io.BytesIO(), compressor("gzip", Workers(2, 2)))


def test_a_whole_layer_kept_is_the_same_members_byte_for_byte() -> None:
    tar = tarball(BASE)
    index = FileIndex.of([read_layer(tar, 0)])
    (layer,) = filtered(index, list(index), [tar], "preserve", io.BytesIO)
    end = index.layers[0].entries[-1].end
    assert tar_of(layer).getvalue() == tar.getvalue()[:end] + bytes(1024)


def test_a_base_layer_does_not_change_when_an_upper_layer_does() -> None:
    keep = ["/etc/ssl/key", "/usr/bin/su"]
    before = written([BASE, "d 0755 0:0 /etc\nf 0644 0:0 /app one"], [*keep, "/app"])
    after = written([BASE, "d 0700 1:1 /etc/ssl\nf 0644 0:0 /app two!"], [*keep, "/app"])
    assert before[0].digest == after[0].digest
    assert before[1].digest != after[1].digest


def test_a_layer_left_without_members_is_not_written() -> None:
    layers = written([BASE, "w /fifo", "f 0644 0:0 /app x"], ["/app", "/bin"])
    assert [layer.source for layer in layers] == [0, 2]
    assert written([BASE], []) == ()
    assert written([BASE], [], "merge") == ()


@pytest.mark.parametrize(
    ("layers", "keep", "expected"),
    [
        (  # the carrier is kept: raw link
            ["f 4755 1:2 /a text\nh /b => /a\nh /c => /b"],
            ["/a", "/b"],
            "f 4755 1:2 a text\nh 4755 1:2 b -> a",
        ),
        (  # the carrier is dropped: the first kept name becomes the file
            ["f 4755 1:2 /a text\nh /b => /a\nh /c => /a"],
            ["/b", "/c"],
            "f 4755 1:2 b text\nh 4755 1:2 c -> b",
        ),
        (  # the name in the middle of a chain is dropped
            ["f 4755 1:2 /a text\nh /b => /a\nh /c => /b"],
            ["/a", "/c"],
            "f 4755 1:2 a text\nh 4755 1:2 c -> a",
        ),
        (  # the carrier belongs to an upper layer now
            ["f 4755 1:2 /a text\nh /b => /a", "f 0600 0:0 /a new"],
            ["/a", "/b"],
            "f 4755 1:2 b text",
        ),
        (  # long names need extended headers
            [f"f 0644 0:0 /a text\nh /{'b' * 120} => /a\nh /c => /{'b' * 120}"],
            [f"/{'b' * 120}", "/c"],
            f"f 0644 0:0 {'b' * 120} text\nh 0644 0:0 c -> {'b' * 120}",
        ),
    ],
)
def test_hard_links_stay_hard_links(layers: list[str], keep: list[str], expected: str) -> None:
    lines = text(written(layers, keep)[0]).splitlines()
    # tarfile shows a raw link's own header, which the builder of the test wrote as 0644 0:0
    shown = [line.replace("0644 0:0", "4755 1:2") if line[0] == "h" else line for line in lines]
    wanted = [
        line.replace("0644 0:0", "4755 1:2") if line[0] == "h" else line
        for line in expected.splitlines()
    ]
    assert shown == wanted


def test_the_promoted_name_has_the_capability_of_the_carrier() -> None:
    (layer,) = written([BASE], ["/usr/bin/sudo"])
    with tarfile.open(fileobj=tar_of(layer)) as tar:
        info = tar.getmember("usr/bin/sudo")
    assert info.pax_headers["SCHILY.xattr.security.capability"] == "cap"
    assert (info.mode, info.isreg(), info.size) == (0o4755, True, 2)


def test_a_folder_made_new_above_a_deleted_one_stays_implied() -> None:
    layers = ["d 0700 9:9 /d\nf 0644 0:0 /d/old x", "w /d", "f 0644 0:0 /d/new y"]
    (layer,) = written(layers, ["/d/new"])
    assert text(layer) == "f 0644 0:0 d/new y"


def test_each_layer_is_finished_before_the_next_begins() -> None:
    tars = [tarball("f 0644 0:0 /a x"), tarball("f 0644 0:0 /b y")]
    index = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)])
    blobs: list[io.BytesIO] = []

    def sink() -> io.BytesIO:
        assert all(blob.getvalue().endswith(bytes(1024)) for blob in blobs)
        blobs.append(io.BytesIO())
        return blobs[-1]

    assert len(filtered(index, ["/a", "/b"], tars, "preserve", sink)) == len(blobs) == 2


@pytest.mark.parametrize("mode", ["preserve", "merge"])
def test_an_implied_folder_kept_for_itself_is_written(mode: Mode) -> None:
    (layer,) = written(["f 0644 0:0 /srv/www/index x"], ["/srv/www"], mode)
    assert text(layer) == "d 0755 0:0 srv/www"


def test_a_path_that_the_image_does_not_have_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="/none is to be kept but is not in the image"):
        written([BASE], ["/none"])


def gnu_tar(pid: int, atime: float, mtime: str) -> io.BytesIO:
    """A tar as `tar --format=posix --xattrs` writes it: with times and its process number in PAX
    headers."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("./usr/x")
        info.size = 4
        info.pax_headers = {
            "mtime": mtime,
            "atime": str(atime),
            "ctime": str(atime),
            "SCHILY.xattr.user.a": "b",
        }
        tar.addfile(info, io.BytesIO(b"text"))
    data = bytearray(out.getvalue())
    data[0:100] = f"./usr/PaxHeaders.{pid}/x".encode().ljust(100, b"\0")
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 256 + sum(data[156:512]))
    return io.BytesIO(bytes(data))


def test_merge_drops_only_what_depends_on_the_day() -> None:
    layers: list[Layer] = []
    for tar in (
        gnu_tar(12, 1.5, "1700000000.123456789"),
        gnu_tar(345, 99.25, "1700000000.123456789"),
    ):
        index = FileIndex.of([read_layer(tar, 0)])
        layers += filtered(index, list(index), [tar], "merge", io.BytesIO)
    assert layers[0].digest == layers[1].digest
    with tarfile.open(fileobj=tar_of(layers[0])) as result:
        (info,) = result.getmembers()
    assert info.name == "usr/x"
    assert info.pax_headers == {
        "mtime": "1700000000.123456789",
        "SCHILY.xattr.user.a": "b",
    }


NAMES = st.sampled_from(["/a", "/b", "/c/d", "/c/e", "/" + "l" * 101, "/c/\udce9"])


@st.composite
def images(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Layers with files and hard links, and the final paths to keep."""
    texts = []
    for _ in range(draw(st.integers(1, 3))):
        lines: list[str] = draw(st.sampled_from([["d 0750 3:4 /c"], []])).copy()
        files: list[str] = []
        for path in draw(st.lists(NAMES, unique=True, max_size=6)):
            if draw(st.booleans()) and files:
                lines.append(f"h {path} => {draw(st.sampled_from(files))}")
            else:
                lines.append(f"f 0644 1:2 {path} {draw(st.sampled_from(['x', 'y' * 600]))}")
            files.append(path)
        texts.append("\n".join(lines))
    tars = [tarball(text) for text in texts]
    paths = list(FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)]))
    return texts, draw(st.lists(st.sampled_from(paths), unique=True))


@settings(derandomize=True, deadline=None, max_examples=150)
@given(images(), st.sampled_from(["preserve", "merge"]))
def test_what_is_written_reads_back_as_the_kept_part_of_the_image(
    image: tuple[list[str], list[str]], mode: Mode
) -> None:
    texts, keep = image
    tars = [tarball(text) for text in texts]
    fat = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)])
    new = filtered(fat, keep, tars, mode, io.BytesIO)
    again = filtered(fat, keep, tars, mode, io.BytesIO)
    assert [layer.digest for layer in new] == [layer.digest for layer in again]
    slim_tars = [tar_of(layer) for layer in new]
    slim = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(slim_tars)])
    kept = set(keep) | {"/"} | {"/c" for path in keep if path.startswith("/c/")}
    assert set(slim) == kept
    for path in kept:
        old, now = fat[path], slim[path]
        assert (now.kind, now.mode, now.uid, now.gid, now.size) == (
            old.kind,
            old.mode,
            old.uid,
            old.gid,
            old.size,
        )
        assert now.mtime == old.mtime
        assert set(slim.names(path)) == set(fat.names(path)) & kept
        if old.kind is Kind.FILE:
            ours = slim_tars[now.layer].getvalue()[now.data : now.data + now.size]
            theirs = tars[old.layer].getvalue()[old.data : old.data + old.size]
            assert ours == theirs
    assert slim.overwritten == ()
