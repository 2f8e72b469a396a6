"""Keeps the package database, filtered to the packages of which the slim image has files.

Scanners read it to find the packages of an image. Without a database they find none; with the whole
database they find packages that are gone. dpkg's database may be split into `status.d/<package>`,
as distroless images do (Trivy, Grype and Docker Scout read that). apk's is one file, which is
written again.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import TEXT_MOST, Contents, FileIndex, Kind

_DPKG = "/var/lib/dpkg"
_APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_RELEASE = (
    "/etc/os-release", "/usr/lib/os-release", "/etc/debian_version", "/etc/alpine-release",
    "/etc/apk/repositories",
)  # fmt: skip
_MERGED = ("/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/")


def apply(builder: KeepSetBuilder) -> Mapping[str, bytes]:
    """Keep the release files and the copyright files of used packages. Returns the new files."""
    for path in _RELEASE:
        builder.add(path, "packages: which distribution this is")
    index, contents = builder.index, builder.contents
    used = _used(index, builder.reasons)
    for name in sorted(_dpkg_packages(index, used, contents)):
        package = name.partition(":")[0]
        builder.add(f"/usr/share/doc/{package}/copyright", f"packages: copyright of {package}")
    for path in (*_split_status(index, used, contents), *_metadata(index, used, contents)):
        builder.add(path, "packages: of a kept file")
    added = synthesize(index, builder.reasons, contents)
    for path in added:
        builder.add_folder_of(path, "packages: the database is in it")
    return added


def synthesize(index: FileIndex, kept: Iterable[str], contents: Contents) -> dict[str, bytes]:
    """The small files of the filtered database, path -> content, with the packages of which at
    least one file or link is kept. Folders and copyright files alone do not count."""
    used = _used(index, kept)
    added: dict[str, bytes] = {}
    packages = _dpkg_packages(index, used, contents)
    if packages:
        for name, stanza in _stanzas(_read(index, contents, f"{_DPKG}/status")):
            package, _, architecture = name.partition(":")
            if name in packages or package in packages:
                path = f"{_DPKG}/status.d/{package}"
                if path in added:  # the same package for two architectures
                    path = f"{path}_{architecture}"
                added[path] = stanza
    for path in _APK:
        real = index.resolve(path).path
        if real is not None and (database := _apk(_read(index, contents, real), used)):
            added[real] = database
    return added


def _used(index: FileIndex, kept: Iterable[str]) -> frozenset[str]:
    """The paths under which a package may list a kept file. Old packages list `/lib/x` for
    `/usr/lib/x`."""
    used = {
        path
        for path in kept
        if index[path].kind is not Kind.DIR and not path.startswith("/usr/share/doc/")
    }
    moved = (path.removeprefix("/usr") for path in used if path.startswith("/usr/"))
    return frozenset(used.union(path for path in moved if path.startswith(_MERGED)))


def _dpkg_packages(index: FileIndex, used: frozenset[str], contents: Contents) -> set[str]:
    """The packages that own one of the paths, as `name` or `name:architecture`."""
    packages: set[str] = set()
    if not used:
        return packages
    for path in index.children(f"{_DPKG}/info"):
        if path.endswith(".list") and index[path].kind is Kind.FILE:
            listed = (
                contents.read(path, 0, TEXT_MOST).decode("utf-8", "surrogateescape").split("\n")
            )
            if not used.isdisjoint(listed):
                packages.add(posixpath.basename(path).removesuffix(".list"))
    return packages


def _split_status(index: FileIndex, used: frozenset[str], contents: Contents) -> Iterator[str]:
    """Files in status.d (distroless): the stanza and the file list of each used package."""
    for path in index.children(f"{_DPKG}/status.d"):
        sums = f"{path}.md5sums"
        if path.endswith(".md5sums") or index[path].kind is not Kind.FILE:
            continue
        if sums not in index:
            yield path
            continue
        lines = contents.read(sums, 0, TEXT_MOST).decode("utf-8", "surrogateescape").splitlines()
        if not used.isdisjoint("/" + line.partition("  ")[2].lstrip("./") for line in lines):
            yield from (path, sums)


def _metadata(index: FileIndex, used: frozenset[str], contents: Contents) -> Iterator[str]:
    """The name and version of used Python packages. pip writes them next to the list of files
    (packaging.python.org, "Recording installed projects")."""
    records = [
        path
        for path in index
        if path.endswith(".dist-info/RECORD") and index[path].kind is Kind.FILE
    ]
    contents.expect(records)
    for path in records:
        folder = posixpath.dirname(path)
        metadata, site = f"{folder}/METADATA", posixpath.dirname(folder)
        text = contents.read(path, 0, TEXT_MOST).decode("utf-8", "surrogateescape")
        listed = (line.rpartition(",sha256=")[0] or line for line in text.splitlines())
        files = {posixpath.normpath(f"{site}/{name.strip(chr(34))}") for name in listed}
        if metadata in index and not used.isdisjoint(files):
            yield metadata


def _stanzas(status: bytes) -> Iterator[tuple[str, bytes]]:
    """`name:architecture` and the text of each installed package in the status file of dpkg."""
    for block in status.split(b"\n\n"):
        fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line[:40])
        name = fields.get(b"Package", b"").decode("utf-8", "replace").strip()
        if not name or "/" in name or b" installed" not in fields.get(b"Status", b" installed"):
            continue
        architecture = fields.get(b"Architecture", b"").decode("utf-8", "replace").strip()
        yield f"{name}:{architecture}", block.strip(b"\n") + b"\n"


def _apk(database: bytes, used: frozenset[str]) -> bytes:
    """apk's database with only the packages of which a file is used (R: names a file in the folder
    F:)."""
    kept = []
    for block in database.split(b"\n\n"):
        folder, listed = "/", []
        for line in block.decode("utf-8", "surrogateescape").split("\n"):
            if line.startswith("F:"):
                folder = "/" + line[2:]
            elif line.startswith("R:"):
                listed.append(posixpath.join(folder, line[2:]))
        if not used.isdisjoint(listed):
            kept.append(block.strip(b"\n") + b"\n\n")
    return b"".join(kept)


def _read(index: FileIndex, contents: Contents, path: str) -> bytes:
    entry = index.get(path)
    return (
        contents.read(path, 0, TEXT_MOST) if entry is not None and entry.kind is Kind.FILE else b""
    )
