"""The updater of a device: what it makes of a delta, and what it refuses."""

import ast
import hashlib
import io
import json
import random
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ci_slim.device import ci_slim_update as update
from ci_slim.device.layer_delta import Format, write_layer_delta
from ci_slim.device.old_image import OldImage
from ci_slim.image.files import FileIndex, LayerContents, read_layer

SOURCE = Path(update.__file__).read_text(encoding="utf-8")
NOISE = random.Random(7).randbytes(60_000)
PROGRAM = b"\x7fELF" + b"".join(
    number.to_bytes(4, "little") + b"\x48\x8b\x05\x90" for number in range(0, 30_000, 3)
)
OLD_LAYERS = (
    {
        "etc/conf": b"one\n" * 200,
        ".env": NOISE[:900],
        "gone/file": NOISE[:3000],
        "bin/app": PROGRAM,
    },
    {"gone/.wh..wh..opq": b"", "lib/data": NOISE, "./dot/slash": NOISE[100:9000]},
)
NEW = {
    "etc/conf": b"two\n" * 200,
    ".env": NOISE[:900],
    "lib/data": NOISE[:30_000] + b"changed" + NOISE[30_000:],
    "bin/app": PROGRAM.replace(b"\x48\x8b\x05\x90", b"\x48\x8b\x15\x90"),
    "dot/slash": NOISE[100:9000],
    "gone/file": NOISE[:3000],
}


def tar_of(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def saved(folder: Path) -> Path:
    """The old image as `docker save` has it."""
    layers = [tar_of(files) for files in OLD_LAYERS]
    diff_ids = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    members = {f"{number}/layer.tar": layer for number, layer in enumerate(layers)}
    members["config.json"] = json.dumps({"rootfs": {"diff_ids": diff_ids}}).encode()
    manifest = [{"Config": "config.json", "Layers": [*members][:-1]}]
    members["manifest.json"] = json.dumps(manifest).encode()
    path = folder / "old.tar"
    path.write_bytes(tar_of(members))
    return path


def delta(folder: Path, version: int = 2) -> Path:
    tars = [io.BytesIO(tar_of(files)) for files in OLD_LAYERS]
    index = FileIndex.of([read_layer(tar, number) for number, tar in enumerate(tars)])
    path = folder / "delta"
    with path.open("wb") as out:
        old = OldImage(index, LayerContents(index, tars))
        write_layer_delta(io.BytesIO(tar_of(NEW)), old, out, cast(Format, version))
    return path


def rebuilt(delta: Path, folder: Path) -> bytes:
    out = io.BytesIO()
    update.rebuild(delta, update.OldImage(saved(folder)), out, folder)
    return out.getvalue()


@pytest.mark.parametrize("version", [1, 2])
def test_the_new_layer_comes_out_of_the_delta_and_the_saved_old_image(
    tmp_path: Path, version: int
) -> None:
    assert rebuilt(delta(tmp_path, version), tmp_path) == tar_of(NEW)


def test_the_old_image_has_the_files_that_its_container_sees(tmp_path: Path) -> None:
    old = update.OldImage(saved(tmp_path))
    assert sorted(old.files) == [".env", "bin/app", "dot/slash", "etc/conf", "lib/data"]


def test_of_a_hundred_damaged_deltas_none_gives_the_layer(tmp_path: Path) -> None:
    path, old = delta(tmp_path), update.OldImage(saved(tmp_path))
    good, refused = path.read_bytes(), 0
    for seed in range(100):
        chance, data = random.Random(seed), bytearray(good)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        out = io.BytesIO()
        try:
            update.rebuild(path, old, out, tmp_path)
        except update.NoDelta:
            refused += 1
        else:
            refused += out.getvalue() != tar_of(NEW)  # another digest, which is refused
    assert refused == 100


def test_of_a_hundred_damaged_old_images_none_gives_the_layer(tmp_path: Path) -> None:
    path, base = delta(tmp_path), saved(tmp_path)
    good, wrong = base.read_bytes(), 0
    used = good.rindex(NOISE[:64])  # that of lib/data
    for seed in range(100):
        chance, data = random.Random(seed), bytearray(good)
        data[used + chance.randrange(len(NOISE))] ^= 1 << chance.randrange(8)
        base.write_bytes(data)
        out = io.BytesIO()
        try:
            update.rebuild(path, update.OldImage(base), out, tmp_path)
        except update.NoDelta:
            wrong += 1
        else:
            wrong += out.getvalue() != tar_of(NEW)  # another digest, which is refused
    assert wrong == 100


def test_a_delta_of_another_old_image_is_refused(tmp_path: Path) -> None:
    path = delta(tmp_path)
    old = update.OldImage(saved(tmp_path))
    del old.files["lib/data"]
    with pytest.raises(update.NoDelta, match="wants lib/data, which the old image does not have"):
        update.rebuild(path, old, io.BytesIO(), tmp_path)


def test_of_an_index_the_highest_variant_that_runs_on_the_platform_is_taken() -> None:
    known = ("linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8", "unknown/unknown")
    entries: list[Any] = []
    for name in known:
        parts = dict(zip(("os", "architecture", "variant"), name.split("/"), strict=False))
        entries.append({"digest": name, "platform": parts})

    def chosen(*wanted: str) -> str:
        found = update.choose(entries, cast(tuple[str, str, str], wanted))
        return str(found["digest"]) if found else ""

    assert chosen("linux", "amd64", "") == "linux/amd64"
    entries.append(
        {"digest": "v3", "platform": {"os": "linux", "architecture": "amd64", "variant": "v3"}}
    )
    entries += [
        {},
        {"platform": None},
        "x",
        {"platform": {"os": "linux", "architecture": "arm", "variant": 7}},
    ]
    assert chosen("linux", "amd64", "") == "linux/amd64"  # v3 may not run on it
    assert chosen("linux", "arm", "v6") == "linux/arm/v6"
    assert chosen("linux", "arm", "v7") == "linux/arm/v7"
    assert chosen("linux", "arm", "v5") == ""
    assert chosen("linux", "arm64", "") == "linux/arm64/v8"
    assert chosen("linux", "riscv64", "") == ""


def test_the_platform_is_that_of_the_image_and_the_machine_fills_in_what_it_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.uname", lambda: SimpleNamespace(machine="armv7l"))

    def told(**image: Any) -> tuple[str, str, str]:
        return update.platform_of(image)

    assert told(Os="linux", Architecture="arm", Variant="v6") == ("linux", "arm", "v6")
    assert told(Os="linux", Architecture="arm") == ("linux", "arm", "v7")
    assert told(Os="linux", Architecture="arm64") == ("linux", "arm64", "")
    assert told(Os="", Architecture="") == ("linux", "arm", "v7")


def test_it_runs_on_python_3_9_and_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 9))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported - {"compression"} <= set(sys.stdlib_module_names)  # of Python 3.14
