"""Debian's docker-registry on a free port, and images pushed to it with skopeo."""

import base64
import contextlib
import json
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certificates import SERVER, Authority
from stored_images import Stored, folder_of

from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import INDEX, MANIFEST, digest_of

USER, PASSWORD = "reader", "open sesame"
_HTPASSWD = f"{USER}:$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n"
_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running registry. `host` is host:port."""

    host: str
    login: tuple[str, ...] = ()
    authority: Path | None = None
    """The certificate to trust, if it uses TLS."""

    def push(self, layout: Path, name: str, *options: str) -> None:
        """Push all platforms of a layout's image called 1."""
        self.copy(f"oci:{layout}:1", name, "--all", *options)

    def copy(self, source: str, name: str, *options: str) -> None:
        """Push what skopeo finds at one of its transports."""
        flags = [*self.login, "--dest-tls-verify=false", *options]
        done = subprocess.run(
            ["skopeo", "copy", "--quiet", *flags, source, f"docker://{self.host}/{name}"],
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()

    def index(self, repository: str, tag: str) -> Any:
        """The index or manifest under a tag or a digest."""
        return self._get(f"{repository}/manifests/{tag}")

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository, without those under which clients keep referrers."""
        found = self._get(f"{repository}/tags/list")["tags"]
        return sorted(tag for tag in found if not tag.startswith("sha256-"))

    def referrers(self, repository: str, digest: str) -> list[dict[str, Any]]:
        """What refers to an image: Debian's registry has no API for it, so a tag lists them."""
        found: list[dict[str, Any]] = self.index(repository, digest.replace(":", "-"))["manifests"]
        return found

    def blob(self, repository: str, digest: str) -> bytes:
        """A blob, whole."""
        raw: bytes = self._raw(f"{repository}/blobs/{digest}")
        return raw

    def _get(self, path: str) -> Any:
        return json.loads(self._raw(path))

    def _raw(self, path: str) -> bytes:
        scheme = "https" if self.authority else "http"
        request = urllib.request.Request(f"{scheme}://{self.host}/v2/{path}")
        request.add_header("Accept", f"{INDEX}, {_LIST}, {MANIFEST}")
        if self.login:
            secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            request.add_header("Authorization", f"Basic {secret}")
        with _opener(self.authority).open(request, timeout=10) as answer:
            content: bytes = answer.read()
            return content


@contextlib.contextmanager
def served(
    folder: Path,
    *,
    closed: bool = False,
    address: str = "127.0.0.1",
    authority: Authority | None = None,
) -> Iterator[Served]:
    """A registry until the end of the block. A `closed` one requires USER's login. One with a CA
    uses TLS with a certificate of it."""
    folder.mkdir(exist_ok=True)
    with socket.create_server((address, 0)) as free:
        host = f"{address}:{free.getsockname()[1]}"
    settings: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": host},
    }
    if closed:
        (folder / "htpasswd").write_text(_HTPASSWD)
        settings["auth"] = {"htpasswd": {"realm": "x", "path": str(folder / "htpasswd")}}
    trusted = None
    if authority is not None:
        for name, content in zip(
            ("server.pem", "key.pem"), authority.signed(SERVER, [address]), strict=True
        ):
            (folder / name).write_bytes(content)
        trusted = folder / "authority.pem"
        trusted.write_bytes(authority.pem)
        files = {"certificate": str(folder / "server.pem"), "key": str(folder / "key.pem")}
        settings["http"] = {"addr": host, "tls": files}
    (folder / "config.yml").write_text(json.dumps(settings))  # JSON is YAML
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        login = (f"--dest-creds={USER}:{PASSWORD}",) if closed else ()
        started = Served(host, login, trusted)
        _await(started, process, folder / "log")
        yield started
    finally:
        process.terminate()
        process.wait(10)


def _opener(authority: Path | None) -> urllib.request.OpenerDirector:
    """Opens addresses of this machine, without a proxy, and trusts only this CA."""
    direct = urllib.request.ProxyHandler({})
    if authority is None:
        return urllib.request.build_opener(direct)
    trust = ssl.create_default_context(cafile=str(authority))
    return urllib.request.build_opener(direct, urllib.request.HTTPSHandler(context=trust))


def _await(started: Served, process: "subprocess.Popen[bytes]", log: Path) -> None:
    direct = _opener(started.authority)
    url = f"{'https' if started.authority else 'http'}://{started.host}/v2/"
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            direct.open(url, timeout=1).close()
            return
        except urllib.error.HTTPError:
            return  # it answers, perhaps only that it requires a login
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"docker-registry does not answer at {url}:\n{log.read_text()}")


def multi_platform(folder: Path, images: Sequence[Stored]) -> None:
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
