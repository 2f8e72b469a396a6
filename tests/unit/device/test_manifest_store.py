"""Deltas where the engine knows an image by its manifest: docker's containerd image store."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any, cast

import pytest
from test_going_back import NAME, NEW, OLD, Device, Images, Registry

from ci_slim.device import ci_slim_update as update

LAYERS = "ci-slim-layers/app:stable"
NEW_NAME = "ci-slim-new/app:stable"


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tar(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


BASE, APP = tar(base=b"b" * 999), tar(app=b"one")
PACKED = gzip.compress(BASE, mtime=0)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """An image as docker saves it: the lower layer compressed, the upper one not."""
    config = json.dumps({"rootfs": {"diff_ids": [digest(BASE), digest(APP)]}}).encode()
    blobs = {f"blobs/sha256/{digest(each)[7:]}": each for each in (PACKED, APP, config)}
    layers = [f"blobs/sha256/{digest(each)[7:]}" for each in (PACKED, APP)]
    told = [{"Config": f"blobs/sha256/{digest(config)[7:]}", "Layers": layers}]
    path = tmp_path / "old.tar"
    path.write_bytes(tar(**blobs, **{"manifest.json": json.dumps(told).encode()}))
    return path


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    monkeypatch.setattr(update, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(Images, "knows_manifests", True)
    return Device(tmp_path)


def test_a_layer_that_was_saved_compressed_is_read_and_named_as_the_store_has_it(
    saved: Path,
) -> None:
    image = update._opened(saved)
    assert image.source("base").read() == b"b" * 999
    assert image.source("app").read() == b"one"
    assert image.layer(digest(BASE)).read() == BASE
    assert list(image.descriptors.values()) == [
        {"mediaType": update.LAYER + "+gzip", "digest": digest(PACKED), "size": len(PACKED)},
        {"mediaType": update.LAYER, "digest": digest(APP), "size": len(APP)},
    ]
    image.remove()
    assert list(saved.parent.iterdir()) == []


def test_the_new_image_is_written_without_the_layers_that_the_store_has(
    saved: Path, device: Device
) -> None:
    made, other = device.made, tar(app=b"two")
    old = update._opened(saved)
    made._blob(digest(other)).write_bytes(other)
    new = update.New(b"{}", [digest(BASE), digest(other), digest(APP)], old, 1)
    out = io.BytesIO()
    made._layout(cast("Any", out), new)
    out.seek(0)
    with tarfile.open(fileobj=out) as archive:
        found = {
            each.name: cast("Any", archive.extractfile(each)).read()
            for each in archive.getmembers()
        }
    (entry,) = json.loads(found["index.json"])["manifests"]
    assert entry["annotations"]["io.containerd.image.name"] == f"docker.io/{NEW_NAME}"
    manifest = json.loads(found[f"blobs/sha256/{entry['digest'][7:]}"])
    assert [each["digest"] for each in manifest["layers"]] == [
        digest(PACKED), digest(other), digest(APP),
    ]  # fmt: skip
    for each in (manifest["config"], *manifest["layers"][1:]):
        assert digest(found[f"blobs/sha256/{each['digest'][7:]}"]) == each["digest"]
    assert len(found) == 6, "the known layer is there too"


@pytest.mark.parametrize("made", [True, False])
def test_after_an_update_the_layers_are_kept_for_the_next_delta(
    made: bool, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of an earlier delta go, also if the image was pulled."""
    device.images.names[LAYERS] = "sha256:earlier"

    def pull(images: Images, *_: Any) -> None:
        images.names.update({NAME: NEW, **({NEW_NAME: "sha256:made"} if made else {})})

    def remove(images: Images, name: str) -> bool:
        return images.names.pop(name, "") != ""

    monkeypatch.setattr(Images, "pull", pull)
    monkeypatch.setattr(Images, "remove", remove)
    assert device.run() == update.UPDATED
    assert device.images.names.get(LAYERS) == ("sha256:made" if made else None)
    assert NEW_NAME not in device.images.names


def test_what_was_loaded_goes_if_the_pull_after_it_fails(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loads(made: update.Update, *_: Any) -> None:
        device.images.names[NEW_NAME] = "sha256:made"
        made._pull("sha256:2")

    def pull(*_: Any) -> None:
        raise update.Problem("cut off")

    monkeypatch.setattr(update.Update, "_by_delta", loads)
    monkeypatch.setattr(Images, "pull", pull)
    monkeypatch.setattr(Images, "remove", lambda images, name: bool(images.names.pop(name, "")))
    with pytest.raises(update.Problem, match="cut off"):
        device.run()
    assert NEW_NAME not in device.images.names


def test_going_back_keeps_the_layers_of_the_old_image(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.images.names[LAYERS] = "sha256:earlier"
    device.containers[0].states = lambda: ""
    assert device.run() == update.ROLLED_BACK
    assert device.images.names[LAYERS] == "sha256:earlier"
    assert f"remove {NEW_NAME}" in device.happened


def test_an_update_that_was_cut_off_after_the_tag_moved_keeps_the_layers(device: Device) -> None:
    device.images.names.update({NAME: NEW, NEW_NAME: "sha256:made"})
    made = device.made
    made._mark.touch()
    assert made.run() == update.UPDATED
    assert device.images.names[LAYERS] == "sha256:made"


def test_a_delta_is_found_also_if_the_engine_has_the_image_by_the_digest_of_an_index(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = {"os": "linux", "architecture": "amd64"}
    index = {"manifests": [{"digest": "sha256:mine", "platform": mine}]}
    delta = {
        "annotations": {update.PREFIX + "source": "sha256:mine", update.PREFIX + "target": NEW},
        "layers": [],
    }

    def manifest(_: Any, name: str) -> tuple[dict[str, Any], str]:
        return (index if name == OLD else delta), name

    monkeypatch.setattr(Registry, "manifest", manifest)
    monkeypatch.setattr(Registry, "referrers", lambda *_: [{"digest": "sha256:delta"}])
    assert device.made._choose(NEW, OLD) == delta


@pytest.mark.parametrize("store", ["io.containerd.snapshotter.v1", "overlay2"])
@pytest.mark.parametrize(
    ("version", "taken"), [("29.1.3", True), ("30.0.0-rc.1", True), ("28.5.2", False), ("", False)]
)
def test_before_docker_29_the_containerd_store_takes_no_delta(
    version: str, taken: bool, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = update.Docker()
    told = {"/version": {"Version": version}, "/info": {"DriverStatus": [["driver-type", store]]}}
    monkeypatch.setattr(docker.daemon, "document", told.__getitem__)
    assert (docker.refuses_deltas == "") == (taken or store == "overlay2")


@pytest.mark.parametrize(
    ("store", "wanted"), [("io.containerd.snapshotter.v1", 111), ("overlay2", 31)]
)
def test_the_size_of_an_image_has_its_unpacked_layers(
    store: str, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = update.Docker()
    told = {"/info": {"DriverStatus": [["driver-type", store]]}}
    monkeypatch.setattr(docker.daemon, "document", told.__getitem__)
    monkeypatch.setattr(docker.daemon, "inspect", lambda *_: {"Size": 31})
    monkeypatch.setattr(docker.daemon, "listed", lambda _: [{"Size": 2}, {}, {"Size": 78}])
    assert docker.size("app") == wanted


def test_layers_for_the_next_delta_go_with_their_image() -> None:
    runs = update.Stored("sha256:1", ("app:2",), (), ("a", "b"))
    other = update.Stored("sha256:2", ("tool:1",), (), ("c",))
    of_runs = update.Stored("sha256:3", (LAYERS,), (), ("a", "b"))
    of_other = update.Stored("sha256:4", ("ci-slim-layers/tool:1",), (), ("c",))
    stored = [runs, other, of_runs, of_other]
    assert update.removable(stored, {runs.id}, []) == [other, of_other]
    assert update.removable(stored, {runs.id}, ["tool:*"]) == []
