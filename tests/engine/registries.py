"""Debian's docker-registry on a free port of loopback, and images pushed to it with skopeo."""

import contextlib
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stored_images import Image, folder_of

from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import INDEX, digest_of

USER, PASSWORD = "reader", "open sesame"
_HTPASSWD = f"{USER}:$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n"
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running registry. `host` is host:port."""

    host: str
    login: tuple[str, ...] = ()

    def push(self, layout: Path, name: str, *options: str) -> None:
        """Push all platforms of a layout's image called 1."""
        flags = [*self.login, "--dest-tls-verify=false", "--all", *options]
        target = f"docker://{self.host}/{name}"
        done = subprocess.run(
            ["skopeo", "copy", "--quiet", *flags, f"oci:{layout}:1", target],
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()


@contextlib.contextmanager
def served(folder: Path, *, closed: bool = False) -> Iterator[Served]:
    """A registry that is there until the end of the block; `closed` ones want USER's login."""
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    settings: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": host},
    }
    if closed:
        (folder / "htpasswd").write_text(_HTPASSWD)
        settings["auth"] = {"htpasswd": {"realm": "x", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(json.dumps(settings))  # JSON is YAML
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _await(host, process, folder / "log")
        yield Served(host, (f"--dest-creds={USER}:{PASSWORD}",) if closed else ())
    finally:
        process.terminate()
        process.wait(10)


def _await(host: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            direct.open(f"http://{host}/v2/", timeout=1).close()
            return
        except urllib.error.HTTPError:
            return  # it answers, if only that it wants a login
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"docker-registry does not answer at {host}:\n{log.read_text()}")


def multi_platform(folder: Path, images: Sequence[Image]) -> None:
    """A layout whose one entry, called 1, is an index of all the images, as buildx writes it."""
    folder_of(folder, *images)
    raw = (folder / "index.json").read_bytes()
    (folder / blob_name(digest_of(raw))).write_bytes(raw)
    entry = {
        "mediaType": INDEX,
        "digest": digest_of(raw),
        "size": len(raw),
        "annotations": {"org.opencontainers.image.ref.name": "1"},
    }
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    (folder / "index.json").write_text(json.dumps(index))
