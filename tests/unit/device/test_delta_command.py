"""`ci-slim delta`: an artifact in an OCI layout, from which the new layers come out again."""

import hashlib
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from stored_images import AMD64, ARMV6, BASE, Stored, folder_of

from ci_slim.cli import carry_out
from ci_slim.commands.edge import Edge
from ci_slim.device.old_image import OldImage
from ci_slim.device.tar_diff import apply
from ci_slim.errors import UsageError
from ci_slim.image.files import FileIndex, LayerContents, read_layer
from ci_slim.image.image import Image
from ci_slim.image.unpacking import unpacked

NOISE = random.Random(1).randbytes(30_000).hex()
OLD = (BASE, f"f 0755 0:0 /app {NOISE}\nf 0644 0:0 /conf one")
NEW = (BASE, f"f 0755 0:0 /app {NOISE}changed\nf 0644 0:0 /conf two")


def made(folder: Path, old: Stored, new: Stored, *more: str) -> dict[str, Any]:
    folder_of(folder / "old", old)
    folder_of(folder / "new", new)
    names = (f"oci:{folder}/old", f"oci:{folder}/new", "--output", f"{folder}/out")
    assert carry_out(["delta", *names, "--format", "json", *more], Edge()) == 0
    layout = next((folder / "out").iterdir())
    index = json.loads((layout / "index.json").read_text())
    (descriptor,) = index["manifests"]
    assert descriptor["artifactType"] == "application/vnd.io.github.containers.oci-delta.v1"
    manifest: dict[str, Any] = json.loads(blob(layout, descriptor["digest"]))
    return manifest


def blob(layout: Path, digest: str) -> bytes:
    content = (layout / "blobs" / digest.replace(":", "/")).read_bytes()
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
    return content


def old_files(image: Image) -> OldImage:
    tars = [
        io.BytesIO(b"".join(unpacked(layer.open(), layer.compression, "")))
        for layer in image.layers
    ]
    index = FileIndex.of([read_layer(tar, number) for number, tar in enumerate(tars)])
    return OldImage(index, LayerContents(index, tars))


def test_the_artifact_has_the_form_of_oci_delta(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = Stored(AMD64, layers=OLD), Stored(AMD64, layers=NEW)
    manifest = made(tmp_path, old, new)
    before, after = old.laid_out(), new.laid_out()
    prefix = "io.github.containers.delta."
    assert manifest["annotations"] == {
        f"{prefix}source": before.digest,
        f"{prefix}source-config": before.config_digest,
        f"{prefix}target": after.digest,
    }
    assert manifest["subject"]["digest"] == after.digest
    assert [
        (layer["mediaType"], layer["annotations"][f"{prefix}content"])
        for layer in manifest["layers"]
    ] == [
        ("application/vnd.oci.image.manifest.v1+json", "image-manifest"),
        ("application/vnd.oci.image.config.v1+json", "image-config"),
        ("application/vnd.tar-diff", "image-layer"),
    ]
    assert manifest["layers"][2]["annotations"][f"{prefix}to"] == after.layers[1].digest
    (told,) = json.loads(capsys.readouterr().out)["deltas"]
    assert told["layers"] == 1
    assert told["delta_bytes"] < told["update_bytes"] / 10


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_new_layer_comes_out_of_the_delta_and_the_old_files(
    tmp_path: Path, version: str
) -> None:
    old, new = Stored(AMD64, layers=OLD), Stored(AMD64, layers=NEW)
    manifest = made(tmp_path, old, new, "--tar-diff", version)
    files = old_files(old.laid_out())
    delta = blob(tmp_path / "out/linux-amd64", manifest["layers"][2]["digest"])
    tar = b"".join(apply(io.BytesIO(delta), files.read, files.size))
    assert f"sha256:{hashlib.sha256(tar).hexdigest()}" == new.laid_out().layers[1].diff_id


def test_a_layer_for_which_a_delta_is_not_smaller_goes_in_as_it_is(tmp_path: Path) -> None:
    other = (BASE, "f 0644 0:0 /new x")
    manifest = made(tmp_path, Stored(AMD64, layers=OLD), Stored(AMD64, layers=other))
    wanted = Stored(AMD64, layers=other).laid_out().layers[1]
    layer = manifest["layers"][2]
    if layer["mediaType"] != "application/vnd.tar-diff":
        assert (layer["mediaType"], layer["digest"]) == (
            wanted.descriptor.media_type,
            wanted.digest,
        )
    assert layer["size"] <= wanted.blob_bytes


def test_an_image_that_did_not_change_needs_no_layer(tmp_path: Path) -> None:
    same = Stored(AMD64, layers=OLD)
    assert len(made(tmp_path, same, same)["layers"]) == 2


def test_images_of_other_platforms_have_no_delta(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the images have no platform in common"):
        made(tmp_path, Stored(AMD64), Stored(ARMV6))
    assert not (tmp_path / "out").exists()


def test_an_earlier_delta_is_replaced(tmp_path: Path) -> None:
    left = tmp_path / "out/linux-amd64/left"
    left.parent.mkdir(parents=True)
    left.write_text("x")
    made(tmp_path, Stored(AMD64, layers=OLD), Stored(AMD64, layers=NEW))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["linux-amd64"]
    assert not left.exists()
