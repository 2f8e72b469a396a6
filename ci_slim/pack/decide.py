"""Decides which files of the slim image are stripped or packed with UPX, and why others are not.
Pure.

Only ELF executables and shared libraries are changed. Files whose integrity may be checked are not:
files with a signature or a checksum file next to them, kernel modules, and programs with data after
their end, because `strip` would remove it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ci_slim.closure.patterns import matches
from ci_slim.image import elf
from ci_slim.image.elf import Elf
from ci_slim.image.elf_parts import ElfParts, read_parts
from ci_slim.image.files import Contents, Entry, FileIndex, Kind
from ci_slim.result import NotPacked

MOST = 256_000_000
"""The most bytes of a file that is packed. It is held in memory."""
HEAD = 1 << 10
_PRIVILEGED = 0o6000
_APPENDED = 4096
"""The most bytes after the end of an ELF file that are padding. More is data of the program."""
_BESIDE = (
    ".sig", ".sign", ".asc", ".gpg", ".minisig", ".p7s", ".p7m", ".cosign.bundle", ".sigstore",
    ".hmac", ".chk", ".sha1", ".sha256", ".sha384", ".sha512", ".md5", ".b2", ".b3",
)  # fmt: skip
_HMAC_FOLDERS = ("/usr/lib/fipscheck", "/usr/lib64/fipscheck", "/usr/lib64/hmaccalc")
_LISTS = ("SHA1SUMS", "SHA256SUMS", "SHA512SUMS", "MD5SUMS", "checksums.txt", "CHECKSUMS")
_MODULE_SIGNATURE = b"~Module signature appended~\n"


class PackRules(Protocol):
    """What the settings request."""

    @property
    def strip(self) -> bool: ...
    @property
    def upx(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Task:
    """One file to make smaller. `paths` has all its kept names, first the one for messages.
    `library` says whether it is a shared library."""

    paths: tuple[str, ...]
    size: int
    library: bool
    strip: bool
    upx: bool

    @property
    def path(self) -> str:
        return self.paths[0]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not changed, and the reason."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do. Files that are not ELF files are in neither list."""

    tasks: tuple[Task, ...]
    skipped: tuple[Skipped, ...]


def decide(
    index: FileIndex,
    contents: Contents,
    kept: Collection[str],
    rules: PackRules,
    signed: Collection[str] = (),
) -> Decision:
    """The tasks for the kept files of an image, sorted by path. `signed` has the files with a
    signature in an extended attribute."""
    wanted = {path for pattern in rules.upx for path in matches(pattern, index)}
    signed_names = frozenset(signed)
    tasks: list[Task] = []
    skipped: list[Skipped] = []
    inodes = _inodes(index, kept)
    contents.expect(paths[0] for paths in inodes)
    for paths in inodes:
        entry = index[paths[0]]
        if elf.target(contents.read(entry.path, 0, 20)) is None:
            skipped += [Skipped(paths[0], "it is not an ELF file")] if wanted & {*paths} else []
            continue
        if not signed_names.isdisjoint(paths):
            skipped.append(Skipped(paths[0], "the kernel checks its integrity (IMA, EVM)"))
            continue
        found = _decided(index, contents, entry, paths, rules.strip, not wanted.isdisjoint(paths))
        for each in found:
            if isinstance(each, Task):
                tasks.append(each)
            else:
                skipped.append(each)
    return Decision(tuple(tasks), tuple(skipped))


def _inodes(index: FileIndex, kept: Collection[str]) -> list[tuple[str, ...]]:
    """The kept names of each file that has bytes. Hard links are together."""
    names: dict[tuple[int, int], list[str]] = {}
    for path in sorted(kept):
        entry = index.get(path)
        if entry is not None and entry.kind is Kind.FILE and entry.size:
            names.setdefault((entry.layer, entry.data), []).append(path)
    return [tuple(paths) for paths in names.values()]


def _decided(
    index: FileIndex,
    contents: Contents,
    entry: Entry,
    paths: tuple[str, ...],
    strip: bool,
    upx: bool,
) -> Iterator[Task | Skipped]:
    path = paths[0]
    if entry.size > MOST:
        yield Skipped(path, f"it is larger than {MOST // 10**6} MB")
        return
    data = contents.read(path)
    read, parts = elf.read(data), read_parts(data)
    reason = _untouchable(read, parts, data) or _checked(index, paths)
    if reason or read is None or parts is None:
        yield Skipped(path, reason)
        return
    library = is_library(read, parts, paths)
    stripped = strip and parts.symbols
    if upx and (why := _no_upx(entry, library)):
        yield Skipped(path, why)
        upx = False
    if stripped or upx:
        yield Task(paths, entry.size, library, stripped, upx)


def _untouchable(read: Elf | None, parts: ElfParts | None, data: bytes) -> str:
    """Why the bytes of a file must not be changed, or "". Files next to it are not considered."""
    if read is None or parts is None:
        return "its headers are invalid"
    if data.endswith(_MODULE_SIGNATURE) or b"\0.modinfo\0" in data[-(1 << 16) :]:
        return "it is a kernel module"
    if read.kind not in ("ET_EXEC", "ET_DYN"):
        return "it is neither an executable nor a shared library"
    if len(data) - parts.end > _APPENDED:
        return "data is appended after the program"
    if parts.end > len(data):
        return "its headers describe more bytes than it has"
    return ""


def _checked(index: FileIndex, paths: Sequence[str]) -> str:
    """Why the integrity of a file may be checked, or ""."""
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name.endswith(".ko"):
            return "it is a kernel module"
        beside = [f"{path}{end}" for end in _BESIDE]
        beside += [f"{folder}/.{name}.hmac", f"{path.removesuffix('.so')}.chk"]
        beside += [f"{place}/{name}.hmac" for place in _HMAC_FOLDERS]
        found = next((each for each in beside if each in index), None)
        if found is not None:
            return f"{found} checks its integrity"
        listed = next((each for each in _LISTS if f"{folder}/{each}" in index), None)
        if listed is not None:
            return f"{folder}/{listed} may check its integrity"
        if name == "fips.so":
            return "OpenSSL checks the integrity of its FIPS module"
    return ""


def _no_upx(entry: Entry, library: bool) -> str:
    """Why an ELF file is not packed with UPX, or ""."""
    if library:
        return "UPX: shared libraries are never packed"
    if entry.mode & _PRIVILEGED or entry.capability:
        return "UPX: it runs with its own privileges"
    if not entry.mode & 0o111:
        return "UPX: it is not executable"
    return ""


def is_library(read: Elf, parts: ElfParts, paths: Iterable[str]) -> bool:
    """Whether an ELF file is a shared library. Some of them, like libc.so.6, can be
    executed too."""
    if read.kind != "ET_DYN":
        return False
    named = any(".so" in path.rpartition("/")[2] for path in paths)
    return bool(read.soname) or named or not (read.interpreter or parts.pie)


_LEAST = 100
"""UPX must save more than one part in this many, because a packed program starts later and shares
no memory."""


def worse(before: bytes, after: bytes, *, upx: bool) -> str:
    """Why the result of a tool is not used, or "". The tool read a foreign file, so its result is
    not trusted."""
    if len(after) >= len(before):
        return "it does not become smaller"
    if upx and len(before) - len(after) < len(before) // _LEAST:
        return "it saves less than 1 %"
    old, new = elf.read(before), elf.read(after)
    old_parts, new_parts = read_parts(before), read_parts(after)
    if old is None or new is None or old_parts is None or new_parts is None:
        return "the result is not an ELF file"
    if new.target != old.target:
        return "the result is for another processor"
    if not upx and (new.interpreter, new.needed, new.soname, new.rpath, new.runpath) != (
        old.interpreter, old.needed, old.soname, old.rpath, old.runpath
    ):  # fmt: skip
        return "the result needs other libraries"
    if not upx and new_parts.build_id != old_parts.build_id:
        return "the result has a different build id"
    return ""


def by_reason(skipped: Iterable[Skipped]) -> tuple[NotPacked, ...]:
    """The skipped paths by reason. The most frequent reason comes first."""
    found: dict[str, list[str]] = {}
    for each in skipped:
        found.setdefault(each.reason, []).append(each.path)
    return tuple(
        NotPacked(reason, tuple(paths))
        for reason, paths in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    )
