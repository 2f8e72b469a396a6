"""Tests the pull, disk and update sizes, waste, and sizes by folder and by package."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from stored_images import AMD64
from tarballs import index_of, tarball

from ci_slim.image.duplicates import duplicates
from ci_slim.image.files import FileIndex, LayerContents, read_layer
from ci_slim.image.image import image_of
from ci_slim.image.layer import Layer
from ci_slim.image.manifest import LAYER, Descriptor
from ci_slim.image.sharing import SharedLayer, Sharing, shared
from ci_slim.image.sizes import ImageSizes, LayerSize, image_sizes, update_bytes
from ci_slim.image.sizes import sizes as measured
from ci_slim.image.space import Share, by_directory, by_package, waste
from ci_slim.image.unpacking import Compression


def sizes(reference: str, *layers: tuple[str, int | None, int]) -> ImageSizes:
    return image_sizes(reference, "", 10, [LayerSize(*layer, "RUN x") for layer in layers], files=1)


@pytest.mark.parametrize(
    ("layers", "pull", "disk"),
    [
        ([("a", 100, 300), ("b", 50, 100)], 160, 400),
        ([("a", 100, 300), ("a", 100, 300)], 110, 600),
        ([("a", None, 300), ("b", 50, 100)], None, 400),
        ([("a", 0, 0)], 10, 0),
        ([], 10, 0),
    ],
)
def test_pull_is_config_and_blobs_and_disk_is_tars(
    layers: list[tuple[str, int | None, int]], pull: int | None, disk: int
) -> None:
    image = sizes("x", *layers)
    assert (image.pull_bytes, image.disk_bytes) == (pull, disk)


CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "history": [
        {"created_by": "ADD rootfs"},
        {"created_by": "CMD [x]", "empty_layer": True},
        {"created_by": "COPY app"},
    ],
}
A, B = (f"sha256:{letter * 64}" for letter in "ab")


def layer(digest: str, size: int, compression: Compression, **known: Any) -> Layer:
    return Layer(Descriptor(LAYER, digest, size), digest, compression, io.BytesIO, **known)


def sized(*layers: Layer, registry: bool = False, **arguments: Any) -> ImageSizes:
    rootfs = {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]}
    config = json.dumps({**CONFIG, "rootfs": rootfs}).encode()
    image = replace(image_of(config, layers, AMD64), from_registry=registry)
    whole = measured(image, "app:1", **arguments)
    assert (whole.digest, whole.config_digest) == (image.digest, image.config_digest)
    assert whole.config_bytes == len(config)
    return whole


def test_each_layer_has_its_sizes_its_maker_and_whether_it_is_the_bases() -> None:
    whole = sized(
        layer(A, 100, "gzip", tar_bytes=300, files=3), layer(B, 50, "zstd", tar_bytes=70, files=2)
    )
    assert whole.layers == (
        LayerSize(A, 100, 300, "ADD rootfs", A, base=True),
        LayerSize(B, 50, 70, "COPY app", B),
    )
    assert (whole.pull_exact, whole.disk_bytes, whole.files) == (True, 370, 5)
    assert whole.pull_bytes == 150 + whole.config_bytes


def test_an_image_of_a_registry_has_no_disk_size_and_no_number_of_files() -> None:
    whole = sized(layer(A, 100, "gzip"), layer(B, 50, "none", tar_bytes=50), registry=True)
    assert (whole.pull_bytes, whole.pull_exact) == (150 + whole.config_bytes, True)
    assert (whole.disk_bytes, whole.files) == (None, None)
    assert [one.disk_bytes for one in whole.layers] == [None, 50]


@pytest.mark.parametrize("estimate", [None, 33])
def test_a_layer_without_a_blob_is_estimated_or_unknown(estimate: int | None) -> None:
    plain = (layer(A, 100, "gzip", tar_bytes=300), layer(B, 70, "none", tar_bytes=70))
    whole = sized(*plain, files=9, estimated=lambda _: estimate)
    assert [one.pull_bytes for one in whole.layers] == [100, estimate]
    assert whole.pull_bytes == (None if estimate is None else 133 + whole.config_bytes)
    assert (whole.pull_exact, whole.disk_bytes, whole.files) == (False, 370, 9)


@pytest.mark.parametrize(
    ("new", "baseline", "expected"),
    [
        ([("config", 5), ("a", 100), ("b", 50)], {"a"}, 55),
        ([("config", 5), ("a", 100)], {"config", "a"}, 0),
        ([("a", 100), ("a", 100)], set(), 100),
        ([("a", None), ("b", 50)], {"a"}, 50),
        ([("a", None), ("b", 50)], {"b"}, None),
    ],
)
def test_an_update_fetches_the_blobs_the_device_does_not_have(
    new: list[tuple[str, int | None]], baseline: set[str], expected: int | None
) -> None:
    assert update_bytes(new, baseline) == expected


def test_images_on_one_device_share_their_layers() -> None:
    one = ("one", [("base", 500), ("x", 100)])
    two = ("two", [("base", 500), ("y", 70)])
    assert shared([one, two]) == Sharing(1170, 670, (SharedLayer("base", 500, ("one", "two")),))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (["f 0644 0:0 /a 12345"], 0),
        (["f 0644 0:0 /a 12345", "f 0644 0:0 /a x"], 5),
        (["f 0644 0:0 /d/a 12345\nf 0644 0:0 /d/b 123", "w /d"], 8),
        (["f 0644 0:0 /a 12345\nh /b => /a", "w /a"], 0),
        (["f 0644 0:0 /a 12345\nh /b => /a", "w /a\nw /b"], 5),
        (["f 0644 0:0 /a 12345", "w /a\nf 0644 0:0 /a 123", "w /a"], 8),
    ],
)
def test_waste_is_the_bytes_that_later_layers_hide(layers: list[str], expected: int) -> None:
    assert waste(index_of(*layers)) == expected


def test_folders_are_summed_at_a_depth() -> None:
    index = index_of("""
        f 0644 0:0 /usr/lib/a/b/c 12345
        f 0644 0:0 /usr/lib/d 1
        h /usr/lib/e => /usr/lib/d
        f 0644 0:0 /etc/motd 123
        f 0644 0:0 /init 12
        l /bin -> usr/bin
    """)
    assert by_directory(index) == (
        Share("/usr/lib", 6, 2),
        Share("/etc", 3, 1),
        Share("/", 2, 1),
    )
    assert by_directory(index, 1)[0] == Share("/usr", 6, 2)


DEBIAN = r"""
    l /lib -> usr/lib
    f 0644 0:0 /usr/lib/libc.so.6 12345678
    f 0755 0:0 /usr/bin/su 123
    h /usr/bin/sudo => /usr/bin/su
    f 0644 0:0 /var/lib/dpkg/info/libc6:armel.list /.\n/lib\n/lib/libc.so.6\n/usr/share/doc/gone\n
    f 0644 0:0 /var/lib/dpkg/info/su.list /.\n/usr/bin/su\n/usr/bin/sudo\n
    f 0644 0:0 /var/lib/dpkg/info/empty.list /.\n
    f 0644 0:0 /var/lib/dpkg/info/su.md5sums 0\n
"""
DISTROLESS = r"""
    f 0644 0:0 /usr/lib/libssl.so 1234
    f 0644 0:0 /var/lib/dpkg/status.d/libssl3.md5sums {SUM}  usr/lib/libssl.so\n
    f 0644 0:0 /var/lib/dpkg/status.d/libssl3 Package:libssl3\n
""".replace("{SUM}", "0" * 32)
ALPINE = r"""
    f 0755 0:0 /bin/busybox 12345
    f 0644 0:0 /etc/motd 12
    f 0644 0:0 /top 1
    f 0644 0:0 /lib/apk/db/installed C:x\nP:busybox\nF:bin\nR:busybox\n{REST}
""".replace("{REST}", r"\nP:base\nR:top\nF:etc\nR:motd\nR:no\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DEBIAN, (Share("libc6", 8, 1), Share("su", 3, 1))),
        (DISTROLESS, (Share("libssl3", 4, 1),)),
        (ALPINE, (Share("busybox", 5, 1), Share("base", 3, 2))),
        ("f 0755 0:0 /app x", ()),
    ],
)
def test_packages_are_summed(text: str, expected: tuple[Share, ...]) -> None:
    tar = tarball(text)
    index = FileIndex.of([read_layer(tar, 0)])
    assert by_package(index, LayerContents(index, [tar])) == expected


def test_duplicate_files_are_found_and_hard_links_are_one_file() -> None:
    large, other = "x" * 5000, "y" * 5000
    texts = (
        f"""
        f 0644 0:0 /b {large}
        f 0644 0:0 /c {other}
        f 0644 0:0 /small 123
        f 0644 0:0 /gone {other}
        h /hard => /b
        """,
        f"""
        f 0600 1:1 /a {large}
        f 0644 0:0 /z {large}
        f 0644 0:0 /twin 123
        f 0644 0:0 /.wh.gone
        """,
    )
    tars = [tarball(text) for text in texts]
    index = FileIndex.of([read_layer(tar, number) for number, tar in enumerate(tars)])
    (found,) = duplicates(index, LayerContents(index, tars))
    assert (found.bytes, found.files) == (10_000, 3)
    assert found.name in ("/a", "/b", "/z")
