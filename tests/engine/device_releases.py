"""Two releases in a registry, with a delta from the first to the second."""

import contextlib
import json
import os
import random
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from registries import Served

from ci_slim.image.manifest import INDEX, MANIFEST

REPOSITORY = f"board/app{os.getpid()}"
"""Of this process: others update at the same time, and the names of a rollback hold it. The images
hold it too, or the daemon would have one image under the names of two processes."""

CONTAINER = f"ci-slim-test-app{os.getpid()}"
"""The container that is updated."""

SERVER = """
use IO::Socket; $| = 1; $SIG{TERM} = sub { exit };
my $server = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1) or die;
open my $file, "/srv/version"; my $version = <$file>;
while (my $one = $server->accept) {
    while (<$one>) { last if /^\\r?$/ }
    print $one "HTTP/1.0 " . ($version eq $ENV{BAD} ? 500 : 302) . " X\\r\\n\\r\\n$version";
}
"""
"""A server that answers with its release, but badly if that is $BAD."""

NOISE = random.Random(3).randbytes(400_000)


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def image_id(name: str) -> str:
    return docker("image", "inspect", "--format", "{{.Id}}", name)


def publish(folder: Path, registry: Served) -> tuple[str, str]:
    """Push the releases as `0` and `1`, the second as `stable` too. Returns the ids of their
    images. The daemon keeps the first; the delta is in `delta/linux-amd64` of the folder."""
    name = f"{registry.host}/{REPOSITORY}"
    ids = []
    for version, data in enumerate((NOISE, NOISE[:200_000] + b"changed" + NOISE[200_000:])):
        context = folder / f"context{version}"
        context.mkdir()
        (context / "data").write_bytes(data)
        (context / "version").write_text(str(version))
        (context / "repository").write_text(REPOSITORY)
        (context / "Dockerfile").write_text(
            "FROM debian:trixie-slim\nCOPY data version repository /srv/\n"
            'CMD ["cat", "/srv/version"]\n'
        )
        docker("build", "--quiet", "--tag", f"{name}:{version}", str(context))
        docker("push", "--quiet", f"{name}:{version}")
        ids.append(image_id(f"{name}:{version}"))
    stable_is(registry, "1")
    publish_delta(folder / "delta", registry, "0", "1")
    docker("rmi", f"{name}:1")
    return ids[0], ids[1]


def stable_is(registry: Served, version: str) -> None:
    """Move the tag `stable` to a release."""
    name = f"{registry.host}/{REPOSITORY}:{version}"
    registry.copy(f"docker://{name}", f"{REPOSITORY}:stable", "--src-tls-verify=false")


def publish_delta(folder: Path, registry: Served, old: str, new: str) -> None:
    """Make the delta between two releases in a folder, and push it."""
    name = f"{registry.host}/{REPOSITORY}"
    subprocess.run(
        [sys.executable, "-m", "ci_slim", "delta", f"docker://{name}:{old}",
         f"docker://{name}:{new}", "--output", str(folder)], check=True, timeout=120,
    )  # fmt: skip
    push_delta(f"http://{registry.host}/v2/{REPOSITORY}", folder / "linux-amd64")


@contextlib.contextmanager
def damaged_delta(folder: Path) -> Iterator[None]:
    """Inside the block, the registry serves a delta that ends wrong."""
    (entry,) = json.loads((folder / "delta/linux-amd64/index.json").read_text())["manifests"]
    layout = folder / "delta/linux-amd64/blobs/sha256"
    artifact = json.loads((layout / entry["digest"][7:]).read_text())
    digest = artifact["layers"][2]["digest"][7:]
    stored = folder / "registry/data/docker/registry/v2/blobs/sha256"
    (blob,) = stored.glob(f"*/{digest}/data")
    good = blob.read_bytes()
    blob.write_bytes(good[:-40] + bytes(40))
    try:
        yield
    finally:
        blob.write_bytes(good)


def put(url: str, data: bytes, kind: str) -> None:
    request = urllib.request.Request(url, data=data, method="PUT", headers={"Content-Type": kind})
    urllib.request.urlopen(request, timeout=30).close()


def push_delta(base: str, layout: Path) -> None:
    """Debian's registry knows no referrers: the tag schema of the distribution specification."""
    (descriptor,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    document = json.loads(manifest)
    for blob in (*document["layers"], document["config"]):
        begin = urllib.request.Request(f"{base}/blobs/uploads/", method="POST", data=b"")
        with urllib.request.urlopen(begin, timeout=30) as answer:
            place = answer.headers["Location"]
        data = (layout / "blobs" / blob["digest"].replace(":", "/")).read_bytes()
        put(f"{place}&digest={blob['digest']}", data, "application/octet-stream")
    put(f"{base}/manifests/{descriptor['digest']}", manifest, MANIFEST)
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor]}
    tag = document["subject"]["digest"].replace(":", "-")
    put(f"{base}/manifests/{tag}", json.dumps(index).encode(), INDEX)
