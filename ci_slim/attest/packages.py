"""The packages in an image, as its own databases list them. Pure.

For a slim image, these are the packages that still have a file in it, because the databases are
filtered with the files (closure/rules/packages.py).

Sources: dpkg's `status` and `status.d/*` (deb822, deb-control(5)), apk's `installed`
(https://wiki.alpinelinux.org/wiki/Apk_spec), Python's `*.dist-info/METADATA` and
`*.egg-info/PKG-INFO` (core metadata specification), Node's `node_modules/**/package.json`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.parser import HeaderParser

from ci_slim.image.files import TEXT_MOST, Contents, FileIndex, Kind

PACKAGES_MOST = 50_000
"""The most packages. An image that lists more is hostile."""

_DPKG = "/var/lib/dpkg"
_APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_METADATA_MOST = 1 << 20
_PYTHON = re.compile(r"/[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO)")
_NODE = re.compile(r"/node_modules/(?:@[^/]+/)?[^/]+/package\.json")


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One installed package. `kind` is the type in its package URL: deb, apk, pypi, npm."""

    kind: str
    name: str
    version: str
    architecture: str = ""
    license: str = ""
    """The licence as the package states it: an SPDX expression, or free text."""
    path: str = ""
    """The file in the image that lists the package."""


def packages(index: FileIndex, contents: Contents) -> tuple[Package, ...]:
    """All packages that the image's databases list, sorted, without repetition."""
    found: set[Package] = set()
    for package in _all(index, contents):
        if package.name and package.version:
            found.add(package)
        if len(found) > PACKAGES_MOST:
            break
    return tuple(sorted(found))


def distribution(index: FileIndex, contents: Contents) -> Mapping[str, str]:
    """The fields of the image's os-release file (os-release(5)). Empty if there is none."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        real = index.resolve(path).path
        if real is not None and index[real].kind is Kind.FILE:
            lines = _text(contents, real, _METADATA_MOST).splitlines()
            return {
                key: value.strip().strip("\"'")
                for key, equals, value in (line.partition("=") for line in lines)
                if equals
            }
    return {}


def _all(index: FileIndex, contents: Contents) -> Iterator[Package]:
    for path in (f"{_DPKG}/status", *index.children(f"{_DPKG}/status.d")):
        entry = index.get(path)
        if entry is not None and entry.kind is Kind.FILE and not path.endswith(".md5sums"):
            yield from _debian(_text(contents, path), path)
    for path in _APK:
        entry = index.get(path)
        if entry is not None and entry.kind is Kind.FILE:
            yield from _alpine(_text(contents, path), path)
    for path in index:
        if index[path].kind is not Kind.FILE:
            continue
        if path.endswith(("/METADATA", "/PKG-INFO")) and _PYTHON.search(path):
            yield from _python(_text(contents, path, _METADATA_MOST), path)
        elif path.endswith("/package.json") and _NODE.search(path):
            yield from _node(_text(contents, path, _METADATA_MOST), path)


def _text(contents: Contents, path: str, most: int = TEXT_MOST) -> str:
    return contents.read(path, 0, most).decode("utf-8", "replace")


def _debian(status: str, path: str) -> Iterator[Package]:
    for stanza in status.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " "
        )
        if " installed" in f" {fields.get('Status', 'installed')}":
            yield Package(
                "deb",
                fields.get("Package", "").strip(),
                fields.get("Version", "").strip(),
                fields.get("Architecture", "").strip(),
                path=path,
            )


def _alpine(database: str, path: str) -> Iterator[Package]:
    for block in database.split("\n\n"):
        fields = {line[:1]: line[2:] for line in block.splitlines() if line[1:2] == ":"}
        yield Package(
            "apk",
            fields.get("P", ""),
            fields.get("V", ""),
            fields.get("A", ""),
            fields.get("L", ""),
            path,
        )


def _python(metadata: str, path: str) -> Iterator[Package]:
    try:
        fields = HeaderParser().parsestr(metadata)
    except MessageError:
        return
    said = str(fields.get("License-Expression") or fields.get("License") or "")
    name = re.sub(r"[-_.]+", "-", str(fields.get("Name", ""))).lower()
    yield Package("pypi", name, str(fields.get("Version", "")), license=_line(said), path=path)


def _node(document: str, path: str) -> Iterator[Package]:
    try:
        value = json.loads(document)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        name, version, said = (value.get(key) for key in ("name", "version", "license"))
        if isinstance(name, str) and isinstance(version, str):
            license = _line(said) if isinstance(said, str) else ""
            yield Package("npm", name, version, license=license, path=path)


def _line(text: str) -> str:
    """The first line. Some packages put the whole text of their licence here."""
    first = text.strip().splitlines()[:1]
    return first[0][:100] if first else ""
