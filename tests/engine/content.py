"""Reads the content of an image from `docker export` with the standard library, without ci-slim's
code."""

import gzip
import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from daemons import Store

PROVIDED = ("dev", "proc", "sys", ".dockerenv")
"""Paths that Docker adds to a container, with everything below them."""

MOUNTED = ("run/.containerenv", "etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab")
"""Files that Docker creates in every container. So the time of /etc changes too."""


@dataclass(frozen=True, slots=True)
class Member:
    """One path of an image."""

    kind: bytes
    mode: int
    owner: tuple[int, int]
    size: int
    mtime: int
    target: str
    capability: str
    content: str
    names: frozenset[str]
    """All names of the same file."""


def members(store: Store, image: str, platform: str) -> dict[str, Member]:
    """Every path of an image, without what Docker adds to a container."""
    container = store.text("create", "--platform", platform, image, "unused")
    try:
        with subprocess.Popen(
            ["docker", "export", container],
            env={**os.environ, **store.environment},
            stdout=subprocess.PIPE,
        ) as export:
            assert export.stdout is not None
            with tarfile.open(
                fileobj=export.stdout, mode="r|", errors="surrogateescape", encoding="utf-8"
            ) as tar:
                found = _read(tar)
        assert export.returncode == 0
        return found
    finally:
        store.docker("rm", "--force", "--volumes", container)


def _read(tar: tarfile.TarFile) -> dict[str, Member]:
    found: dict[str, Member] = {}
    names: dict[str, set[str]] = {}
    for each in tar:
        path = each.name.removeprefix("./").rstrip("/")
        if path.partition("/")[0] in PROVIDED or path in MOUNTED or not path:
            continue
        if each.islnk():
            found[path] = found[each.linkname]
            names[each.linkname].add(path)
            names[path] = names[each.linkname]
            continue
        stream = tar.extractfile(each) if each.isreg() else None
        names[path] = {path}
        found[path] = Member(
            each.type,
            each.mode,
            (each.uid, each.gid),
            each.size,
            0 if path == "etc" else int(each.mtime),
            each.linkname,
            each.pax_headers.get("SCHILY.xattr.security.capability", ""),
            hashlib.sha256(stream.read()).hexdigest() if stream else "",
            frozenset(),
        )
    return {path: replace(each, names=frozenset(names[path])) for path, each in found.items()}


def blob(layout: Path, digest: str) -> Path:
    """The file of a blob."""
    return layout / "blobs" / digest.replace(":", "/", 1)


def documents(layout: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest and the config of the only image in an OCI layout."""
    index = json.loads((layout / "index.json").read_text())
    (described,) = index["manifests"]
    manifest = json.loads(blob(layout, described["digest"]).read_text())
    config = json.loads(blob(layout, manifest["config"]["digest"]).read_text())
    return manifest, config


def hashed(content: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _unpacked(layout: Path, layer: Mapping[str, Any]) -> bytes:
    assert layer["mediaType"].endswith("tar+gzip"), layer
    return gzip.decompress(blob(layout, layer["digest"]).read_bytes())


def diff_ids(layout: Path, manifest: Mapping[str, Any]) -> list[str]:
    """The digests of the uncompressed layers, computed here."""
    return [f"sha256:{hashed(_unpacked(layout, layer))}" for layer in manifest["layers"]]


def unpacked_bytes(layout: Path, manifest: Mapping[str, Any]) -> int:
    """The bytes of the uncompressed layers."""
    return sum(len(_unpacked(layout, layer)) for layer in manifest["layers"])


def skopeo(layout: Path) -> dict[str, Any]:
    """What skopeo, a foreign tool, reads from an OCI layout."""
    done = subprocess.run(
        ["skopeo", "inspect", "--override-arch=amd64", f"oci:{layout}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def disk_bytes(store: Store, image: str, folder: Path) -> int:
    """The bytes of an image's layer tars, from `docker save`."""
    archive = folder / "saved.tar"
    store.docker("save", "--output", str(archive), image)
    with tarfile.open(archive) as tar:
        listed = tar.extractfile("manifest.json")
        assert listed is not None
        (only,) = json.load(listed)
        sizes: Mapping[str, int] = {each.name: each.size for each in tar}
        total = sum(sizes[name] for name in only["Layers"])
    archive.unlink()
    return total
