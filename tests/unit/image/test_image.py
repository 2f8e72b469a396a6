"""Tests configs, manifests and indexes, and writing and reading layouts."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tarballs import tarball

from ci_slim.errors import UsageError
from ci_slim.image.archive import archive_members, choose, read_images
from ci_slim.image.blob import compressed
from ci_slim.image.compression import Workers, compressor
from ci_slim.image.config import ImageConfig, parse_config
from ci_slim.image.files import FileIndex, read_layer
from ci_slim.image.filter import Mode, filtered
from ci_slim.image.image import Image, slim_image
from ci_slim.image.layer import Layer
from ci_slim.image.layout import blob_name, full_name, layout_members, write_tar
from ci_slim.image.manifest import (
    Descriptor,
    Index,
    Manifest,
    digest_of,
    parse_document,
    parse_index,
    parse_manifest,
)
from ci_slim.platforms import Platform

ARMV6 = Platform("linux", "arm", "v6")
ARM64 = Platform("linux", "arm64")
AMD64 = Platform("linux", "amd64")
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")

FAT: dict[str, object] = {
    "architecture": "arm",
    "os": "linux",
    "os.version": "1.2",
    "created": "2024-01-02T03:04:05Z",
    "config": {
        "Cmd": ["/app"],
        "Env": ["A=b"],
        "Healthcheck": {"Test": ["NONE"]},
        "Volumes": {"/data": {}},
    },
    "rootfs": {"type": "layers", "diff_ids": [A, B]},
    "history": [
        {"created_by": "ADD rootfs"},
        {"created_by": "ENV A=b", "empty_layer": True},
        {"created_by": "COPY app", "comment": "buildkit"},
    ],
    "moby.buildkit.cache": "kept",
}
OURS = {"created": "2024-01-02T03:04:05Z", "created_by": "ci-slim slim", "empty_layer": True}


def layers(mode: Mode = "preserve", keep: tuple[str, ...] = ("/base", "/app")) -> tuple[Layer, ...]:
    tars = [tarball("f 0644 0:0 /base x"), tarball("f 0755 0:0 /app y")]
    index = FileIndex.of([read_layer(tar, n) for n, tar in enumerate(tars)])
    new = filtered(index, keep, tars, mode, io.BytesIO)
    two = Workers(2, 2)
    return tuple(compressed(layer, io.BytesIO(), compressor("gzip", two)) for layer in new)


def laid_out(platform: Platform = ARMV6, *tags: str, fat: Mapping[str, object] = FAT) -> Image:
    new = layers()
    return replace(slim_image(ImageConfig(fat), new, platform), tags=tags)


def archive(*images: Image) -> io.BytesIO:
    out = io.BytesIO()
    assert write_tar(layout_members(images), out) == len(out.getvalue())
    out.seek(0)
    return out


def packed(files: Mapping[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    write_tar([(name, data, len(data)) for name, data in files.items()], out)
    out.seek(0)
    return out


def saved(tar: io.BytesIO) -> tuple[Image, ...]:
    return read_images(archive_members(tar, "x.tar"), "x.tar")


# The config of the slim image


def test_only_the_layers_of_the_fat_config_change() -> None:
    config = slim_image(ImageConfig(FAT), layers(), ARMV6).raw_config
    slim = json.loads(config)
    new = layers()
    assert slim.pop("rootfs") == {"type": "layers", "diff_ids": [layer.diff_id for layer in new]}
    assert slim.pop("history") == [
        {"created_by": "ADD rootfs"},
        {"created_by": "ENV A=b", "empty_layer": True},
        {"created_by": "COPY app", "comment": "buildkit"},
        OURS,
    ]
    assert slim.pop("variant") == "v6"
    assert slim == {key: FAT[key] for key in FAT if key not in ("rootfs", "history")}


def test_a_dropped_layer_leaves_an_empty_entry_in_the_history() -> None:
    config = slim_image(ImageConfig(FAT), layers(keep=("/app",)), ARMV6).raw_config
    assert json.loads(config)["history"] == [
        {"created_by": "ADD rootfs", "empty_layer": True},
        {"created_by": "ENV A=b", "empty_layer": True},
        {"created_by": "COPY app", "comment": "buildkit"},
        OURS,
    ]


def test_a_layer_of_our_own_above_the_others_has_its_entry() -> None:
    kept = layers(keep=("/app",))
    ours = replace(kept[0], source=len(ImageConfig(FAT).diff_ids))
    config = slim_image(ImageConfig(FAT), [*kept, ours], ARMV6).raw_config
    document = json.loads(config)
    made = [entry for entry in document["history"] if not entry.get("empty_layer")]
    assert [entry["created_by"] for entry in made] == ["COPY app", "ci-slim slim"]
    assert len(made) == len(document["rootfs"]["diff_ids"])


def test_the_history_names_ci_slim_for_a_merged_layer() -> None:
    config = slim_image(ImageConfig(FAT), layers("merge"), ARMV6, "2025-01-01T00:00:00Z").raw_config
    slim = json.loads(config)
    assert [entry.get("empty_layer", False) for entry in slim["history"]] == [
        True,
        True,
        True,
        False,
    ]
    assert slim["history"][-1] == {"created": "2025-01-01T00:00:00Z", "created_by": "ci-slim slim"}
    assert slim["created"] == "2025-01-01T00:00:00Z"


def test_the_history_says_what_split_layers_hold_and_where_the_base_ends() -> None:
    base, own = layers()
    new = (replace(base, label="base"), replace(own, source=None, label="application"))
    image = slim_image(ImageConfig(FAT), new, ARMV6)
    made = [each for each in image.config.history if not each.get("empty_layer")]
    assert [each["created_by"] for each in made] == ["ADD rootfs", "ci-slim slim: application"]
    assert image.config.slimmed


@pytest.mark.parametrize("history", [None, [], [{"created_by": "one of two"}]])
def test_a_history_that_does_not_fit_still_has_an_entry_for_each_layer(history: object) -> None:
    config = slim_image(ImageConfig({**FAT, "history": history}), layers(), ARMV6).raw_config
    made = [entry for entry in json.loads(config)["history"] if not entry.get("empty_layer")]
    assert [entry["created_by"] for entry in made] == ["ci-slim slim", "ci-slim slim"]


@pytest.mark.parametrize(
    ("fat", "asked", "stamp"),
    [
        ({"architecture": "arm"}, ARMV6, ("arm", "v6")),
        ({"architecture": "amd64"}, ARMV6, ("arm", "v6")),
        ({"architecture": "arm"}, Platform("linux", "arm", "v7"), ("arm", "v7")),
        ({"architecture": "arm", "variant": "v7"}, ARMV6, ("arm", "v6")),
        ({"architecture": "arm64", "variant": "v8"}, ARM64, ("arm64", "v8")),
        ({"architecture": "arm", "variant": "v7"}, AMD64, ("amd64", None)),
    ],
)
def test_the_config_is_stamped_with_the_platform_asked_for(
    fat: dict[str, str], asked: Platform, stamp: tuple[str, str | None]
) -> None:
    config = slim_image(ImageConfig({**FAT, **fat}), layers(), asked).raw_config
    slim = json.loads(config)
    assert (slim["architecture"], slim.get("variant")) == stamp


def test_the_manifest_names_config_and_layers() -> None:
    new = layers()
    image = slim_image(ImageConfig(FAT), new, ARMV6)
    parsed = parse_manifest(image.raw_manifest, "slim")
    assert [blob.media_type for blob in (parsed.config, *parsed.layers)] == [
        "application/vnd.oci.image.config.v1+json",
        *(2 * ["application/vnd.oci.image.layer.v1.tar+gzip"]),
    ]
    assert parsed.blobs == (
        (image.config_digest, len(image.raw_config)),
        *((layer.digest, layer.blob_bytes) for layer in new),
    )
    assert parsed.digest == image.digest


def test_the_config_has_the_step_of_each_layer() -> None:
    config = ImageConfig(FAT)
    assert config.created_by == ("ADD rootfs", "COPY app")
    assert ImageConfig({**FAT, "history": []}).created_by == ("", "")
    assert (config.platform, config.diff_ids) == (Platform("linux", "arm", "v7"), (A, B))
    assert config.config["Cmd"] == ["/app"]


# Reading documents


@pytest.mark.parametrize(
    "family",
    [
        ("application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"),
        (
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
        ),
        (None, None),
    ],
)
def test_manifests_and_indexes_of_both_families_are_read(family: tuple[str | None, ...]) -> None:
    blob = {"mediaType": "x", "digest": A, "size": 5}
    platform = {"os": "linux", "architecture": "arm64", "variant": "v8"}
    manifest = {"schemaVersion": 2, "mediaType": family[0], "config": blob, "layers": [blob]}
    index = {"mediaType": family[1], "manifests": [{**blob, "platform": platform}]}
    read = parse_document(json.dumps(manifest).encode(), "m")
    assert isinstance(read, Manifest)
    assert read.layers == (Descriptor("x", A, 5),)
    assert parse_document(json.dumps(index).encode(), "i") == Index((Descriptor("x", A, 5, ARM64),))


BLOB = {"mediaType": "x", "digest": A, "size": 5}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"[]", "is a list instead of an object"),
        (b"nonsense", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 200_000, "not valid JSON"),
        (b'{"a": NaN}', "has NaN"),
        (b" " * (8 << 20) + b"{}", "bytes of JSON, more than"),
        (b"{}", "neither a manifest nor an index"),
        (b'{"mediaType": 7}', "`mediaType` is a number instead of a string"),
        (b'{"schemaVersion": 1, "fsLayers": []}', "schema 1"),
        (b'{"config": null, "layers": []}', "is null instead of an object"),
        (json.dumps({"config": BLOB, "layers": [7]}).encode(), r"layers\[0\]: is a number"),
        (json.dumps({"config": {**BLOB, "size": -1}}).encode(), "not a number of bytes"),
        (json.dumps({"config": {**BLOB, "size": 1.5}}).encode(), "not a number of bytes"),
        (json.dumps({"config": {**BLOB, "size": True}}).encode(), "not a number of bytes"),
        (
            json.dumps({"config": {**BLOB, "digest": "sha256:../../etc/passwd"}}).encode(),
            "is not a digest",
        ),
        (b'{"manifests": {}}', "`manifests` is an object instead of a list"),
    ],
)
def test_nonsense_is_refused_by_name(raw: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse_document(raw, "index.docker.io/x")
    assert str(caught.value).startswith("index.docker.io/x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": None}, "does not name its architecture"),
        ({"architecture": 7}, "`architecture` is a number"),
        ({"rootfs": None}, "is null instead of an object"),
        ({"rootfs": {"diff_ids": ["x"]}}, "'x' is not a digest"),
        ({"rootfs": {"diff_ids": [7]}}, "not a string"),
        ({"history": ["x"]}, r"history\[0\]: is a string"),
        ({"config": []}, ""),
        ({"config": ["x"]}, "is a list instead of an object"),
        ({"created": 7}, "`created` is a number"),
    ],
)
def test_a_broken_config_is_refused_when_it_is_read(
    change: dict[str, object], message: str
) -> None:
    raw = json.dumps({**FAT, **change}).encode()
    if not message:
        assert parse_config(raw, "x").config == {}
        return
    with pytest.raises(UsageError, match=message):
        parse_config(raw, "x")


def test_the_wrong_kind_of_document_is_named() -> None:
    manifest = json.dumps({"config": BLOB, "layers": []}).encode()
    with pytest.raises(UsageError, match="a manifest instead of an index"):
        parse_index(manifest, "x")
    with pytest.raises(UsageError, match="an index of several images"):
        parse_manifest(b'{"manifests": []}', "x")


# The layout


def test_the_layout_has_what_both_image_stores_look_for() -> None:
    image = laid_out(ARMV6, "listener:1", "registry.example:5000/a/b")
    members = {name: content for name, content, _ in layout_members([image])}
    config, manifest = blob_name(image.config_digest), blob_name(image.digest)
    blobs = [blob_name(layer.digest) for layer in image.layers]
    assert list(members) == [*blobs, config, manifest, "index.json", "manifest.json", "oci-layout"]
    assert members["oci-layout"] == b'{"imageLayoutVersion":"1.0.0"}'
    docker = members["manifest.json"]
    assert isinstance(docker, bytes)
    assert json.loads(docker) == [
        {
            "Config": config,
            "Layers": blobs,
            "RepoTags": ["listener:1", "registry.example:5000/a/b:latest"],
        }
    ]
    index = members["index.json"]
    assert isinstance(index, bytes)
    assert [item["annotations"] for item in json.loads(index)["manifests"]] == [
        {
            "io.containerd.image.name": "docker.io/library/listener:1",
            "org.opencontainers.image.ref.name": "1",
        },
        {
            "io.containerd.image.name": "registry.example:5000/a/b:latest",
            "org.opencontainers.image.ref.name": "latest",
        },
    ]
    assert json.loads(index)["manifests"][0]["platform"] == {
        "architecture": "arm",
        "os": "linux",
        "variant": "v6",
    }


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("x", "docker.io/library/x:latest"),
        ("x:1", "docker.io/library/x:1"),
        ("team/x", "docker.io/team/x:latest"),
        ("localhost/x:1", "localhost/x:1"),
        ("localhost:5000/x", "localhost:5000/x:latest"),
        ("ghcr.io/a/b:c", "ghcr.io/a/b:c"),
    ],
)
def test_references_get_their_full_name(reference: str, name: str) -> None:
    assert full_name(reference) == name


def test_a_layout_reads_back_as_the_images_it_was_made_of() -> None:
    one, two = laid_out(ARMV6, "x:1", "x:2"), laid_out(AMD64, "x:1")
    images = saved(archive(one, two))
    assert [(image.platform, image.tags) for image in images] == [
        (ARMV6, ("docker.io/library/x:1", "docker.io/library/x:2")),
        (AMD64, ("docker.io/library/x:1",)),
    ]
    image = choose(images, ARMV6, "x.tar")
    assert image.digest == one.digest
    assert image.raw_config == one.raw_config
    assert image.pull_exact
    assert [layer.compression for layer in image.layers] == ["gzip", "gzip"]
    for layer, new in zip(image.layers, one.layers, strict=True):
        blob = layer.open().read()
        assert digest_of(blob) == new.digest == layer.descriptor.digest
        assert digest_of(gzip.decompress(blob)) == layer.diff_id


def test_the_same_images_give_the_same_archive() -> None:
    assert archive(laid_out()).getvalue() == archive(laid_out()).getvalue()
    with tarfile.open(fileobj=archive(laid_out())) as tar:
        assert {(info.mtime, info.uid, info.mode) for info in tar} == {(0, 0, 0o644)}


def test_a_blob_that_is_too_short_is_an_error() -> None:
    with pytest.raises(UsageError, match="blobs/x is 3 bytes shorter"):
        write_tar([("blobs/x", io.BytesIO(b"12"), 5)], io.BytesIO())


def test_a_missing_platform_is_answered_with_the_existing_platforms() -> None:
    images = saved(archive(laid_out(ARMV6, "x:1"), laid_out(AMD64)))
    with pytest.raises(UsageError, match="no image for linux/arm/v7") as caught:
        choose(images, Platform("linux", "arm", "v7"), "x.tar")
    assert caught.value.details == ("docker.io/library/x:1 (linux/arm/v6)", "no name (linux/amd64)")
    with pytest.raises(UsageError, match="more than one image for this"):
        choose(images, None, "x.tar")
    assert choose(images, None, "x.tar", reference="x:1").platform == ARMV6
    assert choose(images, None, "x.tar", reference="1").platform == ARMV6


def test_attestations_and_images_without_blobs_are_passed_over() -> None:
    image = laid_out(ARMV6)
    files = {
        name: content if isinstance(content, bytes) else content.read()
        for name, content, _ in layout_members([image])
    }
    index = json.loads(files["index.json"])
    absent = {
        **index["manifests"][0],
        "digest": A,
        "platform": {"os": "linux", "architecture": "s390x"},
    }
    unknown = {**index["manifests"][0], "platform": {"os": "unknown", "architecture": "unknown"}}
    index["manifests"] += [absent, unknown]
    inner = json.dumps(index).encode()
    outer = {"manifests": [{"digest": digest_of(inner), "size": len(inner)}]}
    files |= {"index.json": json.dumps(outer).encode(), blob_name(digest_of(inner)): inner}
    assert [image.platform for image in saved(packed(files))] == [ARMV6]
    del files[blob_name(image.layers[0].digest)]
    with pytest.raises(UsageError, match="no complete image"):
        saved(packed(files))


def old_archive(layer_links: bool = False) -> io.BytesIO:
    """An archive of Docker 24: no index, layers as folders, a repeated layer as a link."""
    layer = tarball("f 0644 0:0 /a x").getvalue()
    config = json.dumps({**FAT, "rootfs": {"diff_ids": [digest_of(layer)] * 2}}).encode()
    listed = [{"Config": "c.json", "RepoTags": ["x:1"], "Layers": ["1/layer.tar", "2/layer.tar"]}]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in (
            ("manifest.json", json.dumps(listed).encode()),
            ("c.json", config),
            ("1/layer.tar", layer),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo("2/layer.tar")
        info.type, info.linkname = tarfile.SYMTYPE, "../1/layer.tar"
        tar.addfile(info)
    out.seek(0)
    return out


def test_old_docker_archives_are_read_with_their_links() -> None:
    (image,) = saved(old_archive())
    assert (image.digest, image.tags, image.pull_exact) == ("", ("docker.io/library/x:1",), False)
    assert [layer.compression for layer in image.layers] == ["none", "none"]
    entries = read_layer(image.layers[1].open(), 1).entries
    assert [entry.path for entry in entries] == ["/a"]


def broken(change: Mapping[str, bytes]) -> io.BytesIO:
    image = laid_out()
    files = {
        name: content if isinstance(content, bytes) else content.read()
        for name, content, _ in layout_members([image])
    }
    return packed({**files, **change})


def twice() -> io.BytesIO:
    out = io.BytesIO()
    write_tar([("index.json", b"{}", 2), ("./index.json", b"{}", 2)], out)
    out.seek(0)
    return out


IMAGE = laid_out()


@pytest.mark.parametrize(
    ("tar", "message"),
    [
        (packed({"x": b""}), "is neither an OCI layout nor a docker archive"),
        (packed({"../index.json": b"{}"}), "leads out of its folder"),
        (twice(), "has index.json twice"),
        (broken({"index.json": b"[]"}), "x.tar, index.json: is a list"),
        (broken({blob_name(IMAGE.config_digest): b"{}"}), "does not match its digest"),
        (broken({blob_name(IMAGE.layers[0].digest): b"short"}), "has 5 bytes, not"),
        (packed({"manifest.json": b"7"}), "instead of a list"),
        (
            packed({"manifest.json": b'[{"Config": "manifest.json"}]'}),
            "is a list instead of an object",
        ),
        (io.BytesIO(b"no tar" * 300), "not a valid tar archive"),
    ],
)
def test_broken_archives_are_refused(tar: io.BytesIO, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        saved(tar)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", A, "x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["config", "layers", "manifests", "digest", "size", "mediaType", "platform", "os",
             "architecture", "rootfs", "diff_ids", "history", "annotations", "schemaVersion"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=300)
@given(JSON)
def test_any_json_is_read_or_refused_but_never_a_traceback(value: object) -> None:
    raw = json.dumps(value).encode()
    for parse in (parse_document, parse_config):
        try:
            document = parse(raw, "there")
        except UsageError as error:
            assert error.where.startswith("there")
        else:
            assert isinstance(document, Manifest | Index | ImageConfig)
            if isinstance(document, ImageConfig):
                assert document.platform.architecture
                assert len(document.created_by) == len(document.diff_ids)
                assert parse_config(document.to_bytes(), "again") == document
