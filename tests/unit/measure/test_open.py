"""What `measure` tells of images in layouts and archives, as values, text and JSON."""

import gzip
import io
import json
import tarfile
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from stored_images import AMD64, ARMV6, BASE, Stored, archive_of, folder_of

from ci_slim.cleanup import Cleanup
from ci_slim.errors import UsageError
from ci_slim.image.sharing import SharedLayer
from ci_slim.image.sizes import LayerSize, image_sizes
from ci_slim.image.space import Share
from ci_slim.image.unpacking import compression_of, unpacked
from ci_slim.measure.measured import (
    LayerDetails,
    Measured,
    SharedSizes,
    Update,
    to_json,
    together,
    updates,
)
from ci_slim.measure.open import measure
from ci_slim.platforms import Platform
from ci_slim.report.measured_text import to_text
from ci_slim.report.text import WIDTH

A, B, C, D = (f"sha256:{letter * 64}" for letter in "abcd")
ESTIMATED = "≈ is an estimate: the compressed size is not available locally.\n"


def layer(diff_id: str, pull: int | None, disk: int | None, made: str = "RUN x") -> LayerSize:
    digest = f"sha256:{diff_id[-2] * 63}0"
    return LayerSize(digest, pull, disk, made, diff_id)


def image(reference: str, *layers: LayerSize, **changes: Any) -> Measured:
    inside = LayerDetails(5, 0, (), ())
    if any(one.disk_bytes is None for one in layers):
        inside = changes.pop("inside", None)
    exact = changes.pop("pull_exact", True)
    config = f"config of {reference}"
    sizes = image_sizes(
        reference, C, 10, layers, files=None, pull_exact=exact, config_digest=config
    )
    return replace(Measured(AMD64, sizes, inside), **changes)


# Whole images


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    folder_of(tmp_path / "layout", Stored(ARMV6, ("listener:1",)), Stored(AMD64, ("listener:1",)))
    return tmp_path / "layout"


def measured(*images: str, scratch: Path, platform: str | None = None) -> Any:
    return json.loads(
        to_json(found := measure(images, platform, {}, scratch, Cleanup()), found[0].reference)
    )


def test_every_platform_of_a_layout_is_measured(layout: Path, tmp_path: Path) -> None:
    found = measured(f"oci:{layout}", scratch=tmp_path)
    schema = json.loads(files("ci_slim.report").joinpath("measure-v1.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(found)
    assert [one["platform"] for one in found["images"]] == ["linux/arm/v6", "linux/amd64"]
    assert (found["together"], found["updates"]) == ([], [])
    (arm, _) = found["images"]
    blobs = {path.name: path.stat().st_size for path in layout.glob("blobs/*/*")}
    assert [one["pull_bytes"] for one in arm["layers"]] == [
        blobs[one["digest"].removeprefix("sha256:")] for one in arm["layers"]
    ]
    assert arm["pull_exact"] is True
    assert arm["disk_bytes"] == sum(one["disk_bytes"] for one in arm["layers"])
    assert [one["created_by"] for one in arm["layers"]] == ["COPY 0", "COPY 1"]
    assert [one["name"] for one in arm["folders"]] == ["/etc", "/usr"]


def test_one_platform_is_measured_when_it_is_named(layout: Path, tmp_path: Path) -> None:
    found = measured(f"oci:{layout}", scratch=tmp_path, platform="armel")
    assert [one["platform"] for one in found["images"]] == ["linux/arm/v6"]
    with pytest.raises(UsageError, match="there is no image for linux/arm/v7") as caught:
        measured(f"oci:{layout}", scratch=tmp_path, platform="linux/arm/v7")
    assert caught.value.hint == "there is linux/arm/v6, linux/amd64"


def test_images_of_one_platform_are_told_apart_by_their_tags(tmp_path: Path) -> None:
    folder_of(tmp_path / "x", Stored(AMD64, ("a:1",)), Stored(AMD64, ("a:2",), (BASE,)))
    found = measured(f"oci:{tmp_path}/x", scratch=tmp_path)
    names = [f"oci:{tmp_path}/x (docker.io/library/a:{tag})" for tag in (1, 2)]
    assert [one["reference"] for one in found["images"]] == names
    assert [(update["from"], update["to"]) for update in found["updates"]] == [tuple(names)]


def test_layers_without_compression_are_estimated(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(repacked(archive_of(Stored(AMD64)), gzip.decompress))
    (found,) = measured(f"docker-archive:{tmp_path}/a.tar", scratch=tmp_path)["images"]
    assert found["pull_exact"] is False
    assert all(0 < one["pull_bytes"] < one["disk_bytes"] for one in found["layers"])


def test_zstd_layers_are_read(tmp_path: Path) -> None:
    def as_zstd(blob: bytes) -> bytes:
        return zstandard.ZstdCompressor().compress(gzip.decompress(blob))

    (tmp_path / "a.tar").write_bytes(repacked(archive_of(Stored(AMD64)), as_zstd))
    (found,) = measured(f"docker-archive:{tmp_path}/a.tar", scratch=tmp_path)["images"]
    assert found["pull_exact"] is True
    assert found["files"] == 5


def test_a_layer_that_is_not_the_configs_is_refused(tmp_path: Path) -> None:
    def other(blob: bytes) -> bytes:
        return gzip.compress(gzip.decompress(blob) + bytes(512))

    (tmp_path / "a.tar").write_bytes(repacked(archive_of(Stored(AMD64)), other))
    with pytest.raises(UsageError, match="the layer does not match the config"):
        measured(f"docker-archive:{tmp_path}/a.tar", scratch=tmp_path)


def test_nothing_is_left_in_the_scratch_folder(layout: Path, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    measure([f"oci:{layout}"], None, {}, tmp_path / "scratch", Cleanup())
    assert list((tmp_path / "scratch").iterdir()) == []


def repacked(tar: bytes, change: Any) -> bytes:
    """The archive with changed layers, and nothing but docker's manifest.json to describe it."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(tar)) as archive,
        tarfile.open(fileobj=out, mode="w") as written,
    ):
        for info in archive:
            member = archive.extractfile(info)
            assert member is not None
            data = member.read()
            data = change(data) if data.startswith(b"\x1f\x8b") else data
            info.size = len(data)
            if info.name not in ("index.json", "oci-layout"):
                written.addfile(info, io.BytesIO(data))
    return out.getvalue()


# Compression

TEXT = b"some bytes " * 1000


@pytest.mark.parametrize(
    ("blob", "kind"),
    [
        (TEXT, "none"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:]), "gzip"),
        (zstandard.compress(TEXT), "zstd"),
        (zstandard.compress(TEXT[:5000]) + zstandard.compress(TEXT[5000:]), "zstd"),
        (b"\x50\x2a\x4d\x18\x04\0\0\0skip" + zstandard.compress(TEXT), "zstd"),
    ],
    ids=["none", "gzip", "gzip members", "zstd", "zstd frames", "zstd:chunked"],
)
def test_every_member_and_frame_is_unpacked(blob: bytes, kind: str) -> None:
    found = compression_of(blob[:4])
    assert found == kind
    assert b"".join(unpacked(io.BytesIO(blob), found, "x")) == TEXT


@pytest.mark.parametrize("blob", [gzip.compress(TEXT)[:-9], gzip.compress(TEXT)[:20],
    gzip.compress(TEXT)[:18] + b" " + gzip.compress(TEXT)[19:],
    zstandard.compress(TEXT)[:4] + b"nonsense"],
    ids=["end missing", "cut early", "a byte changed", "zstd"])  # fmt: skip
def test_damaged_streams_are_refused(blob: bytes) -> None:
    with pytest.raises(UsageError, match="x: cannot be unpacked") as caught:
        b"".join(unpacked(io.BytesIO(blob), compression_of(blob[:4]), "x"))
    assert caught.value.exit_code == 2


# What images share

BASE_LAYER, ONE, TWO = layer(A, 40, 100), layer(B, 20, 50), layer(D, 7, 9)


def test_images_share_the_layers_they_have_in_common() -> None:
    images = [image("one", BASE_LAYER, ONE), image("two", BASE_LAYER, TWO)]
    assert together(images) == (
        SharedSizes(
            AMD64, "disk", ("one", "two"), 259, 159, (SharedLayer(A, 100, ("one", "two")),)
        ),
    )


def test_a_layer_above_another_base_is_stored_twice_but_pulled_once() -> None:
    images = [image("one", BASE_LAYER, TWO), image("two", ONE, TWO)]
    assert together(images) == (SharedSizes(AMD64, "disk", ("one", "two"), 168, 168, ()),)
    unread = [image("one", BASE_LAYER, TWO), image("two", ONE, layer(D, 7, None))]
    assert together(unread) == (
        SharedSizes(AMD64, "pull", ("one", "two"), 74, 67, (SharedLayer(D, 7, ("one", "two")),)),
    )


def test_nothing_is_said_of_images_that_no_one_device_has() -> None:
    assert together([image("one", ONE), image("two", ONE, platform=ARMV6)]) == ()
    assert together([image("one", ONE)]) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((BASE_LAYER, ONE), (BASE_LAYER, TWO), 17),
        ((BASE_LAYER,), (BASE_LAYER,), 10),
        ((BASE_LAYER,), (BASE_LAYER, layer(B, None, 3)), None),
    ],
)
def test_an_update_fetches_the_config_and_the_new_blobs(
    before: tuple[LayerSize, ...], after: tuple[LayerSize, ...], expected: int | None
) -> None:
    images = [image("one", *before), image("two", *after), image("three", platform=ARMV6)]
    assert updates(images, "one") == (Update("one", "two", AMD64, expected, exact=True),)


def test_layers_packed_otherwise_are_fetched_again_unless_one_is_not_packed_yet() -> None:
    other = replace(BASE_LAYER, digest=f"sha256:{'9' * 64}")
    images = [image("one", BASE_LAYER), image("two", other)]
    assert updates(images, "one")[0].bytes == 50
    images[1] = replace(images[1], sizes=replace(images[1].sizes, pull_exact=False))
    assert updates(images, "one") == (Update("one", "two", AMD64, 10, exact=False),)


def test_a_blob_that_is_there_twice_is_pulled_once() -> None:
    assert image("one", ONE, ONE).sizes.pull_bytes == 30
    assert image("one", ONE, ONE).sizes.disk_bytes == 100


# The text


def test_an_image_shows_layers_waste_and_the_largest() -> None:
    shown = image(
        "listener:1",
        layer(A, 300_000_000, 899_000_000, "FROM debian"),
        layer(B, 2_700_000, 1_000_000, "RUN \x1b[31mmake"),
        pull_exact=False,
        inside=LayerDetails(
            31_000,
            12_345_678,
            (Share("/usr", 800_000_000, 70), Share("/var", 1000, 1)),
            tuple(Share(f"p{n:02}", 1_000_000, 3) for n in range(12)),
            duplicates=(Share("/a", 9_000_000, 2), Share("/b", 1_000, 3)),
        ),
    )
    assert to_text([shown], "listener:1") == (
        "listener:1\n"
        "\n"
        "platform    linux/amd64\n"
        "pull        ≈302.7 MB\n"
        "disk        900 MB\n"
        "files       31000\n"
        "layers      2\n"
        "waste       12.3 MB (1 % of the disk)\n"
        "duplicates  9.00 MB (1 % of the disk)\n"
        "\n"
        "  layer  digest           pull    disk  created by\n"
        "-------  ------------  -------  ------  ------------\n"
        "      0  aaaaaaaaaaaa  ≈300 MB  899 MB  FROM debian\n"
        "      1  bbbbbbbbbbbb  ≈2.7 MB    1 MB  RUN make\n"
        "\n"
        "largest folders\n"
        "800 MB  88 %  70 files  /usr\n"
        "  1 kB   0 %    1 file  /var\n"
        "\n"
        "largest packages\n"
        + "".join(f"1 MB  0 %  3 files  p{n:02}\n" for n in range(10))
        + "2 smaller ones not shown\n"
        "\n"
        "more than once\n"
        "9 MB  1 %  2 files  /a\n"
        "1 kB  0 %  3 files  /b\n"
        "\n" + ESTIMATED
    )


def test_an_image_that_was_not_read_has_no_disk_size() -> None:
    assert to_text([image("docker://r.example/a:1", layer(A, 1_000_000, None))], "x") == (
        "docker://r.example/a:1\n"
        "\n"
        "platform  linux/amd64\n"
        "pull      1.00 MB\n"
        "disk      –\n"  # noqa: RUF001
        "files     –\n"  # noqa: RUF001
        "layers    1\n"
        "\n"
        "  layer  digest          pull    disk  created by\n"
        "-------  ------------  ------  ------  ------------\n"
        "      0  aaaaaaaaaaaa    1 MB       –  RUN x\n"  # noqa: RUF001
        "\n"
        "Disk sizes, files and packages need the layers: --read fetches them, without the daemon.\n"
    )


def test_an_empty_image_is_shown() -> None:
    assert to_text([image("a")], "a") == (
        "a\n\nplatform  linux/amd64\npull      10 B\ndisk      0 B\nfiles     5\nlayers    0\n"
        "waste     0 B\n"
    )


def test_several_images_show_what_they_share_and_what_updates_fetch() -> None:
    images = [
        image("a:1", layer(A, 30_000_000, 80_000_000), layer(B, 5_000_000, 20_000_000)),
        image("a:2", layer(A, 30_000_000, 80_000_000), layer(D, 4_000_000, 10_000_000)),
    ]
    shown = to_text(images, "a:1")
    assert shown.split("2 images on ", 1)[1] == (
        "one linux/amd64 device, disk\n"
        "apart     190 MB\n"
        "together  110 MB\n"
        "shared    80 MB (42 %)\n"
        "\n"
        "common layer      disk  in\n"
        "--------------  ------  --------\n"
        "aaaaaaaaaaaa     80 MB  a:1, a:2\n"
        "\n"
        "update of a device that has a:1\n"
        "to    platform       fetches\n"
        "----  -----------  ---------\n"
        "a:2   linux/amd64    4.00 MB\n"
    )


def test_images_that_share_nothing_say_so() -> None:
    shown = to_text([image("a", ONE), image("b", layer(D, 7, None))], "a")
    assert "2 images on one linux/amd64 device, bytes to pull\n" in shown
    assert "shared    0 B (0 %)\nno layer in common\n" in shown


@given(st.text(st.characters(codec=None, exclude_categories=()), min_size=1, max_size=200))
def test_foreign_text_can_drive_neither_terminal_nor_reader(text: str) -> None:
    inside = LayerDetails(1, 0, (Share(text, 1, 1),), (Share(text, 1, 1),))
    platform = Platform("linux", text)
    images = [
        image(reference, layer(A, 1, 2, text), inside=inside, platform=platform)
        for reference in (text, text + "2")
    ]
    shown = to_text(images, text)
    lines = shown.split("\n")
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) <= WIDTH + 20
    shown.encode()
    written = to_json(images, text)
    json.loads(written)["images"][0]["reference"].encode()
    assert written.isascii()


def test_paths_that_are_no_text_are_written_as_their_bytes() -> None:
    inside = LayerDetails(1, 0, (Share("/caf\udce9", 1, 1),), ())
    (found,) = json.loads(to_json([image("a", ONE, inside=inside)], "a"))["images"]
    assert found["folders"][0]["name"] == "/caf\\xe9"


def test_the_schema_takes_what_is_unknown() -> None:
    schema = json.loads(files("ci_slim.report").joinpath("measure-v1.schema.json").read_text())
    images = [image("a", layer(A, 1, None)), image("b", layer(A, 1, None))]
    value = json.loads(to_json(images, "a"))
    jsonschema.Draft202012Validator(schema).validate(value)
    assert (value["together"][0]["measure"], value["updates"][0]["update_bytes"]) == ("pull", 10)
    value["images"][0]["size"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(value)
