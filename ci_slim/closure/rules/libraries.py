"""Keeps what the ELF loader opens: PT_INTERP, which the kernel reads unseen, and DT_NEEDED.

The folders are searched in the order of ld.so(8): DT_RPATH of the file if it has no DT_RUNPATH,
LD_LIBRARY_PATH of the image, DT_RUNPATH, /etc/ld.so.conf (musl: /etc/ld-musl-*.path), and the
defaults.
"""

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from ci_slim.closure.keep_set import sizes
from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image import elf
from ci_slim.image.elf import Elf
from ci_slim.image.files import Kind

_MULTIARCH = {
    ("EM_X86_64", 64): ("x86_64-linux-gnu",),
    ("EM_X86_64", 32): ("x86_64-linux-gnux32",),
    ("EM_386", 32): ("i386-linux-gnu",),
    ("EM_AARCH64", 64): ("aarch64-linux-gnu",),
    ("EM_ARM", 32): ("arm-linux-gnueabihf", "arm-linux-gnueabi"),
    ("EM_RISCV", 64): ("riscv64-linux-gnu",),
    ("EM_PPC64", 64): ("powerpc64le-linux-gnu",),
    ("EM_S390", 64): ("s390x-linux-gnu",),
    ("EM_LOONGARCH", 64): ("loongarch64-linux-gnu",),
    ("EM_MIPS", 64): ("mips64el-linux-gnuabi64",),
    ("EM_MIPS", 32): ("mipsel-linux-gnu",),
}

_INCLUDES = 50
"""The most lines of the loader's configuration that include other files."""


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    for path in builder.files(fresh):
        described = builder.elf(path)
        if described is not None:
            _add_needs(builder, path, described)


def _add_needs(builder: KeepSetBuilder, path: str, described: Elf) -> None:
    reason = f"elf: needed by {path}"
    if described.interpreter:
        builder.add(described.interpreter, f"elf: starts {path}")
    if not described.needed:
        return
    if "musl" not in described.interpreter:
        builder.add("/etc/ld.so.cache", "elf: where the loader finds libraries")
    folders = tuple(dict.fromkeys(_folders(builder, path, described)))
    for name in described.needed:
        if "/" in name:
            builder.add(name, reason)
            continue
        for folder in folders:
            if _fits(builder, posixpath.join(folder, name), described):
                builder.add(posixpath.join(folder, name), reason)
                break


def needed(builder: KeepSetBuilder, path: str) -> set[str]:
    """The real paths of the libraries that a file needs, directly or through others, and that are
    not kept yet."""
    found: set[str] = set()
    todo = [builder.index.resolve(path).path or path]
    while todo:
        each = todo.pop()
        described = builder.elf(each)
        folders = tuple(dict.fromkeys(_folders(builder, each, described))) if described else ()
        for name in described.needed if described else ():
            for folder in folders:
                real = builder.index.resolve(posixpath.join(folder, name)).path
                if real is not None:
                    if real not in builder.reasons and real not in found:
                        found.add(real)
                        todo.append(real)
                    break
    return found


def size(builder: KeepSetBuilder, paths: Collection[str]) -> int:
    """The bytes of these paths. A file with several names counts once, or not if one is kept."""
    new = (path for path in paths if not builder.holds(builder.index[path]))
    return sum(sizes(builder.index, new).values())


def fitting(
    builder: KeepSetBuilder,
    brought: Mapping[str, AbstractSet[str]],
    most: int,
    *,
    tell: bool = True,
) -> list[str]:
    """The files, in this order, that have no more than `most` bytes together with what each of them
    brings, each file counted once. Records the others as left out, unless they are not to be
    told."""
    fits, new, too_much = list[str](), set[tuple[int, int]](), dict[str, int]()
    for path, paths in brought.items():
        entries = map(builder.index.__getitem__, paths)
        found = {
            (each.layer, each.data): each.size
            for each in entries
            if each.kind is Kind.FILE and not builder.holds(each)
        }
        more = sum(size for data, size in found.items() if data not in new)
        if more <= most:
            most -= more
            new.update(found)
            fits.append(path)
        else:
            too_much[path] = more
    if tell:
        builder.left_out.add_files("dropped_nearby", too_much)
    return fits


def _fits(builder: KeepSetBuilder, path: str, described: Elf) -> bool:
    """Whether the loader would take this file. It skips files for another machine."""
    entry = builder.entry(path)
    return entry is not None and elf.target(builder.head(entry.path)) == described.target


def _folders(builder: KeepSetBuilder, path: str, described: Elf) -> Iterator[str]:
    origin = posixpath.dirname(path)
    if not described.runpath:
        yield from _expand(described.rpath, origin, described)
    yield from _split(builder.env.get("LD_LIBRARY_PATH", ""))
    yield from _expand(described.runpath, origin, described)
    yield from configured(builder)
    for base in ("/lib", "/usr/lib"):
        for multiarch in _MULTIARCH.get((described.machine, described.bits), ()):
            yield f"{base}/{multiarch}"
    if described.bits == 64:
        yield from ("/lib64", "/usr/lib64")
    yield from ("/lib", "/usr/lib", "/usr/local/lib")
    # A library often finds its own needs through the RPATH of the program, in the folder it is in.
    yield origin


def _expand(folders: Sequence[str], origin: str, described: Elf) -> Iterator[str]:
    for folder in folders:
        for library in ("lib64", "lib") if described.bits == 64 else ("lib",):
            full = folder
            for name, value in (("ORIGIN", origin), ("LIB", library), ("PLATFORM", "")):
                full = full.replace(f"${{{name}}}", value).replace(f"${name}", value)
            if full.startswith("/"):
                yield full


def configured(builder: KeepSetBuilder) -> tuple[str, ...]:
    """The folders of the image that its loader is configured to search."""
    known = builder.tables.get("folders of the loader")
    if known is None:
        named = list(_conf(builder, "/etc/ld.so.conf", set(), [""] * _INCLUDES))
        for path in builder.children("/etc"):
            if posixpath.basename(path).startswith("ld-musl-"):
                named += _split(builder.text(path).replace("\n", ":"))
        known = {folder: [] for folder in named if builder.exists(folder)}
        builder.tables["folders of the loader"] = known
    return tuple(known)


def _conf(builder: KeepSetBuilder, path: str, read: set[str], left: list[str]) -> Iterator[str]:
    """The folders that a file of glibc's loader names, or one that it includes. Each file is read
    once, because two may include each other. `left` has an item for each `include` that is still
    followed."""
    read.add(path)
    for line in builder.text(path).splitlines():
        words = line.partition("#")[0].split()
        if len(words) == 2 and words[0] == "include" and left:
            left.pop()
            folder, _, pattern = posixpath.join("/etc", words[1]).rpartition("/")
            for file in builder.children(folder):
                if file.endswith(pattern.lstrip("*")) and file not in read:
                    yield from _conf(builder, file, read, left)
        elif words and words[0].startswith("/"):
            yield words[0]


def _split(text: str) -> Iterator[str]:
    return (folder for folder in text.replace(";", ":").split(":") if folder.startswith("/"))
