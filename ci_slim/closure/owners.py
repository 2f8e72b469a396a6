"""Finds the distribution package of each file, from the databases of dpkg and apk."""

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ci_slim.image.files import TEXT_MOST, Contents, FileIndex, Kind

_DPKG = "/var/lib/dpkg"
_APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_MERGED = ("/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/")


@dataclass(frozen=True, slots=True)
class Owners:
    """The packages of an image. `package_of` maps a real path to its package. `files`, `depends`
    and `source` map a package to its files, its dependencies and its source package. `required`
    has those that no Debian system is without."""

    package_of: Mapping[str, str]
    files: Mapping[str, tuple[str, ...]]
    depends: Mapping[str, tuple[str, ...]]
    source: Mapping[str, str]
    required: frozenset[str] = frozenset()

    @classmethod
    def of(cls, index: FileIndex, contents: Contents) -> "Owners":
        """Read the package databases. The result is empty for an image without one."""
        found: dict[str, dict[str, None]] = {}
        lists = [path for path in index.children(f"{_DPKG}/info") if path.endswith(".list")]
        contents.expect([*lists, *(p for p in (f"{_DPKG}/status",) if p in index)])
        for path in lists:
            name = posixpath.basename(path).removesuffix(".list").partition(":")[0]
            listed = _text(index, contents, path).split("\n")
            found.setdefault(name, {}).update(dict.fromkeys(_real(index, listed)))
        files = {name: tuple(paths) for name, paths in found.items()}
        depends, source, required = _dpkg_status(_text(index, contents, f"{_DPKG}/status"))
        for path in _APK:
            _apk(index, _text(index, contents, path), files, depends)
        owned = {path: name for name, paths in files.items() for path in paths}
        return cls(owned, files, depends, source, required)


def _real(index: FileIndex, listed: Iterable[str]) -> Iterable[str]:
    """The listed paths that are files or links of the image, as their real paths. Old packages list
    `/lib/x` for a file that is in `/usr/lib/x`."""
    for path in listed:
        if path.startswith(_MERGED) and path not in index:
            path = "/usr" + path
        entry = index.get(path)
        if entry is not None and entry.kind is not Kind.DIR:
            yield path


def _dpkg_status(
    status: str,
) -> tuple[dict[str, tuple[str, ...]], dict[str, str], frozenset[str]]:
    """The dependencies and the source package of each package, and the required packages."""
    required = set()
    depends: dict[str, tuple[str, ...]] = {}
    source: dict[str, str] = {}
    for block in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line[:30])
        if name := fields.get("Package", ""):
            needed = f"{fields.get('Depends', '')},{fields.get('Pre-Depends', '')}".split(",")
            words = (each.replace("|", " ").split() for each in needed)
            depends[name] = tuple(each[0].partition(":")[0] for each in words if each)
            source[name] = (fields.get("Source", "").split() or [name])[0]
            if fields.get("Priority") == "required":
                required.add(name)
    return depends, source, frozenset(required)


def _apk(
    index: FileIndex,
    database: str,
    files: dict[str, tuple[str, ...]],
    depends: dict[str, tuple[str, ...]],
) -> None:
    for block in database.split("\n\n"):
        name, folder, listed = "", "/", []
        for line in block.split("\n"):
            if line.startswith("P:"):
                name = line[2:]
            elif line.startswith("D:"):
                depends[name] = tuple(line[2:].split())
            elif line.startswith("F:"):
                folder = "/" + line[2:]
            elif line.startswith("R:"):
                listed.append(posixpath.join(folder, line[2:]))
        if name:
            files[name] = tuple(dict.fromkeys(_real(index, listed)))


def _text(index: FileIndex, contents: Contents, path: str) -> str:
    entry = index.get(path)
    if entry is None or entry.kind is not Kind.FILE:
        return ""
    return contents.read(path, 0, TEXT_MOST).decode("utf-8", "surrogateescape")
