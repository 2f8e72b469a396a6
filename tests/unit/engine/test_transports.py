"""Tests IMAGE names: their transport, what they find in folders and archives, and the errors."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest
import zstandard
from stored_images import AMD64, ARMV6, ARMV7, Stored, archive_of, folder_of

from ci_slim.engine.docker import Engine
from ci_slim.engine.transports import Reference, load_into_daemon, parse, stored
from ci_slim.errors import UsageError
from ci_slim.image.reference import ImageName, parse_name
from ci_slim.platforms import Platform

A = "a" * 64


@pytest.mark.parametrize(
    ("text", "transport", "name", "tag"),
    [
        ("listener", "docker-daemon", "listener", ""),
        ("localhost:5000/team/app:1", "docker-daemon", "localhost:5000/team/app:1", ""),
        ("docker-daemon:listener:fat", "docker-daemon", "listener:fat", ""),
        (f"docker-daemon:sha256:{A}", "docker-daemon", f"sha256:{A}", ""),
        (f"sha256:{A}", "docker-daemon", f"sha256:{A}", ""),
        ("docker:24-dind", "docker-daemon", "docker:24-dind", ""),
        ("dir:1", "docker-daemon", "dir:1", ""),
        ("docker://debian", "docker", "debian", ""),
        (f"docker://r.example/a:1@sha256:{A}", "docker", f"r.example/a:1@sha256:{A}", ""),
        ("oci:build/demo", "oci", "build/demo", ""),
        ("oci:/x/y:docker.io/library/a:1", "oci", "/x/y", "docker.io/library/a:1"),
        ("oci-archive:a.tar:1.0", "oci-archive", "a.tar", "1.0"),
        ("docker-archive:a.tar", "docker-archive", "a.tar", ""),
    ],
)
def test_the_prefix_says_where_an_image_is(text: str, transport: str, name: str, tag: str) -> None:
    found = parse(text)
    assert (found.transport, found.name, found.tag) == (transport, name, tag)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "IMAGE: the name is missing"),
        ("docker-daemon:", "docker-daemon:: the name is missing"),
        ("oci:", "oci:: the path is missing"),
        ("oci-archive::1", "oci-archive::1: the path is missing"),
        ("dir:/tmp/x", "dir:/tmp/x: images cannot be named with `dir:` here"),
        ("docker:/r.example/x", "docker:/r.example/x: images cannot be named with `docker:` here"),
        ("containers-storage:x", "containers-storage:x: images cannot be named with "
         "`containers-storage:` here"),
        ("https://r.example/x", "https://r.example/x: images cannot be named with `https:` here"),
        ("docker://", "docker://: '' is not the name of an image"),
        ("Team/App", "Team/App: 'Team/App' is not the name of an image"),
        ("docker://user:secret@r.example/x", "docker://***@r.example/x: a name must not contain a "
         "login"),
        (
            "docker://-r.example/x",
            "docker://-r.example/x: '-r.example' is not the host of a registry",
        ),
        ("x:a b", "x:a b: 'a b' is not a tag"),
        ("x@sha256:abc", "x@sha256:abc: 'sha256:abc' is not a digest"),
        ("../x", "../x: '..' is not the host of a registry"),
        ("a//b", "a//b: 'a//b' is not the name of an image"),
        ("x" * 300, "x" * 300 + f": '{'x' * 80}' is not the name of an image"),
    ],
)  # fmt: skip
def test_an_invalid_name_is_refused_with_a_valid_form(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert str(caught.value) == message
    assert caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("debian", ImageName("docker.io", "library/debian", "latest")),
        ("index.docker.io/debian:12", ImageName("docker.io", "library/debian", "12")),
        ("team/app", ImageName("docker.io", "team/app", "latest")),
        ("localhost/app", ImageName("localhost", "app", "latest")),
        ("r:5000/app", ImageName("r:5000", "app", "latest")),
        ("[::1]:5000/app:1", ImageName("[::1]:5000", "app", "1")),
        (f"r.example/a/b@sha256:{A}", ImageName("r.example", "a/b", "", f"sha256:{A}")),
        (f"r.example/a:1@sha256:{A}", ImageName("r.example", "a", "1", f"sha256:{A}")),
    ],
)
def test_names_are_completed_as_docker_does(text: str, name: ImageName) -> None:
    assert parse_name(text, text) == name
    assert parse_name(str(name), text) == name
    assert name.wanted == (name.digest or name.tag)


IMAGES = (Stored(ARMV6, ("listener:1", "listener:2")), Stored(AMD64, ("listener:1",)))


@pytest.mark.parametrize(
    ("tag", "platforms"),
    [
        ("", [ARMV6, AMD64]),
        (":listener:1", [ARMV6, AMD64]),
        (":docker.io/library/listener:2", [ARMV6]),
        (":2", [ARMV6]),
    ],
)
@pytest.mark.parametrize("kind", ["oci", "oci-archive", "docker-archive"])
def test_layouts_and_archives_are_read_by_tag(
    tmp_path: Path, kind: str, tag: str, platforms: list[Platform]
) -> None:
    place = tmp_path / "images"
    if kind == "oci":
        folder_of(place, *IMAGES)
    else:
        place.write_bytes(archive_of(*IMAGES))
    found = stored(parse(f"{kind}:{place}{tag}"), tmp_path)
    assert [image.platform for image in found] == platforms
    assert gzip.decompress(found[0].layers[0].open().read())


@pytest.mark.parametrize(
    "packed", [gzip.compress, zstandard.ZstdCompressor().compress], ids=["gzip", "zstd"]
)
def test_an_archive_may_be_compressed_as_a_whole(tmp_path: Path, packed: object) -> None:
    assert callable(packed)
    (tmp_path / "a.tar.x").write_bytes(packed(archive_of(*IMAGES)))
    found = stored(parse(f"docker-archive:{tmp_path}/a.tar.x:2"), tmp_path)
    assert [image.platform for image in found] == [ARMV6]


def test_a_damaged_compressed_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(gzip.compress(archive_of(*IMAGES))[:-100])
    with pytest.raises(UsageError, match="cannot be unpacked"):
        stored(parse(f"oci-archive:{tmp_path}/a.tgz"), tmp_path)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("oci:{0}/none", "there is no such path", "check the path; it ends at the "
         "first `:`, and a tag follows"),
        ("oci:{0}", "there is no OCI layout (no index.json)", "there is oci:{0}/layout"),
        ("oci:{0}/a.tar", "is a file, not a folder", "write an archive as oci-archive:{0}/a.tar or "
         "docker-archive:{0}/a.tar"),
        ("oci-archive:{0}/layout", "is a folder, not an archive", "write it as oci:{0}/layout"),
        ("docker-archive:{0}/none", "there is no such file", "check the path; it "
         "ends at the first `:`, and a tag follows"),
        ("oci:{0}/layout:3", "there is no image '3'",
         "there is docker.io/library/listener:1, docker.io/library/listener:2"),
        ("oci:{0}/nameless:3", "there is no image '3'",
         "its images have no names: remove `:3`"),
    ],
)  # fmt: skip
def test_a_missing_image_is_answered_with_the_existing_ones(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    text = text.format(tmp_path)
    folder_of(tmp_path / "layout", *IMAGES)
    if "nameless" in text:
        folder_of(tmp_path / "nameless", Stored(AMD64, ()))
    (tmp_path / "a.tar").write_bytes(archive_of(*IMAGES))
    with pytest.raises(UsageError) as caught:
        stored(parse(text), tmp_path)
    assert (caught.value.message, caught.value.where) == (message, text)
    assert caught.value.hint == hint.format(tmp_path)


class Daemon(Engine):
    """Records what is loaded."""

    def __init__(self) -> None:
        self.run_id = "run1"
        self.loaded: dict[str, bytes] = {}
        self.kept: dict[str, bool] = {}

    def load(self, archive: object, reference: str, *, keep: bool) -> None:
        assert hasattr(archive, "read")
        self.loaded[reference] = archive.read()
        self.kept[reference] = keep


@pytest.mark.parametrize("text", ["listener:fat", "docker-daemon:listener:fat"])
def test_an_image_of_the_daemon_keeps_its_name(tmp_path: Path, text: str) -> None:
    daemon = Daemon()
    assert load_into_daemon(text, daemon, AMD64, tmp_path, {}) == "listener:fat"
    assert daemon.loaded == {}


def test_one_image_of_a_layout_is_loaded_for_the_run_only(tmp_path: Path) -> None:
    folder_of(tmp_path / "layout", *IMAGES)
    daemon = Daemon()
    name = load_into_daemon(f"oci:{tmp_path}/layout", daemon, ARMV6, tmp_path, {})
    assert name.startswith("ci-slim-source:")
    assert name.endswith("-linux-arm-v6-run1")
    assert daemon.kept == {name: False}
    (tmp_path / "again.tar").write_bytes(daemon.loaded[name])
    (again,) = stored(Reference("x", "oci-archive", f"{tmp_path}/again.tar"), tmp_path)
    (before, _) = stored(parse(f"oci:{tmp_path}/layout"), tmp_path)
    assert again.raw_config == before.raw_config
    assert again.platform == ARMV6
    assert [layer.diff_id for layer in again.layers] == [layer.diff_id for layer in before.layers]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.tar", "layout"]


def test_a_docker_archive_with_compressed_layers_is_loaded_with_their_digests(
    tmp_path: Path,
) -> None:
    """podman compresses the layers, but names them by their uncompressed digests."""
    (tmp_path / "a.tar").write_bytes(without(archive_of(*IMAGES[1:]), "index.json"))
    daemon = Daemon()
    name = load_into_daemon(f"docker-archive:{tmp_path}/a.tar", daemon, AMD64, tmp_path, {})
    (tmp_path / "again.tar").write_bytes(daemon.loaded[name])
    (again,) = stored(parse(f"oci-archive:{tmp_path}/again.tar"), tmp_path)
    assert again.layers[0].compression == "gzip"
    assert again.layers[0].descriptor.digest != again.layers[0].diff_id


def test_a_missing_platform_is_answered_with_the_existing_ones(tmp_path: Path) -> None:
    folder_of(tmp_path / "layout", *IMAGES)
    with pytest.raises(UsageError, match="no image for linux/arm/v7") as caught:
        load_into_daemon(f"oci:{tmp_path}/layout", Daemon(), ARMV7, tmp_path, {})
    assert "(linux/arm/v6)" in caught.value.hint
    assert "(linux/amd64)" in caught.value.hint


def without(tar: bytes, name: str) -> bytes:
    """The archive without one of its members."""
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        members = [(info, archive.extractfile(info)) for info in archive if info.name != name]
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as written:
            for info, data in members:
                written.addfile(info, data)
    return out.getvalue()
