"""What takes the space in an image: its folders, files and packages, and what is wasted."""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from ci_slim.image.files import TEXT_MOST, Contents, Entry, FileIndex, Kind

_DPKG = "/var/lib/dpkg/info"
_DISTROLESS = "/var/lib/dpkg/status.d"
_APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")


class Share(NamedTuple):
    """The bytes and the number of files of a folder or a package."""

    name: str
    bytes: int
    files: int


def waste(index: FileIndex) -> int:
    """The bytes of files in a layer that a later layer overwrites or deletes. An inode counts once,
    and only if none of its names is left."""
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
    """The bytes by folder, largest first. Each file counts once: in its ancestor at `depth`, or in
    its own folder if that is nearer to the root. Hard links count for their first name."""
    found: dict[str, list[int]] = {}
    for path, size in index.sizes():
        folders = path.split("/", depth + 1)[1:-1]
        share = found.setdefault("/" + "/".join(folders[:depth]), [0, 0])
        share[0] += size
        share[1] += 1
    return _shares(Share(name, size, files) for name, (size, files) in found.items())


def by_package(
    index: FileIndex, contents: Contents, kept: Collection[str] | None = None
) -> tuple[Share, ...]:
    """The bytes by Debian or Alpine package, largest first. Empty for images without packages. With
    `kept`, only these files count.

    Sources: dpkg's info/*.list, Google distroless' status.d/*.md5sums, apk's `installed`. A file
    that a package's script deleted or another layer overwrote counts with its present bytes.
    """
    found: dict[str, list[int]] = {}
    for name, paths in _packages(index, contents):
        owned = (index.resolve(path, follow_last=False).path for path in paths)
        here = (path for path in owned if path and (kept is None or path in kept))
        sizes = [entry.size for entry in inodes(index, map(index.entry, here))]
        found.setdefault(name, []).extend(sizes)
    packages = (Share(name, sum(sizes), len(sizes)) for name, sizes in found.items() if sizes)
    return _shares(packages)


def package_of(index: FileIndex, contents: Contents) -> dict[str, str]:
    """The package of each file that belongs to one, by path. See `by_package`."""
    found: dict[str, str] = {}
    for name, paths in _packages(index, contents):
        for path in paths:
            real = index.resolve(path, follow_last=False).path
            if real is not None and index[real].kind is Kind.FILE:
                found.setdefault(real, name)
    return found


def inodes(index: FileIndex, entries: Iterable[Entry]) -> Iterator[Entry]:
    """The files among these entries. Each inode comes once, under its first name."""
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
    """The packages and their files from lines `K:value`: P is a package, F a folder, R a file in
    that folder."""
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
