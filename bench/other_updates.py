"""What other ways to update a layer would download, in bytes."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import zstandard

from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import CONFIG, LAYER, MANIFEST, digest_of

_NOTES = "io.github.containers.zstd-chunked."


def xdelta3(old: Path, new: Path, folder: Path) -> int:
    """A patch of the whole layer by xdelta3."""
    patch = folder / "xdelta3"
    _run("xdelta3", "-e", "-f", "-9", "-S", "djw", "-s", old, new, patch)
    return patch.stat().st_size


def zstd(old: Path, new: Path, folder: Path) -> int:
    """A patch of the whole layer by zstd."""
    patch = folder / "zstd"
    _run("zstd", "-19", "-q", "-f", "--long=27", f"--patch-from={old}", new, "-o", patch)
    return patch.stat().st_size


def casync(old: Path, new: Path, folder: Path) -> int:
    """The index of the layer, and the chunks that the old layer's store lacks."""
    store, index = folder / "casync.castr", folder / "casync.caibx"
    _run("casync", "make", f"--store={store}", index, old)
    before = set(store.rglob("*.cacnk"))
    _run("casync", "make", f"--store={store}", index, new)
    chunks = set(store.rglob("*.cacnk")) - before
    return index.stat().st_size + sum(chunk.stat().st_size for chunk in chunks)


def chunked(old: Path, new: Path, folder: Path) -> int:
    """A pull of the layer as zstd:chunked, by a podman that has the old layer in this form: the
    manifest, the config, the table of contents, and the parts whose digest the old one does not
    have. Without what the ranges of a request cost."""
    size, entries = _chunked(new, folder)
    return size + lacking(entries, _chunked(old, folder)[1])


def lacking(new: Sequence[Mapping[str, Any]], old: Sequence[Mapping[str, Any]]) -> int:
    """The compressed bytes of the files and the chunks that only the new table of contents has."""
    known = {digest for entry in old for digest in _digests(entry)}
    changed = [
        file for file in _files(new) if file[0].get("size") and file[0].get("digest") not in known
    ]
    parts = (part for file in changed for part in _parts(file))
    return sum(size for digest, size in parts if digest not in known)


def _digests(entry: Mapping[str, Any]) -> Iterator[str]:
    return (entry[key] for key in ("digest", "chunkDigest") if entry.get(key))


def _files(entries: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The entry of each file, with those of its further chunks."""
    for at, entry in enumerate(entries):
        if entry["type"] == "reg":
            end = at + 1
            while end < len(entries) and entries[end]["type"] == "chunk":
                end += 1
            yield entries[at:end]


def _parts(file: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """The digest of each chunk of a file, and its compressed bytes."""
    starts = [int(chunk.get("offset", 0)) for chunk in file]
    ends = [*starts[1:], int(file[0]["endOffset"])]
    for chunk, start, end in zip(file, starts, ends, strict=True):
        yield str(chunk.get("chunkDigest", "")), end - start


def _chunked(tar: Path, folder: Path) -> tuple[int, list[Mapping[str, Any]]]:
    """The bytes that each pull of the layer needs, and its table of contents. containers/storage,
    docs/containers-storage-zstd-chunked.md."""
    plain, packed = (folder / f"{tar.stem}-{name}" for name in ("plain", "chunked"))
    _layout(tar, plain)
    form = "--dest-compress-format=zstd:chunked"
    _run("skopeo", "copy", "--quiet", form, f"oci:{plain}", f"oci:{packed}")
    (entry,) = json.loads((packed / "index.json").read_bytes())["manifests"]
    raw = (packed / blob_name(entry["digest"])).read_bytes()
    manifest = json.loads(raw)
    (layer,) = manifest["layers"]
    notes = layer["annotations"]
    start, length, whole, _ = map(int, notes[f"{_NOTES}manifest-position"].split(":"))
    tar_split = int(notes[f"{_NOTES}tarsplit-position"].split(":")[1])
    blob = (packed / blob_name(layer["digest"])).read_bytes()[start : start + length]
    table = zstandard.ZstdDecompressor().decompress(blob, max_output_size=whole)
    needed = len(raw) + int(manifest["config"]["size"]) + length + tar_split
    return needed, json.loads(table)["entries"]


def _layout(tar: Path, folder: Path) -> None:
    """An OCI layout of an image with this layer, which is not compressed."""
    (folder / "blobs/sha256").mkdir(parents=True)
    layer = tar.read_bytes()
    digest = digest_of(layer)
    config = {
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest]},
    }  # fmt: skip
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _stored(json.dumps(config).encode(), CONFIG, folder),
        "layers": [_stored(layer, LAYER, folder)],
    }
    entry = _stored(json.dumps(manifest).encode(), MANIFEST, folder)
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def _stored(content: bytes, kind: str, folder: Path) -> dict[str, Any]:
    digest = digest_of(content)
    (folder / blob_name(digest)).write_bytes(content)
    return {"mediaType": kind, "digest": digest, "size": len(content)}


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True)
