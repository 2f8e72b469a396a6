"""What deltas between package versions weigh. Needs npm, and the Debian packages casync, skopeo,
xdelta3 and zstd."""

import atexit
import gzip
import hashlib
import io
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench import other_updates
from bench.table import Table, measured_on
from ci_slim.device.layer_delta import Format
from ci_slim.device.make_delta import OpenImage, make_delta
from ci_slim.image import documents
from ci_slim.image.image import Image, image_of
from ci_slim.image.layer import Layer
from ci_slim.image.manifest import LAYER, Descriptor, digest_of
from ci_slim.image.sizes import sizes
from ci_slim.platforms import Platform
from ci_slim.units import size

_SEPARATORS = {"pypi": "==", "npm": "@", "debian": "="}
"""Between a package and its version."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of some packages. `kind` is patch, minor or point (of Debian). What the packages
    need is installed too, in the same versions for both where these allow it."""

    kind: str
    source: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    architecture: str = "amd64"

    @property
    def name(self) -> str:
        """The packages with both versions, as in `flask 3.0.2 → 3.0.3`."""
        separator = _SEPARATORS[self.source]
        both = zip(self.old, self.new, strict=True)
        each = [(*a.rpartition(separator)[::2], b.rpartition(separator)[2]) for a, b in both]
        return ", ".join(f"{name} {old} → {new}" for name, old, new in each)


def _pair(kind: str, source: str, *packages: str, architecture: str = "amd64") -> Pair:
    """A pair from `name old new` of each package."""
    separator = _SEPARATORS[source]
    words = [each.split() for each in packages]
    old, new = (tuple(separator.join((w[0], w[at])) for w in words) for at in (1, 2))
    return Pair(kind, source, old, new, architecture)


_OPENSSL = ("openssl 3.5.7-1~deb13u3 3.5.9-1~deb13u1", "libssl3t64 3.5.7-1~deb13u3 3.5.9-1~deb13u1")
_KRB5 = tuple(
    f"{name} 1.21.3-5+deb13u1 1.21.3-5+deb13u2"
    for name in ("libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0")
)
_HAPROXY = "haproxy 3.0.11-1+deb13u4 3.0.11-1+deb13u5"
_SSH = tuple(
    f"{name} 1:10.0p1-7+deb13u2 1:10.0p1-7+deb13u4"
    for name in ("openssh-client", "openssh-server", "openssh-sftp-server")
)
_POPPLER = tuple(
    f"{name} 25.03.0-5+deb13u3 25.03.0-5+deb13u4" for name in ("libpoppler147", "poppler-utils")
)
_NGINX = "nginx 1.26.3-3+deb13u10 1.26.3-3+deb13u11"
_DAY = "7.0.0-dev"
_TSGO = f"@typescript/native-preview {_DAY}"
PAIRS = (
    _pair("patch", "pypi", "fastapi 0.115.6 0.115.8", "pydantic 2.10.4 2.10.6"),
    _pair("patch", "pypi", "requests 2.32.2 2.32.3"),
    _pair("patch", "pypi", "flask 3.0.2 3.0.3"),
    _pair("patch", "pypi", "django 5.1.1 5.1.2"),
    _pair("patch", "pypi", "sqlalchemy 2.0.35 2.0.36"),
    _pair("patch", "pypi", "aiohttp 3.10.9 3.10.10"),
    _pair("patch", "pypi", "cryptography 43.0.1 43.0.3"),
    _pair("patch", "pypi", "numpy 2.1.1 2.1.2"),
    _pair("patch", "pypi", "cryptography 43.0.1 43.0.3", architecture="arm64"),
    _pair("patch", "pypi", "sqlalchemy 2.0.35 2.0.36", architecture="arm64"),
    _pair("patch", "npm", "express 4.21.1 4.21.2"),
    _pair("patch", "npm", "lodash 4.17.20 4.17.21"),
    _pair("patch", "npm", "axios 1.7.7 1.7.8"),
    _pair("patch", "npm", "mqtt 5.10.1 5.10.2"),
    _pair("minor", "pypi", "flask 3.0.3 3.1.0", "werkzeug 3.0.4 3.1.3"),
    _pair("minor", "pypi", "jinja2 3.0.3 3.1.4"),
    _pair("minor", "pypi", "paho-mqtt 2.0.0 2.1.0"),
    _pair("minor", "pypi", "pillow 10.3.0 10.4.0", architecture="arm64"),
    _pair("minor", "npm", "express 4.19.2 4.21.2"),
    _pair("minor", "npm", "fastify 5.0.0 5.1.0"),
    _pair("minor", "npm", "socket.io 4.7.5 4.8.0"),
    _pair("patch", "pypi", "aiohttp 3.10.9 3.10.10", architecture="arm64"),
    _pair("patch", "npm", "sharp 0.33.4 0.33.5", architecture="arm64"),
    _pair("minor", "pypi", "pillow 10.3.0 10.4.0"),
    _pair("minor", "npm", "fastify 5.0.0 5.1.0", architecture="arm64"),
    _pair("patch", "pypi", "requests 2.32.2 2.32.3", architecture="arm/v6"),
    _pair("patch", "pypi", "django 5.1.1 5.1.2", architecture="arm/v6"),
    _pair("patch", "pypi", "gpiozero 2.0 2.0.1", architecture="arm/v6"),
    _pair("patch", "npm", "express 4.21.1 4.21.2", architecture="arm/v6"),
    _pair("patch", "npm", "mqtt 5.10.1 5.10.2", architecture="arm/v6"),
    _pair("minor", "pypi", "paho-mqtt 2.0.0 2.1.0", architecture="arm/v6"),
    _pair("minor", "pypi", "rich 13.8.1 13.9.4", architecture="arm/v6"),
    _pair("minor", "npm", "socket.io 4.7.5 4.8.0", architecture="arm/v6"),
    # Go. The first ones are builds of two days, built with GOARM=6.
    _pair("patch", "npm", f"{_TSGO}.20260706.1 {_DAY}.20260707.2", architecture="arm/v6"),
    _pair("minor", "npm", f"{_TSGO}.20260624.1 {_DAY}.20260707.2", architecture="arm/v6"),
    _pair("patch", "npm", "esbuild 0.24.0 0.24.2", architecture="arm/v7"),
    _pair("patch", "npm", "esbuild 0.24.0 0.24.2", architecture="arm64"),
    _pair("patch", "npm", "esbuild 0.24.0 0.24.2"),
    _pair("minor", "npm", "esbuild 0.23.1 0.24.2", architecture="arm64"),
    _pair("minor", "npm", "esbuild 0.23.1 0.24.2"),
    _pair("point", "debian", *_OPENSSL),
    _pair("point", "debian", *_KRB5),
    _pair("point", "debian", _HAPROXY),
    _pair("point", "debian", *_SSH),
    _pair("point", "debian", *_POPPLER),
    _pair("point", "debian", _NGINX),
    _pair("point", "debian", "rsync 3.5.0+ds1-0+deb13u1 3.5.0+ds1-0+deb13u2"),
    _pair("point", "debian", "dnsmasq-base 2.91-1+deb13u1 2.91-1+deb13u2"),
    _pair("point", "debian", "libfreetype6 2.13.3+dfsg-1+deb13u1 2.13.3+dfsg-1+deb13u2"),
    _pair("point", "debian", *_OPENSSL, architecture="arm64"),
    _pair("point", "debian", *_KRB5, architecture="arm64"),
    _pair("point", "debian", _HAPROXY, architecture="arm64"),
    _pair("point", "debian", *_SSH, architecture="arm64"),
    _pair("point", "debian", _NGINX, architecture="arm64"),
)
OTHERS: Mapping[str, Callable[[Path, Path, Path], int]] = {
    "xdelta3": other_updates.xdelta3,
    "zstd": other_updates.zstd,
    "casync": other_updates.casync,
    "zstd:chunked": other_updates.chunked,
}
VERSIONS: tuple[Format, ...] = (2, 1)
HEAD = (
    "packages", "architecture", "kind", "plain update", "delta, tar-diff 2", "of it", "MB/s",
    "tar-diff 1", *OTHERS,
)  # fmt: skip
KEYS = tuple(pair.name for pair in PAIRS)


@dataclass(frozen=True, slots=True)
class Measured:
    """The bytes of one pair: the new layer, the update without a delta, its deltas by version, and
    the other ways by name. The seconds of one processor for the delta of tar-diff 2, and for zstd's
    patch."""

    layer: int
    plain: int
    deltas: dict[Format, int]
    others: Mapping[str, int]
    seconds: float
    zstd_seconds: float

    @property
    def share(self) -> float:
        return self.deltas[2] / self.plain

    @property
    def speed(self) -> float:
        """Bytes of the new layer in a second."""
        return self.layer / self.seconds

    @property
    def to_the_best(self) -> float:
        """The delta beside the smallest of those that a device could apply to the whole layer."""
        return self.deltas[2] / min(self.others[name] for name in ("xdelta3", "zstd", "casync"))


def measure() -> Table:
    """Measure each pair."""
    return table([(pair, measure_pair(pair)) for pair in PAIRS])


def table(found: Sequence[tuple[Pair, Measured]]) -> Table:
    """What was measured of all pairs, with the machine and the versions of the tools."""
    machine = measured_on(("casync", "--version"), ("skopeo", "--version"))
    return Table(f"{machine} {figures(found)}", HEAD, tuple(row(*each) for each in found), 3)


def figures(found: Sequence[tuple[Pair, Measured]]) -> str:
    """What all pairs say together."""
    kinds = dict.fromkeys(pair.kind for pair, _ in found)
    shares = {kind: [each.share for pair, each in found if pair.kind == kind] for kind in kinds}
    medians = ", ".join(
        f"{kind} {statistics.median(each) * 100:.2g} %" for kind, each in shares.items()
    )
    ratio = statistics.median(each.to_the_best for _, each in found)
    pulls = [each.deltas[2] / each.others["zstd:chunked"] for _, each in found]
    return (
        f"{len(found)} pairs. Median of the delta's share of the plain update: {medians}. "
        f"Median of the delta beside the smallest of xdelta3, zstd and casync: {ratio:.2f}; "
        f"beside zstd:chunked: {statistics.median(pulls):.2f}, at most {max(pulls):.2f}. "
        f"{_speeds(found)}"
    )


def _speeds(found: Sequence[tuple[Pair, Measured]]) -> str:
    """How fast deltas are made, beside zstd's patches of the same layers."""
    each = [one for _, one in found]
    speeds = [one.speed / 1e6 for one in each]
    layers = sum(one.layer for one in each) / 1e6
    ours, zstds = sum(one.seconds for one in each), sum(one.zstd_seconds for one in each)
    return (
        f"New layer in each second of one processor: {statistics.median(speeds):.0f} MB in the "
        f"median, {min(speeds):.1f} MB to {max(speeds):.0f} MB; over all pairs {layers / ours:.1f} "
        f"MB, by zstd {layers / zstds:.1f} MB."
    )


def measure_pair(pair: Pair) -> Measured:
    """Install both versions, make the deltas, and apply them."""
    with tempfile.TemporaryDirectory(prefix="ci-slim-updates-", dir="/var/tmp") as place:
        folder = Path(place)
        old, new = (
            _install(pair, pair.old, folder / "old"),
            _install(pair, pair.new, folder / "new"),
        )
        base = _base(pair.architecture)
        before, after = (_image(tar, base, pair.architecture) for tar in (old, new))
        found: dict[Format, int] = {}
        seconds: dict[object, float] = {}
        plain = 0
        for version in VERSIONS:
            began = _processor_seconds()
            # It applies each layer's delta, and compares the digest with the new image's.
            made = make_delta(before, after, folder / f"delta{version}", version)
            seconds[version] = _processor_seconds() - began
            found[version], plain = made.delta_bytes, made.update_bytes or 0
        others: dict[str, int] = {}
        for name, measured in OTHERS.items():
            began = _processor_seconds()
            others[name] = measured(old, new, folder)
            seconds[name] = _processor_seconds() - began
        layer = new.stat().st_size
        return Measured(layer, plain, found, others, seconds[VERSIONS[0]], seconds["zstd"])


def _processor_seconds() -> float:
    """Of this process and of those that it waited for."""
    return sum(os.times()[:4])


def row(pair: Pair, found: Measured) -> tuple[str, ...]:
    """The cells of a pair, below HEAD."""
    return (
        pair.name, pair.architecture, pair.kind, size(found.plain), size(found.deltas[2]),
        f"{found.share * 100:.2g} %", f"{found.speed / 1e6:.1f}", size(found.deltas[1]),
        *map(size, found.others.values()),
    )  # fmt: skip


def _install(pair: Pair, packages: tuple[str, ...], folder: Path) -> Path:
    folder.mkdir()
    INSTALL[pair.source](packages, folder, pair.architecture)
    return _tar(folder, folder.with_suffix(".tar"))


def _tar(tree: Path, path: Path, below: str = "app/") -> Path:
    """The tree as the layer of an image: sorted, of root, with the times of the installation."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = int(member.mtime)
        return member

    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for each in sorted(tree.rglob("*")):
            tar.add(each, f"{below}{each.relative_to(tree)}", recursive=False, filter=plain)
    return path


@cache
def _base(architecture: str) -> Path:
    """The lower layer of each image: a C library. Debian has none for arm/v6, so that for arm/v7
    is taken: no delta contains any of it."""
    folder = Path(tempfile.mkdtemp(prefix="ci-slim-updates-", dir="/var/tmp"))
    atexit.register(shutil.rmtree, folder)
    tree = folder / "base"
    tree.mkdir()
    _debian(("musl",), tree, {"arm/v6": "armhf", "arm/v7": "armhf"}.get(architecture, architecture))
    return _tar(tree, folder / "base.tar", "")


def _image(tar: Path, base: Path, architecture: str) -> OpenImage:
    layers = [_layer(base), _layer(tar)]
    cpu, _, variant = architecture.partition("/")
    config = documents.dump(
        {
            "architecture": cpu,
            "os": "linux",
            **({"variant": variant} if variant else {}),
            "config": {},
            "history": [{"created_by": "COPY"}] * len(layers),
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        }
    )
    image: Image = image_of(config, layers, Platform("linux", cpu, variant))
    tars = (base.open("rb"), tar.open("rb"))
    return OpenImage(tar.name, image, tars, sizes(image, tar.name))


def _layer(tar: Path) -> Layer:
    content = tar.read_bytes()
    blob = gzip.compress(content, 6, mtime=0)
    diff_id = f"sha256:{hashlib.sha256(content).hexdigest()}"
    descriptor = Descriptor(f"{LAYER}+gzip", digest_of(blob), len(blob))
    return Layer(descriptor, diff_id, "gzip", lambda: io.BytesIO(blob), len(content))


def _pypi(packages: tuple[str, ...], folder: Path, architecture: str) -> None:
    words = ["install", "--quiet", "--no-compile", "--only-binary=:all:", "--target", str(folder)]
    for wheels in _WHEELS.get(architecture, ()):
        words += ["--platform", wheels]
    subprocess.run(
        [sys.executable, "-m", "pip", *words, *packages], check=True, stderr=subprocess.DEVNULL
    )
    # pip would write the name of a temporary folder into the compiled files.
    compiled = [sys.executable, "-m", "compileall", "-q", "-s", str(folder), "-p", "/app"]
    subprocess.run([*compiled, str(folder)], check=True)
    shutil.rmtree(folder / "bin", ignore_errors=True)  # it names this Python


_WHEELS = {
    "arm64": ("manylinux2014_aarch64", "manylinux_2_28_aarch64"),
    "arm/v6": ("linux_armv6l",),
}
"""PyPI has no such wheels for arm/v6 of these packages, so only those of pure Python are taken."""
_NPM_CPU = {"amd64": "x64", "arm64": "arm64", "arm/v6": "arm", "arm/v7": "arm"}


def _npm(packages: tuple[str, ...], folder: Path, architecture: str) -> None:
    words = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--os=linux"]
    subprocess.run(
        ["npm", *words, f"--cpu={_NPM_CPU[architecture]}", "--prefix", str(folder), *packages],
        check=True,
    )
    (folder / "node_modules/.package-lock.json").unlink(missing_ok=True)


def _debian(packages: tuple[str, ...], folder: Path, architecture: str) -> None:
    """The packages as an image of debian:*-slim has them, without documents and translations."""
    apt = ["apt-get", "-qq", *_apt_options(architecture)]
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run([*apt, "download", *packages], cwd=place, capture_output=True)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        for each in sorted(Path(place).glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", str(each), str(folder)], check=True)
    for name in _NOT_IN_SLIM:
        shutil.rmtree(folder / "usr/share" / name, ignore_errors=True)


@cache
def _apt_options(architecture: str) -> tuple[str, ...]:
    """apt with the lists of another architecture, apart from those of this machine."""
    if architecture == "amd64":
        return ()
    lists = Path(f"/var/tmp/ci-slim-apt-{architecture}")
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    options = (
        f"-oAPT::Architecture={architecture}", f"-oAPT::Architectures={architecture}",
        f"-oDir::State::lists={lists}", "-oDir::State::status=/dev/null",
    )  # fmt: skip
    subprocess.run(["apt-get", "-qq", *options, "update"], check=True)
    return options


_NOT_IN_SLIM = ("doc", "groff", "info", "lintian", "linda", "locale", "man")
INSTALL: dict[str, Callable[[tuple[str, ...], Path, str], None]] = {
    "pypi": _pypi,
    "npm": _npm,
    "debian": _debian,
}
