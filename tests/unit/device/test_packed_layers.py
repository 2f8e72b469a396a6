"""Layers that are compressed on the device again, so podman knows them as the registry does."""

import hashlib
import io
import random
import tarfile
from pathlib import Path
from typing import Any, cast

import deflate
import pytest
from test_going_back import NAME

from ci_slim.device import ci_slim_update as update
from ci_slim.image.compression import GzipMembers, Workers

CHANCE = random.Random(4)
LAYER = b"".join(
    CHANCE.choice((b"text of a program ", CHANCE.randbytes(40))) for _ in range(90_000)
)
CONFIG = b"{}"


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def packed(layer: bytes) -> bytes:
    made = GzipMembers(Workers(2, 2))
    return made.compress(layer) + made.flush()


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """libdeflate as a wheel of Python has it: a board has it as a package."""
    (found,) = Path(deflate.__file__).parent.glob("*.so")
    monkeypatch.setattr(update, "LIBDEFLATE", str(found))


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    path = tmp_path / "layer"
    path.write_bytes(LAYER)
    return path


@pytest.mark.parametrize("size", [1, 1 << 20, (1 << 20) + 1, len(LAYER)])
def test_a_layer_is_compressed_as_ci_slim_does_it(size: int, tmp_path: Path) -> None:
    data, path = LAYER[:size], tmp_path / "layer"
    path.write_bytes(data)
    assert update.pack(path, tmp_path / "blob", digest(packed(data)))
    assert (tmp_path / "blob").read_bytes() == packed(data)


def test_a_blob_that_another_program_made_is_not_made_again(layer: Path, tmp_path: Path) -> None:
    assert not update.pack(layer, tmp_path / "blob", digest(b"another"))
    assert not (tmp_path / "blob").exists()


def test_without_the_library_nothing_is_made(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "LIBDEFLATE", "libmissing.so.0")
    assert not update.pack(layer, tmp_path / "blob", digest(packed(LAYER)))


class Podman(update.Podman):
    """podman that takes or refuses an OCI layout."""

    def __init__(self, fails: str = "") -> None:
        self.fails = fails
        self.names: dict[str, str] = {}
        self.loaded: dict[str, bytes] = {}

    def load(self, write: Any) -> None:
        out = io.BytesIO()
        write(out)
        if self.fails:
            raise update.Problem(self.fails)
        out.seek(0)
        with tarfile.open(fileobj=out) as archive:
            for each in archive.getmembers():
                self.loaded[each.name] = cast("Any", archive.extractfile(each)).read()
        self.names["ci-slim-new/app:stable"] = digest(CONFIG)

    def image_id(self, name: str) -> str:
        return self.names.get(name, "")

    def tag(self, image: str, name: str) -> None:
        self.names[name] = self.names[image]

    def remove(self, name: str) -> bool:
        return self.names.pop(name, "") != ""


def load(engine: Podman, folder: Path, blob: bytes) -> bool:
    """Load an image of which a delta made the upper layer; the registry has `blob` for it."""
    (folder / "work").mkdir()
    made = update.Update(update._options([NAME, "--engine", "podman"]), folder / "work")
    made.engine = engine
    made.registry.manifests["sha256:m"] = b'{"mediaType": "application/x"}'
    made._blob(digest(LAYER)).write_bytes(LAYER)
    target = {
        "config": {"digest": digest(CONFIG)},
        "layers": [{"digest": digest(b"base")}, {"digest": digest(blob)}],
    }
    new = update.New(CONFIG, [digest(b"base tar"), digest(LAYER)], cast("Any", None), 0)
    return made._load_packed(new, target, "sha256:m")


def test_podman_gets_the_manifest_of_the_registry_and_only_the_new_layers(tmp_path: Path) -> None:
    podman = Podman()
    assert load(podman, tmp_path, packed(LAYER))
    assert podman.names == {NAME: digest(CONFIG)}
    blobs = {each for name, each in podman.loaded.items() if name.startswith("blobs/")}
    assert blobs == {packed(LAYER), CONFIG, b'{"mediaType": "application/x"}'}


@pytest.mark.parametrize("fails", ["", "an unknown blob"])
def test_what_podman_or_the_compressor_cannot_do_is_left_to_the_usual_way(
    fails: str, tmp_path: Path
) -> None:
    podman = Podman(fails)
    assert not load(podman, tmp_path, packed(LAYER) if fails else b"of another compressor")
    assert podman.names == {}


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(update.Problem, match="no space left on device"):
        load(Podman("no space left on device"), tmp_path, packed(LAYER))
