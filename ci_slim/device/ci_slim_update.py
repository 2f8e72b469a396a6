#!/usr/bin/env python3
"""ci-slim-update: updates the image of a device, with a verified delta if there is one.

One file for boards. It needs Python 3.9 or newer with only its standard library, the `zstd` program
(or a Python that has zstd), and docker or podman. Of docker it needs only the daemon's socket. Copy
it to the device as `ci-slim-update`.

It works in this order: it asks the registry for the tag, chooses the delta from the image that the
device has, rebuilds the new layers from the old image, compares every digest, loads the image,
moves the tag, makes containers anew, runs the restart commands, and probes it. If the probe fails,
it goes back to the old image. Without a delta, or if anything is wrong with it, it pulls.

Until the tag is moved, it changes nothing that runs on the device. So the power may fail at any
moment: the next call starts again.

One earlier release stays for a rollback. The release before that is removed after the update, or
before the update if the disk is too small. `ci-slim-update clean` removes other unused images.
"""

import argparse
import base64
import contextlib
import fcntl
import fnmatch
import functools
import hashlib
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from pathlib import Path
from typing import (
    IO,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
    cast,
)

VERSION = "1"
ARTIFACT = "application/vnd.io.github.containers.oci-delta.v1"
ROLLBACK = "ci-slim-rollback/"
LAYERS = "ci-slim-layers/"
UNPACKED = "dev.ci-slim.delta.unpacked"
PREFIX = "io.github.containers.delta."
TAR_DIFF = "application/vnd.tar-diff"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFESTS = ", ".join(
    (
        MANIFEST,
        INDEX,
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)
SIGNATURE = "dev.cosignproject.cosign/signature"
SIGNATURES_MOST = 32
PAYLOAD_MOST = 1 << 16
CHUNK = 1 << 18
SOURCE_MOST = 24 << 20
DOCUMENT_MOST = 8 << 20
DAEMON_MOST = 4 << 20
LINE_MOST = 1 << 20
WORDS_MOST = 1 << 14
STREAM_SECONDS = 3600.0
"""How long the daemon may be silent while it saves, loads or pulls: its disk may be slow."""
ORDER_SECONDS = 600.0
"""How long the daemon may take to make, start or remove something: its disk may be slow."""
PULL_SECONDS = 86400.0
"""How long podman may pull: it does not notice that a registry sends nothing any more."""
PROBE_SECONDS = 5.0
"""How long a command that probes may take at least."""
UPDATE_TRIES = 20
"""How often a restart policy is set before that is an error."""
WATCH_SECONDS = 0.05
"""How often it is looked which layers docker writes."""
SETTLE_SECONDS = 5.0
"""How long new containers must run without a break, if there is no probe."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
UP_TO_DATE, UPDATED, FAILED, ROLLED_BACK = 0, 0, 1, 3


class Problem(Exception):
    """An error, with a text for the person who reads the log."""


class NoDelta(Exception):
    """The reason why the whole image is pulled."""


def say(text: str) -> None:
    print("ci-slim-update: " + text, file=sys.stderr, flush=True)


def is_full(told: object) -> bool:
    """Whether an error, of the system, docker, podman or this program, is about a full disk."""
    return any(each in str(told).lower() for each in _FULL)


def advised(told: object) -> str:
    """An error with what to do next, where the disk or the clock is the reason."""
    text, now = str(told), time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    if is_full(text):
        return f"{text}; {_MAKE_ROOM}"
    if "not yet valid" in text or "certificate has expired" in text:
        return f"{text}; the clock of this device says {now} UTC: {_SET_CLOCK}"
    return text


_FULL = "no space left on device", "disk quota exceeded", "too little room"
_MAKE_ROOM = (
    "make room on the disk and call again: `ci-slim-update clean` shows which images nothing needs"
)
_SET_CLOCK = (
    "if that is wrong, set it and call again, by `date` or by NTP (`timedatectl set-ntp true`); "
    "if it is right, the certificate of the server must be renewed"
)


# -- the registry -------------------------------------------------------------------------------


class Registry:
    """One repository of a registry, through the OCI distribution API."""

    def __init__(self, name: str, plain_http: bool, config: Path) -> None:
        if name.startswith("docker.io/"):
            name = name.partition("/")[2]
        host, _, self.repository = name.partition("/")
        if not self.repository or not ("." in host or ":" in host or host == "localhost"):
            host, self.repository = (
                "registry-1.docker.io",
                name if "/" in name else f"library/{name}",
            )
        self.host = host
        loopback = host.split(":")[0] in ("localhost", "127.0.0.1")
        self.base = f"{'http' if plain_http or loopback else 'https'}://{host}/v2/{self.repository}"
        self._login = _login(config, "docker.io" if host == "registry-1.docker.io" else host)
        self._header: Optional[str] = None
        self.manifests: Dict[str, bytes] = {}
        """Those that were asked for, as they came, by digest."""

    def document(self, path: str, accept: str = "*/*") -> Tuple[bytes, str]:
        """A small document and its media type. Raises Problem if there is none."""
        with self._ask(path, accept) as answer:
            data = _read(answer, DOCUMENT_MOST, f"{self.base}/{path}")
            return data, str(answer.headers.get("Content-Type", "")).split(";")[0]

    def manifest(self, reference: str) -> Tuple[Dict[str, Any], str]:
        """A manifest or index, and its digest. Raises Problem if it is not the requested one."""
        data, _ = self.document(f"manifests/{reference}", MANIFESTS)
        digest = _digest(data)
        self.manifests[digest] = data
        if reference.startswith("sha256:") and digest != reference:
            raise Problem(f"{self.host} gave another manifest than {reference}")
        document = _parsed(data, f"{self.base}/manifests/{reference}")
        if not isinstance(document, dict):
            raise Problem(f"{self.host} gave no manifest for {reference}")
        return document, digest

    def referrers(self, digest: str) -> List[Dict[str, Any]]:
        """The deltas that refer to an image, through the referrers API or the tag schema."""
        for path in (
            f"referrers/{digest}?artifactType={urllib.parse.quote(ARTIFACT)}",
            "manifests/" + digest.replace(":", "-"),
        ):
            with contextlib.suppress(Problem, ValueError):
                found = json.loads(self.document(path, MANIFESTS)[0]).get("manifests", [])
                deltas = [each for each in found if each.get("artifactType") == ARTIFACT]
                if deltas:
                    return deltas
        return []

    def blob(self, digest: str, size: int, out: IO[bytes]) -> None:
        """Write a blob. Raises Problem if it does not match its digest."""
        found, left = hashlib.sha256(), size
        with self._ask(f"blobs/{digest}") as answer:
            while True:
                piece = _read(answer, min(CHUNK, left + 1), digest, cut=True)
                if not piece:
                    break
                left -= len(piece)
                if left < 0:
                    raise Problem(f"{digest} is longer than the {size} bytes that were announced")
                found.update(piece)
                out.write(piece)
        if "sha256:" + found.hexdigest() != digest:
            raise Problem(f"{digest} came damaged")

    @property
    def docker_login(self) -> str:
        """The credentials as docker's daemon takes them, or ""."""
        name, _, password = self._login.partition(":")
        hub = self.host == "registry-1.docker.io"
        told = {
            "username": name,
            "password": password,
            "serveraddress": "https://index.docker.io/v1/" if hub else self.host,
        }
        return base64.urlsafe_b64encode(_json(told)).decode() if name else ""

    def _ask(self, path: str, accept: str = "*/*") -> Any:
        for again in (True, False):
            request = urllib.request.Request(f"{self.base}/{path}", headers={"Accept": accept})
            if self._header:
                request.add_unredirected_header("Authorization", self._header)
            try:
                return urllib.request.urlopen(request, timeout=60)
            except urllib.error.HTTPError as error:
                if error.code == 401 and again:
                    self._header = self._authorization(error.headers.get("WWW-Authenticate", ""))
                    continue
                raise Problem(f"{self.host} answered {error.code} for {path}") from None
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise Problem(f"{self.host} does not answer: {error}") from None
        raise AssertionError("two tries are made")

    def _authorization(self, challenge: str) -> Optional[str]:
        scheme, _, rest = challenge.partition(" ")
        basic = "Basic " + base64.b64encode(self._login.encode()).decode() if self._login else None
        if scheme.lower() != "bearer":
            return basic
        fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        realm = fields.pop("realm", "")
        if urllib.parse.urlsplit(realm).scheme != urllib.parse.urlsplit(self.base).scheme:
            raise Problem(f"{self.host} sends its log-in to {realm}, which is not safe")
        fields.setdefault("scope", f"repository:{self.repository}:pull")
        request = urllib.request.Request(realm + "?" + urllib.parse.urlencode(fields))
        if basic:
            request.add_unredirected_header("Authorization", basic)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                told = json.loads(answer.read(DOCUMENT_MOST))
        except (OSError, ValueError) as error:
            raise Problem(f"{self.host} gives no token: {error}") from None
        return "Bearer " + str(told.get("token") or told.get("access_token"))


def login_file(engine: str, environment: Mapping[str, str]) -> Path:
    """Where the engine's login is (containers-auth.json(5); docker's manual of `docker login`)."""
    home = Path(environment.get("HOME") or "~").expanduser()
    docker = Path(environment.get("DOCKER_CONFIG") or home / ".docker", "config.json")
    if engine == "docker":
        return docker
    if environment.get("REGISTRY_AUTH_FILE"):
        return Path(environment["REGISTRY_AUTH_FILE"])
    runtime, settings = environment.get("XDG_RUNTIME_DIR"), environment.get("XDG_CONFIG_HOME")
    places = (
        Path(f"{runtime}/containers" if runtime else f"/run/containers/{os.getuid()}", "auth.json"),
        Path(settings or home / ".config", "containers/auth.json"),
    )
    return next((each for each in places if each.is_file()), docker)


def _login(config: Path, host: str) -> str:
    """`name:password` as `docker login` stored it, or ""."""
    with contextlib.suppress(OSError, ValueError):
        auths = json.loads(config.read_text()).get("auths", {})
        for name in (host, f"https://{host}", "https://index.docker.io/v1/"):
            if name in auths and (host in name or host == "docker.io"):
                return base64.b64decode(auths[name].get("auth", "")).decode()
    return ""


# -- signatures ---------------------------------------------------------------------------------


def check_signature(registry: Registry, digests: Sequence[str], key: Path, folder: Path) -> None:
    """Check that one of the digests is signed with the key, as `cosign sign --key` does it. Raises
    Problem if none is.

    github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md: the tag `sha256-….sig` names payloads with
    the digest of the image; the annotation of a payload is its signature.
    """
    if not key.is_file():
        raise Problem(f"there is no key {key}")
    if shutil.which("openssl") is None:
        _check_with_cosign(registry, digests, key)
        return
    for digest in digests:
        with contextlib.suppress(Problem, ValueError, KeyError, TypeError):
            signatures, _ = registry.manifest(digest.replace(":", "-") + ".sig")
            for each in list(signatures["layers"])[:SIGNATURES_MOST]:
                signature = base64.b64decode(each["annotations"][SIGNATURE], validate=True)
                payload = io.BytesIO()
                registry.blob(str(each["digest"]), PAYLOAD_MOST, payload)
                if _is_signed(payload.getvalue(), signature, key, folder):
                    image = json.loads(payload.getvalue())["critical"]["image"]
                    if image["docker-manifest-digest"] == digest:
                        return
    raise Problem(_unsigned(digests, key))


def _is_signed(payload: bytes, signature: bytes, key: Path, folder: Path) -> bool:
    paths = folder / "payload", folder / "signature"
    for path, data in zip(paths, (payload, signature)):
        path.write_bytes(data)
    words = ["openssl", "dgst", "-sha256", "-verify", str(key), "-signature", str(paths[1])]
    done = subprocess.run([*words, str(paths[0])], capture_output=True)
    for path in paths:
        path.unlink()
    return done.returncode == 0


def _check_with_cosign(registry: Registry, digests: Sequence[str], key: Path) -> None:
    if shutil.which("cosign") is None:
        raise Problem("a signature needs the program `openssl` or `cosign`; install one of them")
    words = ["cosign", "verify", "--key", str(key), "--insecure-ignore-tlog=true"]
    if registry.base.startswith("http:"):
        words += ["--allow-http-registry", "--allow-insecure-registry"]
    for digest in digests:
        name = f"{registry.host}/{registry.repository}@{digest}"
        if subprocess.run([*words, name], capture_output=True).returncode == 0:
            return
    raise Problem(_unsigned(digests, key))


def _unsigned(digests: Sequence[str], key: Path) -> str:
    return f"{' and '.join(digests)} have no signature of {key}; the device keeps what it runs"


# -- what can go --------------------------------------------------------------------------------


class Stored(NamedTuple):
    """An image of a device: its id, its names, and the bytes of its layers, lowest first, each by
    the chain of digests up to it. Two images share a layer when that chain is the same."""

    id: str
    names: Tuple[str, ...]
    layers: Tuple[Tuple[str, int], ...]
    diff_ids: Tuple[str, ...] = ()


def layer_sizes(
    layers: Sequence[str], sizes: Sequence[int], total: int
) -> Tuple[Tuple[str, int], ...]:
    """The bytes of each layer, by its chain. `sizes` are those of the image's history, which has
    steps without a layer too: these have no bytes. If it is not clear which layer the bytes belong
    to, they count for the lowest layers. Those are likelier shared, so the result is not too
    high."""
    full = [size for size in sizes if size]
    if len(full) > len(layers) or not layers:
        full = []
    counts = full + [0] * (len(layers) - len(full))
    counts[:1] = [counts[0] + max(0, total - sum(counts))] if counts else []
    chains, chain = [], ""
    for digest, size in zip(layers, counts):
        chain = hashlib.sha256((chain + digest).encode()).hexdigest()
        chains.append((chain, size))
    return tuple(chains)


def removable(stored: Sequence[Stored], used: Set[str], keep: Sequence[str]) -> List[Stored]:
    """The images that can go: no container uses them, no name of theirs is kept, and no rollback
    needs them. `keep` are names, in which `*` stands for anything. Layers that are kept for the
    next delta go with the image that has them."""
    kept = [*keep, ROLLBACK + "*", f"localhost/{ROLLBACK}*"]  # podman puts a host before names

    def is_kept(image: Stored, names: Sequence[str]) -> bool:
        return any(fnmatch.fnmatchcase(name, each) for name in image.names for each in names)

    layers = [image for image in stored if is_kept(image, [LAYERS + "*"])]
    others = [image for image in stored if image not in layers]
    stays = [image for image in others if image.id in used or is_kept(image, kept)]
    needed = {image.diff_ids for image in stays}
    return [
        image
        for image in stored
        if image not in stays and not (image in layers and image.diff_ids in needed)
    ]


def freed(stored: Sequence[Stored], gone: Sequence[Stored]) -> int:
    """The bytes that are free when images are gone: a layer counts once, and only where no image
    that stays has it."""
    ids = {image.id for image in gone}
    stays = {chain for image in stored if image.id not in ids for chain, _ in image.layers}
    return sum(
        dict(layer for image in gone for layer in image.layers if layer[0] not in stays).values()
    )


def plan_text(stored: Sequence[Stored], gone: Sequence[Stored]) -> str:
    """What can go, a line each, and how much is free then."""
    lines = [
        f"{', '.join(image.names) or '<none>'}  {image.id[7:19]}  "
        f"frees {_megabytes(freed(stored, [image]))} alone"
        for image in gone
    ]
    if not lines:
        return "nothing can go: each image is used, kept, or the rollback"
    return "\n".join([*lines, f"together {_megabytes(freed(stored, gone))}"])


def _megabytes(size: int) -> str:
    return f"{size / 10**6:.1f} MB"


def _full(image: str) -> str:
    return image if image.startswith("sha256:") else "sha256:" + image


# -- the engines: two classes with one interface ------------------------------------------------


_OLD_CONTAINERD = "with the containerd image store, a delta needs Docker 29 or newer"


class Docker:
    """docker, through the API of its daemon."""

    knows_layers = True
    """An archive may leave out the lowest layers, if the engine has them."""

    def __init__(self) -> None:
        self.daemon = Daemon(socket_path(os.environ.get("DOCKER_HOST", "")))

    def image_id(self, name: str) -> str:
        """The id of an image, or "" if there is none."""
        found = self.daemon.inspect("images", name)
        return _full(str(found["Id"])) if found and found.get("Id") else ""

    def platform(self, image: str) -> Tuple[str, str, str]:
        """The os, architecture and variant of an image."""
        return platform_of(self._image(image))

    def size(self, image: str) -> int:
        """The bytes of an image. With the containerd store, docker tells only the compressed ones
        there, so the unpacked ones are added."""
        unpacked = sum(self._history(image)) if self.knows_manifests else 0
        return int(self._image(image).get("Size") or 0) + unpacked

    def tags(self, image: str) -> Tuple[str, ...]:
        """The names with a tag that an image has; none if there is no such image."""
        return tags_of(self.daemon.inspect("images", image) or {})

    def _image(self, name: str) -> Dict[str, Any]:
        found = self.daemon.inspect("images", name)
        if found is None:
            raise Problem(f"docker has no image {name}")
        return found

    @property
    def knows_manifests(self) -> bool:
        """Whether the engine knows an image by its manifest (containerd image store). A delta
        cannot make the compressed layers of a manifest."""
        told = json.dumps(self.daemon.document("/info").get("DriverStatus"))
        return "io.containerd.snapshotter" in told

    @property
    def refuses_deltas(self) -> str:
        """Why a delta is of no use, or "". Docker before 29, if it knows manifests, lists no image
        without compressed layers, so `clean` would not remove it."""
        told = str(self.daemon.document("/version").get("Version")).partition(".")[0]
        old = not told.isdigit() or int(told) < 29
        return _OLD_CONTAINERD if self.knows_manifests and old else ""

    def layers(self, image: str) -> List[str]:
        """The digests of the uncompressed layers; none if there is no such image."""
        found = self.daemon.inspect("images", image) or {}
        return list((found.get("RootFS") or {}).get("Layers") or [])

    @property
    def folders(self) -> List[Path]:
        """Where the engine keeps its images, and what it copies of them."""
        return [Path(str(self.daemon.document("/info").get("DockerRootDir") or "/var/lib/docker"))]

    @property
    def layers_folder(self) -> Optional[Path]:
        """The folder of the engine that has `overlay2`, if it uses that and this process may read
        it. A container may not."""
        info = self.daemon.document("/info")
        folder = Path(str(info.get("DockerRootDir") or ""))
        found = info.get("Driver") == "overlay2" and os.access(folder / "overlay2", os.R_OK)
        return folder if found else None

    def tag(self, image: str, name: str) -> None:
        repository, tag = split(name)
        query = urllib.parse.urlencode({"repo": repository, "tag": tag})
        self.daemon.order("POST", f"/images/{_quoted(image)}/tag?{query}", f"{name} cannot be set")

    def remove(self, name: str) -> bool:
        """Remove a name of an image, or an image without names; whether it is gone. It is never
        forced: the engine refuses what a container uses."""
        path = "/images/" + _quoted(name)
        with self.daemon.ask("DELETE", path, seconds=ORDER_SECONDS) as answer:
            return answer.status < 300

    def save(self, name: str, path: Path) -> None:
        """Save an image as an archive. Raises Problem if that fails."""
        failed = "the old image cannot be saved"
        answer = self.daemon.ask("GET", f"/images/{_quoted(name)}/get", seconds=STREAM_SECONDS)
        with answer, path.open("wb") as out:
            self.daemon.check(answer, failed)
            try:
                shutil.copyfileobj(answer, out, CHUNK)
            except http.client.HTTPException as error:
                raise Problem(
                    f"{failed}: the daemon's answer ends too early ({_words(error)})"
                ) from None
            except OSError as error:
                raise Problem(f"{failed}: {_words(error)}") from None

    def load(self, write: Any) -> None:
        """Load what `write` writes into a stream. If that ends early, the daemon discards it."""
        self.daemon.load(write)

    def pull(self, name: str, reference: str, platform: str, registry: Registry) -> None:
        """Pull a tag or a digest of a repository."""
        query = {"fromImage": name, "tag": reference, "platform": platform}
        self.daemon.follow(
            "/images/create?" + urllib.parse.urlencode({k: v for k, v in query.items() if v}),
            f"{name} cannot be pulled",
            registry.docker_login,
        )

    def stored(self) -> List[Stored]:
        """Every image of the engine, with the bytes of its layers."""
        ids = dict.fromkeys(str(each.get("Id")) for each in self.daemon.listed("/images/json"))
        return [stored_image(self._image(image), self._history(image)) for image in ids]

    def _history(self, image: str) -> List[int]:
        """The bytes of each step that made an image, lowest first."""
        steps = self.daemon.listed(f"/images/{_quoted(image)}/history")
        return [int(each.get("Size") or 0) for each in steps][::-1]

    def used(self) -> Set[str]:
        """The images of all containers, also of those that do not run."""
        return {str(each.get("ImageID")) for each in self.daemon.listed("/containers/json?all=1")}


class Podman:
    """podman, through its command."""

    knows_layers = False
    knows_manifests = False
    refuses_deltas = ""
    layers_folder: Optional[Path] = None
    """None: podman itself removes what it did not finish."""
    temporary: Optional[Path] = None
    """Where podman copies images while it saves, loads or pulls. A copy in /var/tmp, where podman
    puts it by itself, would stay there for ever when the power fails."""

    def run(self, *arguments: str, seconds: float = ORDER_SECONDS) -> str:
        """The output of the command. Raises Problem with its last lines if it fails."""
        return self._done(arguments, seconds, stdout=subprocess.PIPE).decode("utf-8", "replace")

    def _done(self, arguments: Sequence[str], seconds: float, stdout: Any) -> bytes:
        failed = f"`podman {arguments[0]}` failed: "
        try:
            done = subprocess.run(
                ["podman", *arguments],
                stdout=stdout,
                stderr=subprocess.PIPE,
                timeout=seconds,
                env=self._environment,
            )
        except subprocess.TimeoutExpired:
            raise Problem(f"{failed}it did not end within {seconds:g} seconds") from None
        if done.returncode:
            raise Problem(failed + _words(done.stderr.decode("utf-8", "replace").strip()[-500:]))
        return (done.stdout or b"").strip()

    @property
    def _environment(self) -> Dict[str, str]:
        return {**os.environ, **({"TMPDIR": str(self.temporary)} if self.temporary else {})}

    def image_id(self, name: str) -> str:
        """The id of an image, or "" if there is none."""
        with contextlib.suppress(Problem):
            found = self.run("image", "inspect", "--format", "{{.Id}}", name)
            return _full(found) if found else ""
        return ""

    def platform(self, image: str) -> Tuple[str, str, str]:
        """The os, architecture and variant of an image. podman does not tell the variant, so it is
        this device's, if the architecture is."""
        return platform_of(self._inspected("image", [image])[0])

    def size(self, image: str) -> int:
        return int(self.run("image", "inspect", "--format", "{{.Size}}", image))

    def tags(self, image: str) -> Tuple[str, ...]:
        """As Docker.tags."""
        with contextlib.suppress(Problem):
            return tags_of(self._inspected("image", [image])[0])
        return ()

    @property
    def folders(self) -> List[Path]:
        """Where the engine keeps its images, and what it copies of them."""
        keys = "Store.GraphRoot", "Store.ImageCopyTmpDir"
        return [Path(self.run("info", "--format", "{{.%s}}" % key)) for key in keys]

    def tag(self, image: str, name: str) -> None:
        self.run("tag", image, name)

    def remove(self, name: str) -> bool:
        """As Docker.remove."""
        with contextlib.suppress(Problem):
            self.run("rmi", name)
            return True
        return False

    def save(self, name: str, path: Path) -> None:
        """Save an image as an archive. Raises Problem if that fails."""
        with path.open("wb") as out:
            self._done(("save", name), STREAM_SECONDS, out)

    def load(self, write: Any) -> None:
        """Load what `write` writes into a stream."""
        process = subprocess.Popen(
            ["podman", "load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self._environment,
        )
        assert process.stdin is not None and process.stderr is not None
        timer = threading.Timer(STREAM_SECONDS, process.kill)
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                write(process.stdin)
                process.stdin.close()
            said = process.stderr.read().decode("utf-8", "replace")
        except BaseException:
            process.kill()  # the engine discards an incomplete image
            process.wait()
            raise
        finally:
            timer.cancel()
        if process.wait():
            raise Problem(f"the new image cannot be loaded: {_words(said.strip()[-500:])}")

    def pull(self, name: str, reference: str, platform: str, registry: Registry) -> None:
        """As Docker.pull."""
        words = ["pull"]
        words += ["--tls-verify=false"] if registry.base.startswith("http:") else []
        words += ["--platform", platform] if platform else []
        words += [name + ("@" if reference.startswith("sha256:") else ":") + reference]
        self.run(*words, seconds=PULL_SECONDS)

    def stored(self) -> List[Stored]:
        """Every image of the engine, with the bytes of its layers."""
        ids = dict.fromkeys(self.run("image", "ls", "--quiet", "--no-trunc").split())
        images = self._inspected("image", list(ids))
        return [stored_image(each, self._history(str(each["Id"]))) for each in images]

    def _history(self, image: str) -> List[int]:
        """The bytes of each step that made an image, lowest first. `{{.Size}}` is rounded."""
        words = "history", "--no-trunc", "--human=false", "--format", "json", image
        return [int(each.get("size", 0)) for each in json.loads(self.run(*words))][::-1]

    def used(self) -> Set[str]:
        """The images of all containers, also of those that do not run."""
        containers = self.run("ps", "--all", "--quiet", "--no-trunc").split()
        return {_full(str(each["Image"])) for each in self._inspected("container", containers)}

    def _inspected(self, kind: str, ids: List[str]) -> List[Dict[str, Any]]:
        return list(json.loads(self.run(kind, "inspect", *ids))) if ids else []


Engine = Union[Docker, Podman]


def engine_of(name: str) -> Engine:
    return Docker() if name == "docker" else Podman()


def platform_of(image: Dict[str, Any]) -> Tuple[str, str, str]:
    """The os, architecture and variant of an image. What it does not tell is this device's."""
    system, own, variant = _platform()
    system = str(image.get("Os") or system)
    architecture = str(image.get("Architecture") or own)  # an imported image may tell none
    known = image.get("Variant") or (variant if architecture == own else "")
    return system, architecture, str(known)


def stored_image(image: Dict[str, Any], sizes: List[int]) -> Stored:
    layers = list((image.get("RootFS") or {}).get("Layers") or [])
    total = int(image.get("Size") or 0)
    chains = layer_sizes(layers, sizes, total)
    return Stored(_full(str(image["Id"])), tags_of(image), chains, tuple(map(str, layers)))


def tags_of(image: Dict[str, Any]) -> Tuple[str, ...]:
    return tuple(str(each) for each in image.get("RepoTags") or [] if "<none>" not in str(each))


def split(name: str) -> Tuple[str, str]:
    """The repository and the tag of a name."""
    repository, _, tag = name.rpartition(":")
    return (repository, tag) if repository and "/" not in tag else (name, "latest")


# -- layers that a power cut left ---------------------------------------------------------------


class UnfinishedLayers:
    """The layers that docker writes while it loads or pulls. If the power fails then, docker does
    not remove them, not even by a prune. So while it writes them, their names are written down, and
    the first call after the next start of the device removes those that docker does not know."""

    def __init__(self, folder: Path, store: Optional[Path]) -> None:
        self._list, self._store = folder / "layers", store

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Inside the block, docker loads or pulls."""
        if self._store is None:
            yield
            return
        done, before = threading.Event(), self._folders()
        watcher = threading.Thread(target=self._watch, args=(done, before), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()
            with contextlib.suppress(OSError):
                self._list.unlink()

    def remove(self) -> int:
        """Remove what was left; how many. Nothing that this start of the device may still write."""
        listed = self._listed()
        if self._store is None or not listed:
            return 0
        known = set()
        for each in self._store.glob("image/overlay2/layerdb/*/*/*-id"):
            with contextlib.suppress(FileNotFoundError):  # docker removes it now
                known.add(each.read_text())
        if not known:
            return 0  # nobody can tell then what docker knows
        gone, now, layers = 0, _boot(), self._store / "overlay2"
        left = [each for each in listed if each[1] not in known and (layers / each[1]).is_dir()]
        for folder in (layers / name for boot, name in left if boot != now):
            with contextlib.suppress(OSError):
                (layers / "l" / (folder / "link").read_text()).unlink()
            shutil.rmtree(folder, ignore_errors=True)
            gone += not folder.exists()
        if all(boot != now for boot, _ in left):
            self._list.unlink()
        return gone

    def _watch(self, done: threading.Event, before: Set[str]) -> None:
        while not done.wait(WATCH_SECONDS):
            with contextlib.suppress(OSError):
                new = self._folders() - before
                if new:
                    with self._list.open("a") as out:
                        out.writelines(f"{_boot()} {each}\n" for each in sorted(new))
                        out.flush()
                        os.fsync(out.fileno())
                    before |= new

    def _folders(self) -> Set[str]:
        assert self._store is not None
        names = (each.name for each in (self._store / "overlay2").iterdir())
        return {each for each in names if _LAYER.fullmatch(each)}

    def _listed(self) -> List[Tuple[str, str]]:
        """The names with the start of the device in which docker wrote them."""
        try:
            lines = [each.split() for each in self._list.read_text().splitlines()]
        except (OSError, ValueError):
            return []
        return [
            (each[0], each[1]) for each in lines if len(each) == 2 and _LAYER.fullmatch(each[1])
        ]


_LAYER = re.compile(r"[0-9a-f]{64}")
"""The folder of a layer. Those of BuildKit, which only BuildKit knows, have shorter names."""


def _boot() -> str:
    """What another start of the device has otherwise."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


# -- docker's daemon ----------------------------------------------------------------------------


def socket_path(host: str) -> str:
    """The socket that DOCKER_HOST names. Raises Problem if it names something else."""
    if host and not host.startswith("unix:///"):
        raise Problem(
            f"DOCKER_HOST is {_words(host)}, but ci-slim-update reaches docker only by a socket of "
            "this device; set unix:///path, or unset it for /var/run/docker.sock"
        )
    return host[len("unix://") :] or "/var/run/docker.sock"


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("docker", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Chunks:
    """A stream into the body of a request whose length is not known."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def write(self, data: bytes) -> int:
        if data:
            self._connection.send(b"%x\r\n%b\r\n" % (len(data), data))
        return len(data)


class Daemon:
    """The daemon of docker, through the Engine API. Paths have no version, so the daemon's own
    holds; what is used here is the same from Docker 20 to 29. Answers are foreign: each is read up
    to a limit."""

    def __init__(self, path: str) -> None:
        self._path = path

    def ask(
        self, method: str, path: str, body: Any = None, seconds: float = 60.0, login: str = ""
    ) -> http.client.HTTPResponse:
        """The daemon's answer, whatever its status. Raises Problem if there is none."""
        headers = {"Connection": "close"}
        data = None if body is None else _json(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        if login:
            headers["X-Registry-Auth"] = login
        connection = _Connection(self._path, seconds)
        try:
            connection.request(method, path, data, headers)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise self._silent(error) from None

    def _silent(self, error: Exception) -> Problem:
        return Problem(
            f"docker does not answer at {self._path}: {_words(error)}; is it "
            "running, and may this user reach the socket? A container needs it as a volume"
        )

    def check(self, answer: http.client.HTTPResponse, failed: str) -> None:
        """Raises Problem with the daemon's words if the answer is an error."""
        if answer.status >= 400:
            said = _read(answer, WORDS_MOST, failed, cut=True)
            with contextlib.suppress(ValueError, RecursionError, AttributeError):
                said = str(json.loads(said).get("message", "")).encode()
            told = _words(said.decode("utf-8", "replace")) or f"status {answer.status}"
            raise Problem(f"{failed}: docker says: {told}")

    def order(
        self, method: str, path: str, failed: str, body: Any = None, seconds: float = 60.0
    ) -> Any:
        """The document that answers, or None. Raises Problem if the daemon refuses."""
        with self.ask(method, path, body, seconds) as answer:
            self.check(answer, failed)
            data = _read(answer, DAEMON_MOST, failed)
        return _parsed(data, failed) if data.strip() else None

    def document(self, path: str) -> Dict[str, Any]:
        found = self.order("GET", path, f"{path} cannot be read")
        if not isinstance(found, dict):
            raise Problem(f"docker gives no document for {path}")
        return found

    def listed(self, path: str) -> List[Dict[str, Any]]:
        found = self.order("GET", path, f"{path} cannot be read")
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise Problem(f"docker gives no list for {path}")
        return found

    def inspect(self, kind: str, name: str) -> Optional[Dict[str, Any]]:
        """What the daemon says about one of its `images` or `containers`; None if it has none of
        this name."""
        path = f"/{kind}/{_quoted(name)}/json"
        with self.ask("GET", path) as answer:
            if answer.status == 404:
                return None
            self.check(answer, f"{path} cannot be read")
            found = _parsed(_read(answer, DAEMON_MOST, path), path)
        if not isinstance(found, dict):
            raise Problem(f"docker gives no document for {path}")
        return found

    def follow(self, path: str, failed: str, login: str = "") -> None:
        """Post, and read the progress to its end. Raises Problem with the error in it."""
        with self.ask("POST", path, seconds=STREAM_SECONDS, login=login) as answer:
            self._to_its_end(answer, failed)

    def load(self, write: Any) -> None:
        """Send what `write` writes into a stream as an archive of images."""
        failed = "the new image cannot be loaded"
        connection = _Connection(self._path, STREAM_SECONDS)
        with contextlib.closing(connection):
            try:
                connection.putrequest("POST", "/images/load?quiet=1")
                for name, value in _ARCHIVE_HEADERS.items():
                    connection.putheader(name, value)
                connection.endheaders()
            except OSError as error:
                raise self._silent(error) from None
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has answered
                write(_Chunks(connection))
                connection.send(b"0\r\n\r\n")
            try:
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise Problem(f"{failed}: {self._silent(error)}") from None
            with answer:
                self._to_its_end(answer, failed)

    def _to_its_end(self, answer: http.client.HTTPResponse, failed: str) -> None:
        self.check(answer, failed)
        try:
            for document in _documents(answer):
                said = document.get("error") if isinstance(document, dict) else None
                if said:
                    raise Problem(f"{failed}: docker says: {_words(said)}")
        except (OSError, ValueError, RecursionError, http.client.HTTPException) as error:
            raise Problem(f"{failed}: the daemon's answer is damaged ({_words(error)})") from None


_ARCHIVE_HEADERS = {
    "Connection": "close",
    "Content-Type": "application/x-tar",
    "Transfer-Encoding": "chunked",
}


def _documents(answer: http.client.HTTPResponse) -> Iterator[Any]:
    """The documents of a stream, of which a line has one or several. ValueError for a long line."""
    decoder = json.JSONDecoder()
    for line in _lines(answer):
        text = line.decode("utf-8", "replace").strip()
        while text:
            document, end = decoder.raw_decode(text)
            yield document
            text = text[end:].lstrip()


def _lines(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """The lines of an answer in chunks. Its own `readline` takes byte after byte."""
    line, piece = b"", answer.read1(CHUNK)
    while piece:
        *whole, line = (line + piece).split(b"\n")
        yield from whole
        if len(line) > LINE_MOST:
            raise ValueError(f"a line is longer than {LINE_MOST} bytes")
        piece = answer.read1(CHUNK)
    yield line


def _read(answer: Any, most: int, what: str, cut: bool = False) -> bytes:
    """The body of an answer. Raises Problem if it is longer than `most`, unless it may be cut, or
    ends too early."""
    try:
        data = bytes(answer.read(most + 1))
    except (OSError, http.client.HTTPException) as error:
        raise Problem(f"{what}: the answer ends too early ({_words(error)})") from None
    if len(data) > most and not cut:
        raise Problem(f"{what}: the answer is longer than {most} bytes")
    return data[:most]


def _parsed(data: bytes, what: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Problem(f"{what}: the answer is no JSON") from None


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="/:@")


def _words(told: Any) -> str:
    """A foreign text for a message: one short line, without control characters."""
    shown = "".join(each if each.isprintable() else " " for each in str(told))
    return " ".join(shown.split())[:500]


# -- containers that get the new image ----------------------------------------------------------


class Container:
    """A container that gets the new image, as `docker compose up -d` does it.

    The new container is made beside the old one, and the names are swapped:

    | NAME       | NAME.ci-slim-new | NAME.ci-slim-old |                                |
    | ---------- | ---------------- | ---------------- | ------------------------------ |
    | old, runs  |                  |                  | before                         |
    | old        | new              |                  | the new is made, the old stops |
    |            | new              | old              | between the names              |
    | new, runs  |                  | old              | until the probe passed         |

    So the names tell after a power cut how far it came, and `recover` goes back to the old one
    from each line. A rename of the old one to NAME.ci-slim-done says that the probe passed.
    Only one of them has a restart policy, so a device that starts again starts only that one. That
    policy is `always` while none runs: docker takes a stop by its API for one by hand, and starts
    nothing with `unless-stopped` then. A label of the new one keeps the policy that was there.
    """

    def __init__(self, daemon: Daemon, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise Problem(f"{name!r} is no name of a container")
        self.daemon, self.name = daemon, name
        self._new, self._old, self._done = (f"{name}.ci-slim-{each}" for each in _STATES)

    @property
    def image(self) -> str:
        """The id of its image."""
        return str(self._own().get("Image"))

    def check(self, repository: str) -> None:
        """Raises Problem if it cannot be made anew, or is of another image."""
        own = self._own()
        told = (own.get("Config") or {}).get("Image") or ""
        wanted = repository_of(repository)
        rollback = repository_of(ROLLBACK + wanted[1])
        of_it = self.daemon.inspect("images", str(own.get("Image")))
        names = _names(of_it or {}) if str(told).startswith("sha256:") else [str(told)]
        if not {wanted, rollback} & {repository_of(each) for each in names}:
            raise Problem(f"the container {self.name} is of {_words(told)}, not of {repository}")
        others = self.daemon.listed("/containers/json?all=1")
        inspected = (self.daemon.inspect("containers", str(each.get("Id"))) for each in others)
        why = refusal(own, [each for each in inspected if each is not None], _own_place())
        if why:
            raise Problem(f"--recreate {self.name} is not possible: {why}")
        if of_it is None:
            raise Problem(
                f"the image of the container {self.name} is gone, so nobody can tell what it got "
                "from there; make the container anew once by hand"
            )

    def replace(self, image: str) -> None:
        """Start a container of the image in its place. Whatever fails, `recover` goes back."""
        own = self._own()
        old_id = str(own.get("Image"))
        old_image, new_image = (self.daemon.inspect("images", each) for each in (old_id, image))
        if old_image is None or new_image is None:
            raise Problem(f"an image of the container {self.name} is gone")
        ids, policy = (old_id, str(new_image.get("Id"))), _policy(own)
        made = made_anew(own, old_image.get("Config") or {}, image, ids)
        made["Labels"][_LABEL] = json.dumps(policy)
        more = made["NetworkingConfig"].pop("More")
        path = "/containers/create?" + urllib.parse.urlencode({"name": self._new})
        self.daemon.order("POST", path, f"{self._new} cannot be made", made, ORDER_SECONDS)
        for network, endpoint in more.items():
            self._connect(network, endpoint)
        if policy["Name"] not in ("no", "always"):
            self._restarts(self.name, _ALWAYS)
        self._stop(self.name, own)
        self._rename(self.name, self._old)
        self._rename(self._new, self.name)
        self._hand_over(self.name, self._old, policy)
        self._start(self.name, policy)

    def recover(self) -> None:
        """Go back to the old container if a swap is not finished."""
        self.drop()
        now, new, old = (self._find(each) for each in (self.name, self._new, self._old))
        if new is None and old is None:
            return
        before, between = old or now, now if old is not None else None
        if before is None:
            raise Problem(f"of the container {self.name} there is only {self._new}; make it anew")
        for each in (new, between):
            self._check_ours(each)
        if between is not None:
            self._remove(self._new)
            new = between
        policy = _policy(before) if new is None else _kept(new)
        if new is not None:
            self._hand_over(_name(before), _name(new), policy)
            self._stop(_name(new), new)  # a device that started again may have started it
        if between is not None:
            self._rename(self.name, self._new)
        if old is not None:
            self._rename(self._old, self.name)
        self._start(self.name, policy)
        self._remove(self._new)

    def keep(self) -> None:
        """Say by its name that the old container is not needed: there is no way back then."""
        old = self._find(self._old)
        if old is not None:
            taken = self._find(self._done) is not None  # by one that docker cannot remove
            self._rename(self._old, self._done + (f"-{str(old['Id'])[:12]}" if taken else ""))

    def drop(self) -> None:
        """Remove what `keep` left. If docker cannot, the log says so."""
        for each in self.daemon.listed("/containers/json?all=1"):
            for name in (str(name)[1:] for name in each.get("Names") or []):
                if name == self._done or name.startswith(self._done + "-"):
                    try:
                        self._remove(name)
                    except Problem as why:
                        say(f"{why}; the next update tries it again")

    @property
    def started(self) -> str:
        """When it was started, or "" if it does not run, is being restarted or is unhealthy."""
        state = (self._find(self.name) or {}).get("State") or {}
        health = (state.get("Health") or {}).get("Status")
        runs = state.get("Running") and not state.get("Restarting") and health != "unhealthy"
        return str(state.get("StartedAt")) if runs else ""

    def _check_ours(self, container: Optional[Dict[str, Any]]) -> None:
        """Raises Problem if somebody else made it: then it must not be removed."""
        if container is not None and _LABEL not in _labels(container):
            raise Problem(
                f"the container {_name(container)} was not made by ci-slim-update, and is in the "
                f"way of an update that was cut off; rename it, or remove {self._old} and "
                f"{self._new} if you need neither"
            )

    def _hand_over(self, to: str, source: str, policy: Dict[str, Any]) -> None:
        """Let the daemon start one of the two containers whatever stopped it, and not the other."""
        if policy["Name"] != "no":
            self._restarts(to, _ALWAYS)
            self._restarts(source, _NO_RESTART)

    def _restarts(self, name: str, policy: Dict[str, Any]) -> None:
        """Set a restart policy. Tried again for some seconds: docker refuses it for a container of
        which it does not know yet that it has just died, as one that dies again and again does."""
        for left in reversed(range(UPDATE_TRIES)):
            try:
                self._order(name, "/update", "cannot be updated", {"RestartPolicy": policy})
                return
            except Problem:
                if not left:
                    raise
                time.sleep(0.25)

    def _own(self) -> Dict[str, Any]:
        found = self._find(self.name)
        if found is None:
            raise Problem(f"there is no container {self.name}; start it once, as on a new device")
        return found

    def _find(self, name: str) -> Optional[Dict[str, Any]]:
        """The container of this name; docker also takes the beginning of an id for one."""
        found = self.daemon.inspect("containers", name)
        return found if found and found.get("Name") == f"/{name}" else None

    def _order(
        self, name: str, order: str, failed: str, body: Any = None, seconds: float = 60.0
    ) -> None:
        path = f"/containers/{_quoted(name)}{order}"
        self.daemon.order("POST", path, f"the container {name} {failed}", body, seconds)

    def _connect(self, network: str, endpoint: Dict[str, Any]) -> None:
        body = {"Container": self._new, "EndpointConfig": endpoint}
        path = f"/networks/{_quoted(network)}/connect"
        self.daemon.order("POST", path, f"{self._new} cannot be in {network}", body)

    def _start(self, name: str, policy: Dict[str, Any]) -> None:
        try:
            self._order(name, "/start", "cannot be started", seconds=ORDER_SECONDS)
        except Problem as why:
            if _TAKEN not in str(why):
                raise
            raise Problem(f"{why}; {_FREE}") from None
        if policy["Name"] not in ("no", "always"):
            self._restarts(name, policy)

    def _stop(self, name: str, container: Dict[str, Any]) -> None:
        patience = (container.get("Config") or {}).get("StopTimeout") or 10
        self._order(name, "/stop", "cannot be stopped", seconds=int(patience) + 120.0)

    def _rename(self, name: str, to: str) -> None:
        query = urllib.parse.urlencode({"name": to})
        self._order(name, f"/rename?{query}", f"cannot be named {to}")

    def _remove(self, name: str) -> None:
        """Remove one if it is there, with the volumes that it alone has."""
        path = f"/containers/{_quoted(name)}?force=1" + ("&v=1" if name == self._new else "")
        with self.daemon.ask("DELETE", path, seconds=ORDER_SECONDS) as answer:
            if answer.status != 404:
                self.daemon.check(answer, f"the container {name} cannot be removed")


_STATES = "new", "old", "done"
_TAKEN = "port is already allocated"
_FREE = "if nothing else has that port, docker did not free it after a power cut: restart docker"
"""Seen with Docker 20.10, if the power fails while it starts a container."""
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_NO_RESTART = {"Name": "no", "MaximumRetryCount": 0}
_ALWAYS = {"Name": "always", "MaximumRetryCount": 0}
_LABEL = "dev.ci-slim.update"
"""What only a new container has. Its value is the restart policy of the old one."""


def _policy(container: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    found = _host(container or {}).get("RestartPolicy") or {}
    return found if found.get("Name") else _NO_RESTART


def _kept(made: Dict[str, Any]) -> Dict[str, Any]:
    """The restart policy that a new container has in its label."""
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(str(_labels(made).get(_LABEL)))
        if isinstance(found, dict) and found.get("Name"):
            return found
    return _policy(made)


def _labels(container: Dict[str, Any]) -> Dict[str, Any]:
    return (container.get("Config") or {}).get("Labels") or {}


def _names(image: Dict[str, Any]) -> List[str]:
    names = [*(image.get("RepoTags") or []), *(image.get("RepoDigests") or [])]
    return [str(each) for each in names]


def _name(container: Dict[str, Any]) -> str:
    return str(container.get("Name"))[1:]


def _host(container: Dict[str, Any]) -> Dict[str, Any]:
    return container.get("HostConfig") or {}


def _own_place() -> str:
    """Where docker has the host names of the container that this process is in, a path with the
    container's id; or "" (proc(5), mountinfo: the fourth and fifth field)."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            fields = line.split()
            if fields[4] == "/etc/hostname":
                return fields[3]
    return ""


def repository_of(name: str) -> Tuple[str, str]:
    """The registry and the repository of an image's name."""
    registry = Registry(split(name.partition("@")[0])[0], False, Path(os.devnull))
    return registry.host, registry.repository


def refusal(container: Dict[str, Any], everyone: Sequence[Dict[str, Any]], place: str = "") -> str:
    """Why a container cannot be made anew, with what to do; or ""."""
    own, host, name = str(container.get("Id")), _host(container), _name(container)
    if host.get("AutoRemove"):
        return "it is removed when it stops (--rm); start it without --rm"
    if "com.docker.swarm.service.id" in _labels(container):
        return "it is a task of a swarm, which replaces it itself; use `docker service update`"
    if host.get("Links"):
        return "it has links (--link); use a network with names"
    if own in place:
        return "it is the container that updates; update that one from outside"
    mode = str(host.get("NetworkMode") or "default")
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    if not _without_endpoints(mode) and _primary(mode, networks) is None:
        return f"it was disconnected from its network {_words(mode)}; start it anew by hand"
    for other in everyone:
        shared = [_host(other).get(f"{each}Mode") for each in ("Network", "Pid", "Ipc")]
        shown = _words(_name(other))
        if f"container:{own}" in shared or f"container:{name}" in shared:
            return f"the container {shown} is in its namespaces, and would lose them; update both"
        if any(str(each).startswith(f"/{name}:") for each in _host(other).get("Links") or []):
            return f"the container {shown} has a link to it (--link); use a network with names"
    return ""


def made_anew(
    container: Dict[str, Any], old_image: Dict[str, Any], image: str, ids: Tuple[str, str]
) -> Dict[str, Any]:
    """The request that makes a container anew. What it got from the config of its old image is left
    out, so the daemon takes it from the new one. `ids` are those of the two images. The networks
    after the first are in `NetworkingConfig.More`: only Docker 25 and newer take several at once.
    """
    host = dict(_host(container))
    config = own_config(container.get("Config") or {}, old_image)
    config["Image"] = image
    labels = config.get("Labels") or {}  # Compose keeps the id of the image in a label
    config["Labels"] = {
        name: ids[1] if text == ids[0] else text for name, text in labels.items() if name != _LABEL
    }
    # docker publishes only ports that are exposed, also if the new image does not expose them.
    config["ExposedPorts"].update({each: {} for each in host.get("PortBindings") or {}})
    mode = str(host.get("NetworkMode") or "default")
    identity = str(container.get("Id"))[:12]
    shared = mode.startswith("container:")
    if config.get("Hostname") == identity or shared or host.get("UTSMode") == "host":
        config.pop("Hostname", None)
    if shared:
        config.pop("Domainname", None)
    _keep_anonymous_volumes(host, container.get("Mounts") or [])
    host["RestartPolicy"] = _NO_RESTART
    endpoints: Dict[str, Any] = {}
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    if not _without_endpoints(mode):
        first = _primary(mode, networks)
        endpoints = {name: _endpoint(each, identity) for name, each in networks.items()}
        networking = {"EndpointsConfig": {first: endpoints.pop(first)}} if first else {}
    else:
        networking = {}
    return {**config, "HostConfig": host, "NetworkingConfig": {**networking, "More": endpoints}}


def own_config(config: Dict[str, Any], image: Dict[str, Any]) -> Dict[str, Any]:
    """What of a container's config is not from its image, as the daemon merges the two (moby,
    daemon/commit.go)."""
    own = {name: each for name, each in config.items() if name not in ("OnBuild", "ArgsEscaped")}
    for name in ("User", "WorkingDir", "StopSignal", "Shell"):
        if own.get(name) == image.get(name):
            own.pop(name, None)
    of_image = image.get("Healthcheck") or {}
    items = (own.pop("Healthcheck", None) or {}).items()
    checked = {key: each for key, each in items if of_image.get(key) != each}
    own.update({"Healthcheck": checked} if checked else {})
    for name in ("Labels", "ExposedPorts", "Volumes"):
        of_image = image.get(name) or {}
        items = (own.get(name) or {}).items()
        own[name] = {key: each for key, each in items if of_image.get(key, _ABSENT) != each}
    own["Env"] = [each for each in own.get("Env") or [] if each not in (image.get("Env") or [])]
    if image.get("Entrypoint") and not own.get("Entrypoint"):
        own["Entrypoint"] = [""]  # cleared by the operator: null would be that of the new image
    elif (own.get("Entrypoint") or None) == (image.get("Entrypoint") or None):
        own.pop("Entrypoint", None)
        if (own.get("Cmd") or None) == (image.get("Cmd") or None):
            own.pop("Cmd", None)
    return own


_ABSENT = object()


def _keep_anonymous_volumes(host: Dict[str, Any], mounts: Sequence[Dict[str, Any]]) -> None:
    """Name the volumes that have no name of their own, so that the new container gets their
    data."""
    named = {_place(str(each).split(":")[1]) for each in host.get("Binds") or [] if ":" in each}
    volumes = {
        str(each.get("Destination")): each for each in mounts if each.get("Type") == "volume"
    }
    host["Mounts"] = [
        {**each, "Source": volumes[_place(each["Target"])].get("Name")}
        if not each.get("Source") and _place(each.get("Target")) in volumes
        else each
        for each in host.get("Mounts") or []
    ]
    named |= {_place(each.get("Target")) for each in host["Mounts"]}
    host["Binds"] = [*(host.get("Binds") or [])] + [
        f"{each.get('Name')}:{place}" + ("" if each.get("RW", True) else ":ro")
        for place, each in volumes.items()
        if place not in named
    ]


def _place(path: Any) -> str:
    return str(path).rstrip("/") or "/"


def _without_endpoints(mode: str) -> bool:
    return mode in ("host", "none") or mode.startswith("container:")


def _primary(mode: str, networks: Dict[str, Any]) -> Optional[str]:
    """The name of the network that a network mode means."""
    wanted = "bridge" if mode in ("default", "") else mode
    for name, each in networks.items():
        if wanted in (name, (each or {}).get("NetworkID")):
            return str(name)
    return None


def _endpoint(found: Dict[str, Any], identity: str) -> Dict[str, Any]:
    """How a container is in a network, without what the daemon chose."""
    kept = {
        name: found[name]
        for name in ("IPAMConfig", "Links", "DriverOpts", "GwPriority")
        if found.get(name)
    }
    aliases = [each for each in found.get("Aliases") or [] if each != identity]
    kept.update({"Aliases": aliases} if aliases else {})
    address = str(found.get("MacAddress") or "")
    if address and address != _address_of(str(found.get("IPAddress"))):
        kept["MacAddress"] = address
    return kept


def _address_of(ip: str) -> str:
    """The MAC address that docker makes of an IP address; "" if it is none."""
    parts = ip.split(".")
    if len(parts) != 4 or not all(each.isdigit() for each in parts):
        return ""
    return "02:42:" + ":".join(f"{int(each):02x}" for each in parts)


# -- the old image ------------------------------------------------------------------------------


class OldImage:
    """The files of a saved image, as a container sees them."""

    def __init__(self, path: Path) -> None:
        self.archive = tarfile.open(path)  # noqa: SIM115 (read until the end)
        members = {member.name: member for member in self.archive.getmembers()}
        (document,) = json.loads(self._read(members["manifest.json"]))
        config = json.loads(self._read(members[document["Config"]]))
        self.diff_ids: List[str] = config["rootfs"]["diff_ids"]
        self._layers = dict(zip(self.diff_ids, (members[name] for name in document["Layers"])))
        self.descriptors = {name: self._descriptor(each) for name, each in self._layers.items()}
        """How a manifest names each layer as it was saved, if the engine knows manifests."""
        self._unpacked = {
            diff_id: unpacked
            for number, (diff_id, member) in enumerate(self._layers.items())
            for unpacked in [path.parent / f"old-{number}.tar"]
            if self._unpack(member, unpacked)
        }
        self.files: Dict[str, Tuple[tarfile.TarFile, tarfile.TarInfo]] = {}
        self._folders: Set[str] = set()
        for diff_id in self.diff_ids:
            self._apply(tarfile.open(fileobj=self.layer(diff_id)))  # noqa: SIM115

    def layer(self, diff_id: str) -> IO[bytes]:
        """The tar of a layer."""
        if diff_id in self._unpacked:
            return self._unpacked[diff_id].open("rb")
        found = self.archive.extractfile(self._layers[diff_id])
        assert found is not None
        return found

    def _descriptor(self, member: tarfile.TarInfo) -> Dict[str, Any]:
        digest = "sha256:" + member.name.rpartition("/")[2]
        return {"mediaType": LAYER + self._packed(member), "digest": digest, "size": member.size}

    def remove(self) -> None:
        """Remove what was saved."""
        self.archive.close()
        for each in (Path(str(self.archive.name)), *self._unpacked.values()):
            each.unlink()

    def _packed(self, member: tarfile.TarInfo) -> str:
        """The end of the media type of a layer, by its first bytes."""
        found = self.archive.extractfile(member)
        assert found is not None
        first = found.read(4)
        return "+gzip" if first[:2] == b"\x1f\x8b" else "+zstd" if first == _ZSTD else ""

    def _unpack(self, member: tarfile.TarInfo, path: Path) -> bool:
        """Unpack a layer that was saved compressed; whether it was."""
        packed = self._packed(member)
        if packed:
            found, copy = self.archive.extractfile(member), path.with_suffix(".packed")
            assert found is not None
            with copy.open("wb") as out:
                shutil.copyfileobj(found, out, CHUNK)
            with path.open("wb") as out:
                _unpack_layer(copy, packed, out)
            copy.unlink()
        return bool(packed)

    def _read(self, member: tarfile.TarInfo) -> bytes:
        found = self.archive.extractfile(member)
        assert found is not None
        return found.read(DOCUMENT_MOST)

    def _apply(self, layer: tarfile.TarFile) -> None:
        """Apply a layer: what it hides of the lower layers, and what it adds (OCI image
        specification, layer.md)."""
        added: Dict[str, Optional[Tuple[tarfile.TarFile, tarfile.TarInfo]]] = {}
        for member in layer:
            name = _relative(member.name)
            folder, _, last = name.rpartition("/")
            if last == ".wh..wh..opq":
                self._hide(folder)
            elif last.startswith(".wh."):
                gone = f"{folder}/{last[4:]}" if folder else last[4:]
                self.files.pop(gone, None)
                self._hide(gone)
            elif member.isreg():
                added[name] = (layer, member)
            elif member.islnk():
                target = _relative(member.linkname)
                added[name] = added.get(target) or self.files.get(target)
            elif not member.isdir():
                added[name] = None
        for name, file in added.items():
            self._hide(name)
            self.files.pop(name, None)
            if file is not None:
                self.files[name] = file
                while name:
                    name = name.rpartition("/")[0]
                    self._folders.add(name)

    def _hide(self, folder: str) -> None:
        """Remove the files in a folder that a layer removes or replaces."""
        if folder in self._folders:
            prefix = folder + "/" if folder else ""
            for name in [each for each in self.files if each.startswith(prefix)]:
                del self.files[name]

    def source(self, name: str) -> IO[bytes]:
        """A file as a seekable stream. Raises NoDelta if the old image does not have it."""
        if name not in self.files:
            raise NoDelta(f"the delta wants {name}, which the old image does not have")
        layer, member = self.files[name]
        found = layer.extractfile(member)
        assert found is not None
        return found


_ZSTD = b"\x28\xb5\x2f\xfd"


def _opened(path: Path) -> OldImage:
    try:
        return OldImage(path)
    except (tarfile.TarError, KeyError, TypeError, ValueError, AssertionError) as error:
        raise Problem(f"the engine saved the old image in no known form: {error!r}") from None


def _relative(name: str) -> str:
    """The name of a member without the root."""
    while name.startswith(("./", "/")):
        name = name.partition("/")[2]
    return name.rstrip("/")


# -- the delta ----------------------------------------------------------------------------------


def unpack_stream(path: Path, skip: int) -> Tuple[IO[bytes], Any]:
    """The bytes of a zstd stream that begins at `skip`, and what must be closed at the end."""
    packed = path.open("rb")
    packed.seek(skip)
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]

        return zstd.ZstdFile(packed), packed
    except ImportError:
        if shutil.which("zstd") is None:
            raise NoDelta("there is no `zstd` program, and this Python has no zstd") from None
        process = subprocess.Popen(
            ["zstd", "-dcq", "--long=27"], stdin=packed, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        return process.stdout, process


def patch(source: IO[bytes], frame: bytes, folder: Path, out: Any) -> None:
    """Write the file that a zstd frame makes from a whole source file."""
    old, packed = folder / "patch.old", folder / "patch.zst"
    with old.open("wb") as copy:
        size = _copy(source, copy, SOURCE_MOST + 1)
    if size > SOURCE_MOST:
        raise NoDelta("a patch wants a source that is too large")
    packed.write_bytes(frame)
    words = ["zstd", "-dcq", "--long=27", f"--patch-from={old}", str(packed)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        shutil.copyfileobj(process.stdout, out, CHUNK)
    old.unlink()
    packed.unlink()
    if process.returncode:
        raise NoDelta("a patch does not fit its source")


def _copy(source: IO[bytes], out: Any, size: int) -> int:
    left = size
    while left:
        piece = source.read(min(CHUNK, left))
        if not piece:
            break
        out.write(piece)
        left -= len(piece)
    return size - left


def rebuild(delta: Path, old: OldImage, out: Any, folder: Path) -> None:
    """Write the tar that a tar-diff makes from the files of the old image. Raises NoDelta if it
    cannot."""
    with delta.open("rb") as file:
        if file.read(8) not in (b"tardf1\n\0", b"tardf2\n\0"):
            raise NoDelta("the delta is in no known format")
    stream, held = unpack_stream(delta, 8)
    source: IO[bytes] = io.BytesIO()
    try:
        while True:
            kind = stream.read(1)
            if not kind:
                break
            size = _number(stream)
            if kind == b"\0":
                if _copy(stream, out, size) != size:
                    raise NoDelta("the delta ends too early")
            elif kind == b"\1":
                source = old.source(_exactly(stream, size, 4096).decode("utf-8", "strict"))
            elif kind == b"\2":
                if _copy(source, out, size) != size:
                    raise NoDelta("a file of the old image ends too early")
            elif kind == b"\3":
                _add(stream, source, size, out)
            elif kind == b"\4":
                source.seek(size)
            elif kind == b"\5":
                source.seek(0)
                frame = _exactly(stream, size, SOURCE_MOST + (1 << 20))
                patch(source, frame, folder, out)
            else:
                raise NoDelta(f"the delta has an operation {kind[0]}")
    except (UnicodeDecodeError, OSError, ValueError) as error:
        raise NoDelta(f"the delta cannot be applied: {error}") from None
    finally:
        stream.close()
        if isinstance(held, subprocess.Popen):
            held.wait()
        else:
            held.close()


def _add(stream: IO[bytes], source: IO[bytes], size: int, out: Any) -> None:
    while size:
        added = _exactly(stream, min(size, CHUNK), CHUNK)
        base = _exactly(source, len(added), CHUNK)
        # Add two large numbers without carries: the high bits separately from the seven low ones.
        x, y = int.from_bytes(added, "little"), int.from_bytes(base, "little")
        low = int.from_bytes(b"\x7f" * len(added), "little")
        total = ((x & low) + (y & low)) ^ ((x ^ y) & ~low & ((1 << 8 * len(added)) - 1))
        out.write(total.to_bytes(len(added), "little"))
        size -= len(added)


def pack(layer: Path, path: Path, wanted: str) -> bool:
    """Compress a layer into the blob with this digest, as ci-slim does it; whether that is what
    came out. It needs the library libdeflate (ci_slim/image/compression.py): each MiB becomes a
    gzip member of level 6, of an unknown operating system."""
    try:
        import ctypes

        library = ctypes.CDLL(LIBDEFLATE)
    except (ImportError, OSError):
        return False
    word, data = ctypes.c_size_t, ctypes.c_char_p
    library.libdeflate_alloc_compressor.restype = ctypes.c_void_p
    library.libdeflate_gzip_compress.restype = word
    library.libdeflate_gzip_compress.argtypes = [ctypes.c_void_p, data, word, data, word]
    room = ctypes.create_string_buffer(_MEMBER + (1 << 16))
    compressor = library.libdeflate_alloc_compressor(6)
    with layer.open("rb") as source, path.open("wb") as file:
        out, piece = Hashing(file), source.read(_MEMBER)
        while piece:
            size = library.libdeflate_gzip_compress(compressor, piece, len(piece), room, len(room))
            member = bytearray(room.raw[:size])
            member[9] = 0xFF
            out.write(bytes(member))
            piece = source.read(_MEMBER)
    library.libdeflate_free_compressor(ctypes.c_void_p(compressor))
    if out.digest != wanted:
        path.unlink()
    return out.digest == wanted


LIBDEFLATE = "libdeflate.so.0"
_MEMBER = 1 << 20


def _number(stream: IO[bytes]) -> int:
    number = 0
    for count in range(10):
        byte = _exactly(stream, 1, 1)[0]
        number |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return number
    raise NoDelta("the delta has a number that is too long")


def _exactly(stream: IO[bytes], size: int, most: int) -> bytes:
    if size > most:
        raise NoDelta(f"the delta has an operation of {size} bytes")
    data = b""
    while len(data) < size:
        piece = stream.read(size - len(data))
        if not piece:
            raise NoDelta("the delta or a file of the old image ends too early")
        data += piece
    return data


class New(NamedTuple):
    """A new image of which each layer is rebuilt, or in the old image. The engine has the `known`
    lowest ones, under the layers that it has of the old image."""

    config: bytes
    diff_ids: List[str]
    old: OldImage
    known: int


class Hashing:
    """A file that is hashed while it is written."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._hash = out, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        self._out.write(data)

    @property
    def digest(self) -> str:
        return "sha256:" + self._hash.hexdigest()


# -- cleaning up --------------------------------------------------------------------------------


def clean(options: argparse.Namespace) -> int:
    """Show what can go; with --remove, remove it. Names go one by one, and nothing is forced."""
    engine = engine_of(options.engine)
    for name in options.keep:
        say(f"keeping {name}")
    stored = engine.stored()
    gone = removable(stored, engine.used(), options.keep)
    print(plan_text(stored, gone), flush=True)
    if not options.remove:
        if gone:
            say("nothing was removed; --remove does it")
        return 0
    left = [
        name for image in gone for name in image.names or (image.id,) if not engine.remove(name)
    ]
    for name in left:
        say(f"{name} is still used, so it stays")
    return 0


# -- the update ---------------------------------------------------------------------------------


_WRONG_DELTA = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    RecursionError,
    EOFError,
    OSError,
    zlib.error,
    tarfile.TarError,
)


class Update:
    """One update of one image."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options, self.folder = options, folder
        self.name, self.tag = split(options.image)
        self._stale = ""
        self._chosen = ""
        self.engine = engine_of(options.engine)
        if isinstance(self.engine, Podman):
            self.engine.temporary = folder
        self.containers = [
            Container(self.engine.daemon, each)
            for each in dict.fromkeys(options.recreate)
            if isinstance(self.engine, Docker)
        ]
        self.registry = Registry(self.name, options.plain_http, Path(options.config))

    def run(self) -> int:
        """Update. Returns the exit code: 0 up to date or updated, 1 failed, 3 gone back to the old
        image."""
        why = self._recovered()
        if why:
            raise Problem(why)
        for container in self.containers:
            container.check(self.name)
        self._remove_leftovers()
        old = self.engine.image_id(self.options.image)
        target, digest, named = self._target(self.engine.platform(old) if old else _platform())
        wanted = str(target["config"]["digest"])
        current = old in (wanted, digest, named)
        behind = [each for each in self.containers if each.image != old]
        if current and not behind and not self._mark.exists():
            say(f"{self.options.image} is up to date ({digest})")
            return UP_TO_DATE
        if not current and self._read_failed() == digest:
            say(
                f"{self.options.image} is {digest}, which did not work, so the device waits for "
                f"another; to try it again, remove {self._failed}"
            )
            return ROLLED_BACK
        if self.options.key:
            digests = list(dict.fromkeys((digest, named)))
            check_signature(self.registry, digests, Path(self.options.key), self.folder)
        if current:  # an update was cut off after it had moved the tag
            back = behind[0].image if behind else self.engine.image_id(self._rollback)
            return self._switch(back, digest)
        stale = self.engine.image_id(self._rollback)
        self._stale = stale if stale != old else ""
        self._remove(self._new_name)  # of an update that was cut off
        try:
            if old:
                self.engine.tag(old, self._rollback)
            self._mark.touch()
            self._get(target, digest, old)
        except BaseException as error:
            with contextlib.suppress(Problem):
                if self.engine.image_id(self.options.image) == old:
                    self._mark.unlink(missing_ok=True)
                    self._remove(self._new_name)
                    self._restore_stale()
            if isinstance(error, (Problem, OSError)) and is_full(error):
                raise Problem(f"{error}; what runs was not changed") from None
            raise
        code = self._switch(old or (behind[0].image if behind else ""), digest)
        if code in (FAILED, ROLLED_BACK):
            self._restore_stale()
        else:
            self._remove_stale()
        return code

    def _get(self, target: Dict[str, Any], digest: str, old: str) -> None:
        """Give the tag to the new image. Problem when it cannot be had."""
        wanted = str(target["config"]["digest"])
        if self.engine.image_id(wanted) == wanted:  # such as a release that the tag names again
            self.engine.tag(wanted, self.options.image)
            say("the device has this image already")
            return
        try:
            if not old:
                raise NoDelta("the device has no older image of it")
            self._try_delta(target, digest, old)
            return
        except (NoDelta, Problem) as why:
            if self.options.delta_only:
                raise Problem(str(why)) from None
            say(f"pulling the whole image: {why}")
        shutil.rmtree(self.folder)  # the pull may need the room
        self.folder.mkdir(mode=0o700)
        self._check_pull(target)
        with self._unfinished.watched():
            try:
                self._pull(digest)
            except Problem:
                if not self._remove_stale():
                    raise
                self._pull(digest)

    @functools.cached_property
    def _unfinished(self) -> UnfinishedLayers:
        return UnfinishedLayers(self.folder.parent, self.engine.layers_folder)

    def _remove_leftovers(self) -> None:
        """Remove what an update left that a power cut or a full disk ended."""
        gone = self._unfinished.remove()
        if gone:
            what = "1 layer" if gone == 1 else f"{gone} layers"
            say(f"removed {what} that docker did not finish when the power failed")
        if not self._mark.exists():
            self._remove(self._new_name)

    def _check_pull(self, target: Dict[str, Any]) -> None:
        """Problem if not even the compressed layers fit, before they are paid for: unpacked they
        are larger."""
        folder = next((each for each in self.engine.folders if each.is_dir()), self.folder)
        layers = [(str(each["digest"]), int(each["size"])) for each in target["layers"]]
        if sum(size for _, size in layers) <= shutil.disk_usage(folder).free:
            return
        config = io.BytesIO()
        self.registry.blob(str(target["config"]["digest"]), DOCUMENT_MOST, config)
        wanted = json.loads(config.getvalue())["rootfs"]["diff_ids"]
        stored = {each for image in self.engine.stored() for each in image.diff_ids}
        needed = sum(size for (_, size), each in zip(layers, wanted) if each not in stored)
        free = self._free(folder, needed)
        if needed > free:
            raise Problem(
                f"there is too little room: a pull needs at least {_megabytes(needed)} in "
                f"{folder}, {_megabytes(free)} are free"
            )

    def _pull(self, digest: str) -> None:
        """Pull the tag. With a key, pull what was signed: the tag may have moved since."""
        if not self.options.key:
            self.engine.pull(self.name, self.tag, self._chosen, self.registry)
            return
        self.engine.pull(self.name, digest, "", self.registry)
        self.engine.tag(f"{self.name}@{digest}", self.options.image)

    def _remove_stale(self) -> bool:
        """Remove the release before the rollback, unless something uses it; whether it is gone. One
        with a name stays: somebody gave it, or the tag names this release again."""
        unnamed = bool(self._stale) and not self.engine.tags(self._stale)
        gone = unnamed and self._remove(self._stale)
        if gone:
            say(f"removed {self._stale[7:19]}, the release before the rollback")
            self._stale = ""
        return gone

    def _remove(self, name: str) -> bool:
        """As the engine's, but a daemon that does not answer is only a line in the log."""
        try:
            return self.engine.remove(name)
        except Problem as why:
            say(f"{name} stays: {why}")
            return False

    def _restore_stale(self) -> None:
        """Make the release before the rollback the rollback again."""
        if self._stale:
            self.engine.tag(self._stale, self._rollback)

    @property
    def _rollback(self) -> str:
        return f"{ROLLBACK}{self.registry.repository}:{self.tag}"

    def _target(self, wanted: Tuple[str, str, str]) -> Tuple[Dict[str, Any], str, str]:
        """The manifest of the tag for a platform, its digest, and the digest that the tag names:
        that of the manifest or of the index."""
        document, named = self.registry.manifest(self.tag)
        if "manifests" not in document:
            return document, named, named
        entry = choose(document["manifests"], wanted)
        if entry is None:
            told = "/".join(part for part in wanted if part)
            raise Problem(f"{self.options.image} is not there for {told}")
        found = entry["platform"]
        parts = found["os"], found["architecture"], found.get("variant")
        self._chosen = "/".join(part for part in parts if part)
        return (*self.registry.manifest(str(entry["digest"])), named)

    def _try_delta(self, target: Dict[str, Any], digest: str, old: str) -> None:
        """Raises NoDelta for whatever is wrong with the delta, its documents or the disk."""
        try:
            self._by_delta(target, digest, old)
        except _WRONG_DELTA as error:
            told = _words(f"{type(error).__name__}: {error}")
            raise NoDelta(f"the delta cannot be applied: {told}") from None

    def _by_delta(self, target: Dict[str, Any], digest: str, old: str) -> None:
        artifact = self._choose(digest, old)
        layers = {
            str(each["annotations"].get(PREFIX + "to")): each
            for each in artifact["layers"]
            if each.get("annotations", {}).get(PREFIX + "content") == "image-layer"
        }
        config_descriptor = target["config"]
        if int(config_descriptor["size"]) > DOCUMENT_MOST:
            raise NoDelta(f"the image's config is longer than {DOCUMENT_MOST} bytes")
        config_path = self.folder / "config.json"
        with config_path.open("wb") as out:
            self.registry.blob(config_descriptor["digest"], config_descriptor["size"], out)
        config = config_path.read_bytes()
        diff_ids: List[str] = json.loads(config)["rootfs"]["diff_ids"]
        self._check_room(old, layers.values())
        for each in layers.values():
            with self._blob(str(each["digest"])).open("wb") as out:
                self.registry.blob(str(each["digest"]), int(each["size"]), out)
        saved = self.folder / "old.tar"
        self.engine.save(self._complete(old), saved)
        image = _opened(saved)
        for descriptor, diff_id in zip(target["layers"], diff_ids):
            if diff_id not in image.diff_ids:
                self._layer(layers.get(str(descriptor["digest"])), diff_id, image)
        new = New(config, diff_ids, image, self._known(image.diff_ids, diff_ids))
        if not self._load_packed(new, target, digest):
            self._load(new, digest)
        size = sum(int(each["size"]) for each in artifact["layers"])
        say(f"updated by a delta of {size} bytes; every digest was compared")

    def _complete(self, old: str) -> str:
        """The name by which the engine can save the old image."""
        kept, engine = self._layers_name, self.engine
        if isinstance(engine, Docker) and engine.layers(kept) == engine.layers(old):
            return kept
        return old

    def _load_packed(self, new: "New", target: Dict[str, Any], digest: str) -> bool:
        """Load the new image with the registry's manifest into podman, which then knows the layers
        by their compressed digests, as after a pull; whether that was possible."""
        config = str(target["config"]["digest"])
        if not isinstance(self.engine, Podman):
            return False
        blobs = self._packed(new, target)
        if blobs is None:
            return False
        manifest = self.registry.manifests[digest]
        documents = {**self._index(manifest), _blob_name(config): new.config}
        files = {name: _opener(path) for name, path in blobs.items()}
        try:
            self.engine.load(lambda out: _write_archive(out, files, documents))
            if self.engine.image_id(self._new_name) != config:
                return False
            self.engine.tag(self._new_name, self.options.image)
            return True
        except Problem as why:
            if is_full(why):
                raise
            return False  # such as for an old image that was never pulled
        finally:
            self._remove(self._new_name)

    def _packed(self, new: "New", target: Dict[str, Any]) -> Optional[Dict[str, Path]]:
        """The compressed layers that the old image does not have, by their names in an OCI layout.
        None if one cannot be made as the registry has it."""
        blobs = {}
        for descriptor, diff_id in zip(target["layers"], new.diff_ids):
            made, blob = self._blob(diff_id), self._blob(str(descriptor["digest"]))
            if made.exists():
                if not blob.exists() and not pack(made, blob, str(descriptor["digest"])):
                    return None
                blobs[_blob_name(str(descriptor["digest"]))] = blob
        return blobs

    def _load(self, new: "New", digest: str) -> None:
        """Load the new image and give the tag to it. Raises NoDelta if it is another one."""
        if new.known == len([each for each in new.diff_ids if not self._blob(each).exists()]):
            new.old.remove()  # docker has these layers: nothing of the old image is read any more
        wanted, write = _digest(new.config), self._archive
        if self.engine.knows_manifests:
            wanted, write = _digest(self._manifest(new)), self._layout
        try:
            with self._unfinished.watched():
                self.engine.load(lambda out: write(out, new))
            made = self.engine.image_id(self._new_name)
            if made != wanted:
                raise NoDelta(f"the engine calls the rebuilt image {made or 'nothing'}")
            if not self.engine.knows_manifests:
                self.engine.tag(self._new_name, self.options.image)
        except BaseException:
            self._remove(self._new_name)
            raise
        if self.engine.knows_manifests:
            self._pull(digest)  # the manifest and the config: it has the layers
        else:
            self._remove(self._new_name)

    def _choose(self, digest: str, old: str) -> Dict[str, Any]:
        """The delta from the image that the device has."""
        if self.engine.refuses_deltas:
            raise NoDelta(self.engine.refuses_deltas)
        names = self._digests(old)
        for each in self.registry.referrers(digest):
            artifact, _ = self.registry.manifest(str(each["digest"]))
            notes = artifact.get("annotations", {})
            if notes.get(PREFIX + "target") != digest:
                continue
            if names & {notes.get(PREFIX + "source"), notes.get(PREFIX + "source-config")}:
                return artifact
        raise NoDelta("the registry has no delta from the image that the device has")

    def _digests(self, old: str) -> Set[Optional[str]]:
        """The digests by which a delta may name the old image. An engine that knows manifests may
        have it by the digest of an index."""
        found: Set[Optional[str]] = {old}
        if self.engine.knows_manifests:
            with contextlib.suppress(Problem):
                document, _ = self.registry.manifest(old)
                entry = choose(document.get("manifests") or [], self.engine.platform(old))
                found.add(str(entry["digest"]) if entry else None)
        return found - {None}

    def _free(self, folder: Path, needed: int) -> int:
        """The free bytes of a folder. If these are too few, and only the release before the
        rollback is in the way, that is removed first."""
        if needed > shutil.disk_usage(folder).free:
            self._remove_stale()
        return shutil.disk_usage(folder).free

    def _check_room(self, old: str, layers: Iterable[Dict[str, Any]]) -> None:
        """Check the space for the worst moment. NoDelta if there is too little."""
        size = self.engine.size(old)
        delta = sum(int(each["size"]) for each in layers)
        told = [each.get("annotations", {}).get(UNPACKED, "") for each in layers]
        new = sum(int(each) for each in told) if all(map(str.isdigit, told)) else size
        # To save an image, docker copies it first; to load one, it copies what it gets.
        needed = max(2 * size, size + new + min(size, SOURCE_MOST), 3 * new) + delta
        if not self.engine.knows_layers:
            needed += size + 2 * new
        if self.engine.knows_manifests:  # it copies nothing, but saved layers must be unpacked
            needed = size + 3 * new + min(size, SOURCE_MOST) + delta
        places = [self.folder, *(each for each in self.engine.folders if each.is_dir())]
        for place in places:
            free = self._free(place, needed)
            if needed > free:
                raise NoDelta(
                    f"there is too little room: a delta needs {_megabytes(needed)} in {place}, "
                    f"{_megabytes(free)} are free"
                )

    def _known(self, old: List[str], new: List[str]) -> int:
        """How many of the lowest layers need not be loaded: docker knows them by their chain."""
        if not self.engine.knows_layers:
            return 0
        same = [a == b for a, b in zip(old, new)]
        return same.index(False) if False in same else len(same)

    def _blob(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise NoDelta(f"{digest!r} is no digest")
        return self.folder / digest.replace(":", "-")

    def _layer(self, described: Optional[Dict[str, Any]], diff_id: str, old: OldImage) -> None:
        """Make one new layer and compare its digest."""
        if described is None:
            raise NoDelta(f"the delta lacks the layer {diff_id}")
        blob = self._blob(str(described["digest"]))
        with self._blob(diff_id).open("wb") as file:
            out = Hashing(file)
            if described["mediaType"] == TAR_DIFF:
                rebuild(blob, old, out, self.folder)
            else:
                _unpack_layer(blob, str(described["mediaType"]), out)
        if out.digest != diff_id:
            raise NoDelta(f"a layer came out as {out.digest}, not as {diff_id}")

    @property
    def _new_name(self) -> str:
        return f"ci-slim-new/{self.registry.repository}:{self.tag}"

    @property
    def _layers_name(self) -> str:
        """The name of the image as a delta made it, with all its layers, if the engine knows
        manifests: of the registry's image, the engine has no compressed layers to save."""
        return f"{LAYERS}{self.registry.repository}:{self.tag}"

    def _archive(self, out: IO[bytes], new: "New") -> None:
        """Write the new image as an archive of docker: the rebuilt layers, and the other layers of
        the old image. The known ones are left out: the engine has them."""
        names = [f"{number}-{each[7:19]}/layer.tar" for number, each in enumerate(new.diff_ids)]
        manifest = [{"Config": "config.json", "RepoTags": [self._new_name], "Layers": names}]
        documents = {"config.json": new.config, "manifest.json": _json(manifest)}
        self._write(out, new, dict(zip(new.diff_ids[new.known :], names[new.known :])), documents)

    def _layout(self, out: IO[bytes], new: "New") -> None:
        """Write the new image as an OCI layout, also without the known layers. Its manifest has
        uncompressed layers, so it is another one than the registry's, which has the same layers
        for the engine: it knows those by the digests of their uncompressed bytes."""
        documents = self._index(self._manifest(new))
        documents[_blob_name(_digest(new.config))] = new.config
        names = {each: _blob_name(each) for each in new.diff_ids[new.known :]}
        self._write(out, new, names, documents)

    def _index(self, manifest: bytes) -> Dict[str, bytes]:
        """The documents of an OCI layout that holds one image, without its config."""
        names = {
            "io.containerd.image.name": f"docker.io/{self._new_name}",
            "org.opencontainers.image.ref.name": self._new_name,
        }
        entry = {
            "mediaType": json.loads(manifest).get("mediaType") or MANIFEST,
            "digest": _digest(manifest),
            "size": len(manifest),
            "annotations": names,
        }
        return {
            "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
            "index.json": _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}),
            _blob_name(_digest(manifest)): manifest,
        }

    def _write(
        self, out: IO[bytes], new: "New", layers: Dict[str, str], documents: Dict[str, bytes]
    ) -> None:
        files = {
            name: functools.partial(self._open_layer, new, each) for each, name in layers.items()
        }
        _write_archive(out, files, documents)

    def _open_layer(self, new: "New", diff_id: str) -> IO[bytes]:
        """A layer of the new image: rebuilt, or of the old image."""
        made = self._blob(diff_id)
        return made.open("rb") if made.exists() else new.old.layer(diff_id)

    def _manifest(self, new: "New") -> bytes:
        config = {"mediaType": CONFIG, "digest": _digest(new.config), "size": len(new.config)}
        layers = [new.old.descriptors[each] for each in new.diff_ids[: new.known]]
        for each in new.diff_ids[new.known :]:
            with self._open_layer(new, each) as layer:
                size = layer.seek(0, io.SEEK_END)
            layers.append({"mediaType": LAYER, "digest": each, "size": size})
        return _json(
            {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
        )

    @property
    def _mark(self) -> Path:
        """A file that is there from before the tag is moved until the probe passed or failed."""
        return self._file("unfinished")

    @property
    def _failed(self) -> Path:
        """A file with the digest of the manifest that was last gone back from."""
        return self._file("failed")

    def _read_failed(self) -> str:
        with contextlib.suppress(OSError, ValueError):
            return self._failed.read_text()
        return ""

    def _file(self, what: str) -> Path:
        name = hashlib.sha256(self.options.image.encode()).hexdigest()[:16]
        return self.folder.parent / f"{what}-{name}"

    def _switch(self, old: str, digest: str) -> int:
        """Restart what uses the image and probe it. Go back to the old image if the probe fails,
        and remember the digest then."""
        code = self._switched(old)
        if code == UPDATED:
            self._keep_layers()
        self._remove(self._new_name)
        if code == ROLLED_BACK:
            try:
                self._failed.write_text(digest)
            except OSError as why:
                say(f"the next call tries this release again: {why}")
        for each in (self._mark, *([self._failed] if code == UPDATED else [])):
            with contextlib.suppress(FileNotFoundError):
                each.unlink()
        return code

    def _keep_layers(self) -> None:
        """Keep what can be saved for the next delta, if the engine knows manifests, and no more
        what was for this one."""
        if self.engine.knows_manifests:
            made = self.engine.image_id(self._new_name)
            self._remove(self._layers_name)
            if made:
                self.engine.tag(made, self._layers_name)

    def _switched(self, old: str) -> int:
        if self._replaced() and self._works() and self._stay():
            for container in self.containers:
                container.keep()
            for container in self.containers:
                container.drop()
            return UPDATED
        if not old:
            say("the new image does not work, and there is no older one to go back to")
            return FAILED
        say("the new image does not work: going back to the old one")
        why = self._recovered()
        self.engine.tag(old, self.options.image)
        works = self._works()
        if why:
            raise Problem(why)
        if not works:
            say("the old image does not pass the probe either: look at the device")
            return FAILED
        return ROLLED_BACK

    def _recovered(self) -> str:
        """Go back to the old containers where a swap is not finished. Why some could not, after all
        were tried; or ""."""
        failed = []
        for container in self.containers:
            try:
                container.recover()
            except Problem as why:
                failed.append(str(why))
        return "; ".join(failed)

    def _stay(self) -> bool:
        """Whether all containers run for some seconds without a break, before time is over."""
        deadline = time.monotonic() + self.options.within
        while self.containers:
            before = [each.started for each in self.containers]
            time.sleep(1.0 if self.options.probe else SETTLE_SECONDS)
            after = [each.started for each in self.containers]
            if all(after) and before == after:
                break
            if time.monotonic() > deadline:
                wrong = [each.name for each, since in zip(self.containers, after) if not since]
                say(f"{', '.join(wrong) or 'a container'} stopped, restarts or is unhealthy")
                return False
        return True

    def _replaced(self) -> bool:
        """Give the new image to the containers that do not have it; whether all of them run."""
        image = self.engine.image_id(self.options.image)
        try:
            for container in self.containers:
                if container.image != image:
                    container.replace(self.options.image)
        except Problem as why:
            say(str(why))
            return False
        return True

    def _works(self) -> bool:
        for command in self.options.restart:
            why = _failure_of_command(command, self.options.restart_within, None)
            if why:
                say(f"the restart command `{command}` failed: {why}")
                return False
        deadline = time.monotonic() + self.options.within
        while self.options.probe:
            why = failure_of(self.options.probe, deadline - time.monotonic())
            if not why:
                return True
            if time.monotonic() > deadline:
                say(f"the probe failed: {advised(why)}")
                return False
            time.sleep(1)
        return True


def is_address(probe: str) -> bool:
    """Whether a probe is an address, and no command."""
    return probe.startswith(("http://", "https://"))


def failure_of(probe: str, seconds: float) -> str:
    """Why a probe failed; "" if an address answers with 2xx or 3xx, or a command ends with 0 within
    the time."""
    if not is_address(probe):
        left = max(PROBE_SECONDS, round(seconds, 1))
        return _failure_of_command(probe, left, subprocess.DEVNULL)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
    try:
        with opener.open(probe, timeout=10) as answer:
            code = int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        code = error.code
    except (OSError, ValueError, http.client.HTTPException) as error:
        return _words(error) or type(error).__name__
    return "" if 200 <= code < 400 else f"it answers {code}"


def _failure_of_command(command: str, seconds: float, output: Optional[int]) -> str:
    """Why a command failed, or "". With what it started, it is killed when its time is over."""
    process = subprocess.Popen(  # noqa: S602 (the operator's own)
        command,
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"it did not end within {seconds:g} seconds"
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return f"it ended with {code}" if code else ""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: its answer is enough."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _write_archive(
    out: IO[bytes], files: Mapping[str, Callable[[], IO[bytes]]], documents: Dict[str, bytes]
) -> None:
    """Write an archive of files, each given by what opens it, and of documents."""
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for name, opened in files.items():
            with opened() as file:
                _add_member(archive, name, file, file.seek(0, io.SEEK_END))
        for name, data in documents.items():
            _add_member(archive, name, io.BytesIO(data), len(data))


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _add_member(archive: tarfile.TarFile, name: str, file: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    file.seek(0)
    archive.addfile(member, file)


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _blob_name(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _unpack_layer(blob: Path, media_type: str, out: Any) -> None:
    if media_type.endswith("zstd"):
        stream, held = unpack_stream(blob, 0)
    elif media_type.endswith("gzip"):
        import gzip

        stream, held = cast(IO[bytes], gzip.open(blob)), None  # noqa: SIM115
    else:
        stream, held = blob.open("rb"), None
    with stream:
        shutil.copyfileobj(stream, out, CHUNK)
    if isinstance(held, subprocess.Popen):
        held.wait()


def _platform() -> Tuple[str, str, str]:
    """The os, architecture and variant of this device."""
    known = {
        "x86_64": ("amd64", ""),
        "aarch64": ("arm64", ""),
        "armv7l": ("arm", "v7"),
        "armv6l": ("arm", "v6"),
    }
    name = os.uname().machine
    return ("linux", *known.get(name, (name, "")))


def choose(
    entries: Sequence[Dict[str, Any]], wanted: Tuple[str, str, str]
) -> Optional[Dict[str, Any]]:
    """The entry of an index for a platform: of those that run on it, that of the highest variant,
    as the engine's own pull takes it."""
    named = (each for each in entries if isinstance(each, dict))
    fitting = [each for each in named if _fits(each.get("platform"), wanted)]
    return max(fitting, key=lambda each: _variant(each["platform"]), default=None)


def _fits(platform: Any, wanted: Tuple[str, str, str]) -> bool:
    system, architecture, variant = wanted
    if not isinstance(platform, dict):
        return False
    if (platform.get("os"), platform.get("architecture")) != (system, architecture):
        return False
    return _variant(platform) <= (variant or _USUAL.get(architecture, ""))


def _variant(platform: Dict[str, Any]) -> str:
    told = str(platform.get("variant") or _USUAL.get(str(platform.get("architecture")), ""))
    return f"v{told}" if told[:1].isdigit() else told


_USUAL = {"amd64": "v1", "arm64": "v8", "arm": "v7"}
"""The variant that is meant where none is named (containerd, platforms/database.go)."""


def _clean_options(arguments: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ci-slim-update clean",
        description="Show images that no container uses, no --keep names and no rollback needs.",
    )
    parser.add_argument("--remove", action="store_true", help="remove them")
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="NAME",
        help="keep images of this name, in which * stands for anything; repeatable",
    )
    _common(parser)
    return parser.parse_args(arguments)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engine", default="docker", choices=("docker", "podman"))
    parser.add_argument(
        "--folder",
        default=_default_folder(),
        help="where the delta is applied (default: %(default)s)",
    )


def _default_folder() -> str:
    """Only root can write to /var/lib. systemd.exec(5), StateDirectory: where a user's state is."""
    if os.geteuid() == 0:
        return "/var/lib/ci-slim-update"
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return str(Path(state, "ci-slim-update").expanduser())


def _options(arguments: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ci-slim-update",
        description=__doc__.split("\n")[0],
        epilog="`ci-slim-update clean` shows and removes images that nothing needs.",
    )
    parser.add_argument("image", help="the image with its tag, such as registry.example/app:stable")
    _common(parser)
    parser.add_argument(
        "--restart",
        action="append",
        default=[],
        metavar="COMMAND",
        help="run this when the tag was moved, such as `docker compose up -d`",
    )
    parser.add_argument(
        "--restart-within",
        type=_seconds,
        default=600.0,
        metavar="SECONDS",
        help="how long each restart command may take before it is killed, which counts as a "
        "failed probe (default: 600)",
    )
    parser.add_argument(
        "--recreate",
        action="append",
        default=[],
        metavar="NAME",
        help="make this container anew with the new image (docker only); repeatable",
    )
    parser.add_argument(
        "--probe",
        metavar="COMMAND",
        help="the update worked when this ends with 0, or when this http(s) address answers with "
        "2xx or 3xx; else the old image is back",
    )
    parser.add_argument(
        "--within",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="how long the probe is repeated (default: 60)",
    )
    parser.add_argument(
        "--config",
        help="where `docker login` or `podman login` left the registry's credentials (default: "
        "where the engine's own command looks for them)",
    )
    parser.add_argument(
        "--key",
        metavar="FILE",
        help="update only to an image that `cosign sign` signed with this public key (PEM)",
    )
    parser.add_argument("--plain-http", action="store_true", help="the registry speaks plain HTTP")
    parser.add_argument("--delta-only", action="store_true", help="fail rather than pull")
    options = parser.parse_args(arguments)
    if options.config is None:
        options.config = str(login_file(options.engine, os.environ))
    if options.recreate and options.engine != "docker":
        parser.error("--recreate is for docker only")
    if _has_login(options.probe or ""):
        parser.error("a --probe with user:password@ is not possible; probe with a command")
    return options


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= 10**7:  # no wait of Python takes inf or nan
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to {10**7}")


def _has_login(probe: str) -> bool:
    return is_address(probe) and "@" in re.split("[/?#]", probe.partition("://")[2])[0]


@contextlib.contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A folder for one update. Removes what an interrupted update left. Raises Problem if one is
    running."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Problem(f"another update is running ({folder}/lock)") from None
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def main(arguments: Optional[List[str]] = None) -> int:
    """Returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    cleaning = given[:1] == ["clean"]
    options = _clean_options(given[1:]) if cleaning else _options(given)
    try:
        with _workplace(Path(options.folder)) as folder:
            return clean(options) if cleaning else Update(options, folder).run()
    except (Problem, OSError) as error:
        say(f"failed: {advised(error)}")
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
