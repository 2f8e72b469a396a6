"""What deltas between package versions weigh."""

import gzip
import hashlib
import io
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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

AMD64 = Platform("linux", "amd64")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of some packages. `kind` is patch, minor or point (of Debian)."""

    kind: str
    source: str
    old: tuple[str, ...]
    new: tuple[str, ...]


PAIRS = (
    Pair("patch", "pypi", ("fastapi==0.115.6", "pydantic==2.10.4", "pydantic-core==2.27.2"),
         ("fastapi==0.115.8", "pydantic==2.10.6", "pydantic-core==2.27.2")),
    Pair("patch", "pypi", ("requests==2.32.2",), ("requests==2.32.3",)),
    Pair("minor", "pypi", ("flask==3.0.3", "werkzeug==3.0.4"), ("flask==3.1.0", "werkzeug==3.1.3")),
    Pair("minor", "pypi", ("jinja2==3.0.3",), ("jinja2==3.1.4",)),
    Pair("patch", "npm", ("express@4.21.1",), ("express@4.21.2",)),
    Pair("minor", "npm", ("express@4.19.2",), ("express@4.21.2",)),
    Pair("patch", "npm", ("lodash@4.17.20",), ("lodash@4.17.21",)),
    Pair("point", "debian", ("openssl=3.5.7-1~deb13u3", "libssl3t64=3.5.7-1~deb13u3"),
         ("openssl=3.5.9-1~deb13u1", "libssl3t64=3.5.9-1~deb13u1")),
)  # fmt: skip
VERSIONS: tuple[Format, ...] = (2, 1)
HEAD = (
    "from", "to", "kind", "plain update", "delta, tar-diff 2", "of it", "tar-diff 1", "xdelta3",
    "zstd",
)  # fmt: skip
KEYS = tuple(" ".join(pair.old) for pair in PAIRS)


def measure() -> Table:
    """Measure each pair."""
    shares: dict[str, list[float]] = {}
    rows = []
    for pair in PAIRS:
        with tempfile.TemporaryDirectory(prefix="ci-slim-updates-", dir="/var/tmp") as folder:
            row, share = _row(pair, Path(folder))
        rows.append(row)
        shares.setdefault(pair.kind, []).append(share)
    medians = ", ".join(
        f"{kind} {statistics.median(each) * 100:.2g} %" for kind, each in shares.items()
    )
    said = f"{measured_on()} {len(PAIRS)} pairs."
    return Table(f"{said} Median of the delta's share of the plain update: {medians}.", HEAD,
                 tuple(rows), 3)  # fmt: skip


def _row(pair: Pair, folder: Path) -> tuple[tuple[str, ...], float]:
    old, new = (
        _install(pair.source, packages, folder / name)
        for name, packages in (("old", pair.old), ("new", pair.new))
    )
    before, after = _image(old), _image(new)
    found: dict[Format, int] = {}
    plain = 0
    for version in VERSIONS:
        place = folder / f"delta{version}"
        place.mkdir()
        # It applies each layer's delta, and compares the digest with the new image's.
        made = make_delta(before, after, place, version)
        found[version], plain = made.delta_bytes, made.update_bytes or 0
    share = found[2] / plain
    cells = (
        " ".join(pair.old), " ".join(pair.new), pair.kind, size(plain), size(found[2]),
        f"{share * 100:.2g} %", size(found[1]), *map(size, _others(old, new, folder)),
    )  # fmt: skip
    return cells, share


def _install(source: str, packages: tuple[str, ...], folder: Path) -> Path:
    folder.mkdir()
    INSTALL[source](packages, folder)
    return _tar(folder, folder.with_suffix(".tar"))


def _others(old: Path, new: Path, folder: Path) -> tuple[int, int]:
    """The bytes of xdelta3 and of zstd for the whole layer."""
    out = folder / "patch"
    done = []
    for words in (
        ["xdelta3", "-e", "-f", "-9", "-S", "djw", "-s", str(old), str(new), str(out)],
        ["zstd", "-19", "-q", "-f", "--long=27", f"--patch-from={old}", str(new), "-o", str(out)],
    ):
        subprocess.run(words, check=True, capture_output=True)
        done.append(out.stat().st_size)
    return done[0], done[1]


def _tar(tree: Path, path: Path) -> Path:
    """The tree as the layer of an image: sorted, of root, without times."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        return member

    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for each in sorted(tree.rglob("*")):
            tar.add(each, f"app/{each.relative_to(tree)}", recursive=False, filter=plain)
    return path


def _image(tar: Path) -> OpenImage:
    content = tar.read_bytes()
    blob = gzip.compress(content, 6, mtime=0)
    diff_id = f"sha256:{hashlib.sha256(content).hexdigest()}"
    descriptor = Descriptor(f"{LAYER}+gzip", digest_of(blob), len(blob))
    layer = Layer(descriptor, diff_id, "gzip", lambda: io.BytesIO(blob), len(content))
    config = documents.dump(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "history": [{"created_by": "COPY"}],
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
    )
    image: Image = image_of(config, [layer], AMD64)
    return OpenImage(tar.name, image, (tar.open("rb"),), sizes(image, tar.name))


def _pypi(packages: tuple[str, ...], folder: Path) -> None:
    words = ["install", "--quiet", "--no-deps", "--no-compile", "--only-binary=:all:"]
    subprocess.run(
        [sys.executable, "-m", "pip", *words, "--target", str(folder), *packages], check=True
    )
    shutil.rmtree(folder / "bin", ignore_errors=True)  # it names this Python


def _npm(packages: tuple[str, ...], folder: Path) -> None:
    words = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(["npm", *words, "--prefix", str(folder), *packages], check=True)
    (folder / "node_modules/.package-lock.json").unlink(missing_ok=True)


def _debian(packages: tuple[str, ...], folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(
            ["apt-get", "download", "-qq", *packages], check=True, cwd=place, capture_output=True
        )
        for each in sorted(Path(place).glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", str(each), str(folder)], check=True)


INSTALL: dict[str, Callable[[tuple[str, ...], Path], None]] = {
    "pypi": _pypi,
    "npm": _npm,
    "debian": _debian,
}
