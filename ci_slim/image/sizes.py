"""What an image costs: bytes to pull, bytes on disk, bytes to fetch for an update, bytes wasted.

Pull is the config and the compressed layer blobs; the manifest itself, some hundred bytes, is not
counted. Disk is the sum of the uncompressed layer tars. A size that is not known is None and never
0. The daemon's own `Size` is never used: it means three different things across Docker versions.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ci_slim.image.files import TEXT_MOST, Contents, Entry, FileIndex, Kind
from ci_slim.image.image import Image
from ci_slim.image.layer import Layer

_DPKG = "/var/lib/dpkg/info"
_DISTROLESS = "/var/lib/dpkg/status.d"
_APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")


@dataclass(frozen=True, slots=True)
class LayerSize:
    """One layer, in bytes; None is unknown. `digest` is the blob's, as the image names it."""

    digest: str
    pull_bytes: int | None
    disk_bytes: int | None
    created_by: str
    diff_id: str = ""
    """The uncompressed tar's digest, by which a layer is known however it was compressed."""
    base: bool = False
    """The layer is the base image's, see `ancestry`; of a slim image, what is kept of such one."""


@dataclass(frozen=True, slots=True)
class ImageSizes:
    """One image, in bytes; None is unknown. Not exact are sizes that were estimated."""

    reference: str
    digest: str
    pull_bytes: int | None
    pull_exact: bool
    disk_bytes: int | None
    disk_exact: bool
    files: int | None
    layers: tuple[LayerSize, ...]
    config_digest: str = ""
    config_bytes: int = 0


class Share(NamedTuple):
    """What a folder or a package takes: its bytes and how many files."""

    name: str
    bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class SharedLayer:
    """A layer that several images have."""

    name: str
    bytes: int
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sharing:
    """What several images take on one device: `apart` if nothing were shared, `together` with
    each layer stored once; the layers that more than one of them has, largest first."""

    apart: int
    together: int
    layers: tuple[SharedLayer, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The sizes of the fat image and, where there is one, of the slim image; `layout` is the folder
    of the result's OCI layout, `seccomp` and `apparmor` are its profiles, `files` tells what became
    of each file, all relative to the output folder."""

    fat: ImageSizes
    slim: ImageSizes | None
    layout: str | None
    seccomp: str | None = None
    apparmor: str | None = None
    files: str | None = None
    image: Image | None = None
    """The image that is handed out, where its blobs are there."""


def heaviest_layer(of: ImageSizes | None) -> LayerSize | None:
    """The layer that takes most to pull, or on disk where pull sizes are not known."""
    layers = of.layers if of else ()
    return max(layers, key=lambda layer: layer.pull_bytes or layer.disk_bytes or 0, default=None)


def _unknown(_: Layer) -> int | None:
    return None


def sizes(
    image: Image,
    reference: str = "",
    *,
    files: int | None = None,
    estimated: Callable[[Layer], int | None] = _unknown,
    disk_exact: bool = True,
) -> ImageSizes:
    """The sizes of an image, wherever it is. `estimated` tells the compressed bytes of a layer of
    which there is no compressed blob; `files` counts the files where the layers do not."""
    base = image.config.base_layers
    made = image.config.created_by
    layers = [
        LayerSize(
            layer.digest,
            layer.blob_bytes if _is_pulled(image, layer) else estimated(layer),
            layer.tar_bytes,
            made[number],
            layer.diff_id,
            number < base,
        )
        for number, layer in enumerate(image.layers)
    ]
    if files is None:
        files = _total(layer.files for layer in image.layers)
    return image_sizes(
        reference,
        image.digest,
        len(image.raw_config),
        layers,
        files=files,
        pull_exact=image.pull_exact,
        disk_exact=disk_exact,
        config_digest=image.config_digest,
    )


def _is_pulled(image: Image, layer: Layer) -> bool:
    """Whether a device pulls this very blob."""
    return image.from_registry or layer.compression != "none"


def _total(counted: Iterable[int | None]) -> int | None:
    """The sum; None when one of them is unknown."""
    known = [*counted]
    return None if None in known else sum(number for number in known if number is not None)


def image_sizes(
    reference: str,
    digest: str,
    config_bytes: int,
    layers: Sequence[LayerSize],
    *,
    files: int | None,
    pull_exact: bool = True,
    disk_exact: bool = True,
    config_digest: str = "",
) -> ImageSizes:
    """Add up the layers. A blob that an image has twice is pulled once and unpacked twice."""
    blobs = _total({layer.digest: layer.pull_bytes for layer in layers}.values())
    return ImageSizes(
        reference=reference,
        digest=digest,
        pull_bytes=None if blobs is None else config_bytes + blobs,
        pull_exact=pull_exact,
        disk_bytes=_total(layer.disk_bytes for layer in layers),
        disk_exact=disk_exact,
        files=files,
        layers=tuple(layers),
        config_digest=config_digest,
        config_bytes=config_bytes,
    )


def update_bytes(new: Iterable[tuple[str, int | None]], baseline: Collection[str]) -> int | None:
    """Bytes a device fetches that has the blobs `baseline`: the blobs (digest, size) of the new
    image, config included, that are not among them. None when one of their sizes is unknown."""
    return _total({digest: size for digest, size in new if digest not in baseline}.values())


def shared(images: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> Sharing:
    """What images share when they lie on one device: the reference of each, and its layers by name
    and bytes."""
    sizes: dict[str, int] = {}
    users: dict[str, list[str]] = defaultdict(list)
    for reference, layers in images:
        for name, size in dict(layers).items():
            sizes[name] = size
            users[name].append(reference)
    common = [
        SharedLayer(name, sizes[name], tuple(references))
        for name, references in users.items()
        if len(references) > 1
    ]
    common.sort(key=lambda layer: (-layer.bytes, layer.name))
    apart = sum(size for _, layers in images for _, size in layers)
    return Sharing(apart, sum(sizes.values()), tuple(common))


def waste(index: FileIndex) -> int:
    """Bytes of files in a layer that a later one overwrites or deletes. An inode counts once, and
    only when no name of it is left."""
    hidden = {
        (entry.layer, entry.data): entry.size
        for entry, _ in index.overwritten
        if entry.kind is Kind.FILE
    }
    if hidden:
        for entry in index.entries():
            if entry.end:
                hidden.pop((entry.layer, entry.data), None)
    return sum(hidden.values())


def by_directory(index: FileIndex, depth: int = 2) -> tuple[Share, ...]:
    """Bytes by folder, largest first. Each file counts once: in its ancestor at `depth`, or in
    its own folder when that is nearer to the root. Hard links count for their first name."""
    found: dict[str, list[int]] = {}
    for entry in inodes(index, index.entries()):
        folders = entry.path.split("/", depth + 1)[1:-1]
        share = found.setdefault("/" + "/".join(folders[:depth]), [0, 0])
        share[0] += entry.size
        share[1] += 1
    return _shares(Share(name, size, files) for name, (size, files) in found.items())


def by_file(index: FileIndex) -> Iterator[tuple[str, int]]:
    """Each file with its bytes, sorted by path; hard links count for their first name."""
    return ((entry.path, entry.size) for entry in inodes(index, index.entries()))


def by_package(
    index: FileIndex, contents: Contents, kept: Collection[str] | None = None
) -> tuple[Share, ...]:
    """Bytes by Debian or Alpine package, largest first; nothing for images without packages. With
    `kept`, only these files count.

    Sources: dpkg's info/*.list, Google distroless' status.d/*.md5sums, apk's `installed`.
    What a package deleted or another layer overwrote counts as it is now.
    """
    found: dict[str, list[int]] = {}
    for name, paths in _packages(index, contents):
        owned = (index.resolve(path, follow_last=False).path for path in paths)
        here = (path for path in owned if path and (kept is None or path in kept))
        sizes = [entry.size for entry in inodes(index, (index[path] for path in here))]
        found.setdefault(name, []).extend(sizes)
    packages = (Share(name, sum(sizes), len(sizes)) for name, sizes in found.items() if sizes)
    return _shares(packages)


def package_of(index: FileIndex, contents: Contents) -> dict[str, str]:
    """The package of each file that one owns, by path; see `by_package`."""
    found: dict[str, str] = {}
    for name, paths in _packages(index, contents):
        for path in paths:
            real = index.resolve(path, follow_last=False).path
            if real is not None and index[real].kind is Kind.FILE:
                found.setdefault(real, name)
    return found


def inodes(index: FileIndex, entries: Iterable[Entry]) -> Iterator[Entry]:
    """The files among these, each inode once, under the first name that comes by."""
    linked, seen = index.linked, set[tuple[int, int]]()
    for entry in entries:
        if entry.kind is Kind.FILE:
            inode = (entry.layer, entry.data)
            if inode in linked:
                if inode in seen:
                    continue
                seen.add(inode)
            yield entry


def _shares(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda share: (-share.bytes, share.name)))


def _packages(index: FileIndex, contents: Contents) -> Iterator[tuple[str, list[str]]]:
    for path in index.children(_DPKG):
        if path.endswith(".list"):
            yield _package_name(path), _lines(contents, path)
    for path in index.children(_DISTROLESS):
        if path.endswith(".md5sums"):
            yield _package_name(path), ["/" + line[34:] for line in _lines(contents, path)]
    for path in _APK:
        if (entry := index.get(path)) is not None and entry.kind is Kind.FILE:
            yield from _apk(_lines(contents, path))
            return


def _package_name(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0].partition(":")[0]


def _lines(contents: Contents, path: str) -> list[str]:
    return contents.read(path, 0, TEXT_MOST).decode("utf-8", "surrogateescape").splitlines()


def _apk(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Records of lines `K:value`: P a package, F a folder, R a file in the folder before it."""
    name, folder = "", ""
    paths: list[str] = []
    for line in [*lines, "P:"]:
        key, value = line[:2], line[2:]
        if key == "P:":
            if name:
                yield name, paths
            name, folder, paths = value, "", []
        elif key == "F:":
            folder = value
        elif key == "R:":
            paths.append(f"/{folder}/{value}" if folder else f"/{value}")
