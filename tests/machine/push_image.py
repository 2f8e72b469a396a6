"""Push root file systems as one image for several platforms to a registry on this machine.

    push_image.py http://127.0.0.1:5055 library/debian:trixie-slim \\
        --layer linux/amd64=amd64.tar --layer linux/arm/v5=armel.tar --note 'how it was made'

Every tar becomes the only layer of its platform's image; a manifest list binds them together.
The same tars give the same digests: gzip carries no time, `created` is the tars' newest file.
Python's standard library only, since this runs before the project's own environment exists.
Registry API: OCI Distribution Specification 1.1, "Pushing blobs" and "Pushing manifests".
"""

import argparse
import gzip
import hashlib
import json
import shutil
import sys
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
BLOCK = 1 << 20
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Descriptor:
    media_type: str
    digest: str
    size: int

    def to_json(self) -> dict[str, object]:
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository of a registry that asks for no login."""

    server: str
    name: str

    def _call(
        self, method: str, url: str, body: bytes | BinaryIO | None = None, **headers: str
    ) -> tuple[int, str]:
        request = urllib.request.Request(url, data=body, method=method)
        for key, value in headers.items():
            request.add_header(key.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return answer.status, answer.headers.get("Location", "")
        except urllib.error.HTTPError as error:
            if method == "HEAD" and error.code == 404:
                return 404, ""
            raise SystemExit(
                f"push_image: {method} {url}: {error.code} {error.read().decode(errors='replace')}"
            ) from error

    def put_blob(self, blob: BinaryIO, descriptor: Descriptor) -> None:
        base = f"{self.server}/v2/{self.name}/blobs"
        if self._call("HEAD", f"{base}/{descriptor.digest}")[0] == 200:
            return
        _, location = self._call("POST", f"{base}/uploads/", b"")
        joint = "&" if "?" in location else "?"
        target = urllib.parse.urljoin(f"{base}/", location)
        self._call(
            "PUT",
            f"{target}{joint}digest={urllib.parse.quote(descriptor.digest)}",
            blob,
            Content_Type="application/octet-stream",
            Content_Length=str(descriptor.size),
        )

    def put_manifest(self, raw: bytes, media_type: str, reference: str) -> None:
        url = f"{self.server}/v2/{self.name}/manifests/{reference}"
        self._call("PUT", url, raw, Content_Type=media_type)


def describe(raw: bytes, media_type: str) -> Descriptor:
    return Descriptor(media_type, f"sha256:{hashlib.sha256(raw).hexdigest()}", len(raw))


def encode(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def digest_of(stream: BinaryIO) -> str:
    total = hashlib.sha256()
    while block := stream.read(BLOCK):
        total.update(block)
    stream.seek(0)
    return f"sha256:{total.hexdigest()}"


def newest(tar: Path) -> str:
    with tarfile.open(tar) as members:
        seconds = max((member.mtime for member in members), default=0)
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def platform_json(text: str) -> dict[str, str]:
    parts = text.split("/")
    if len(parts) not in (2, 3):
        raise SystemExit(f"push_image: {text!r} is no platform; write os/arch or os/arch/variant")
    return dict(zip(("os", "architecture", "variant"), parts, strict=False))


def push_platform(repository: Repository, platform: str, tar: Path, note: str) -> dict[str, object]:
    created = newest(tar)
    with tar.open("rb") as plain, tempfile.TemporaryFile(dir=tar.parent) as packed:
        diff_id = digest_of(plain)
        # Level 6 is what docker itself pushes with, so pull sizes come out as users see them.
        with gzip.GzipFile("", "wb", 6, packed, mtime=0) as squeezed:
            shutil.copyfileobj(plain, squeezed, BLOCK)
        size = packed.tell()
        packed.seek(0)
        layer = Descriptor(LAYER, digest_of(packed), size)
        repository.put_blob(packed, layer)
    config_raw = encode(
        {
            **platform_json(platform),
            "created": created,
            "config": {"Env": [PATH], "Cmd": ["bash"]},
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
            "history": [{"created": created, "created_by": note}],
        }
    )
    manifest_raw = encode(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": describe(config_raw, CONFIG).to_json(),
            "layers": [layer.to_json()],
        }
    )
    for raw, media_type in ((config_raw, CONFIG),):
        with tempfile.TemporaryFile() as blob:
            blob.write(raw)
            blob.seek(0)
            repository.put_blob(blob, describe(raw, media_type))
    descriptor = describe(manifest_raw, MANIFEST)
    repository.put_manifest(manifest_raw, MANIFEST, descriptor.digest)
    return {**descriptor.to_json(), "platform": platform_json(platform)}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Push tars as an image for several platforms.")
    parser.add_argument("server", help="http://HOST:PORT")
    parser.add_argument("image", help="repository:tag")
    parser.add_argument("--layer", action="append", required=True, metavar="PLATFORM=TAR")
    parser.add_argument("--note", default="", help="how it was made, for the image's history")
    chosen = parser.parse_args(arguments)
    name, _, tag = chosen.image.partition(":")
    repository = Repository(chosen.server.rstrip("/"), name)
    pairs = [pair.partition("=") for pair in chosen.layer]
    with ThreadPoolExecutor(2) as pool:
        manifests = list(
            pool.map(
                lambda pair: push_platform(repository, pair[0], Path(pair[2]), chosen.note), pairs
            )
        )
    index = encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    repository.put_manifest(index, INDEX, tag or "latest")


if __name__ == "__main__":
    main(sys.argv[1:])
