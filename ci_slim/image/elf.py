"""Reads what an ELF file needs from its loader, with few small reads.

The layout follows the System V ABI (gabi 4.1, chapters 4 and 5) and elf.h of glibc. A file of an
image is hostile. If it is malformed, cyclic, truncated or huge, the result is None or an empty
field, never an error, and the limits below bound what is read.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_NOTE = 1, 2, 3, 4
_DT_NEEDED, _DT_STRTAB, _DT_SONAME, _DT_RPATH, _DT_STRSZ, _DT_RUNPATH = 1, 5, 14, 15, 10, 29
_MACHINES = {
    3: "EM_386",
    8: "EM_MIPS",
    20: "EM_PPC",
    21: "EM_PPC64",
    22: "EM_S390",
    40: "EM_ARM",
    62: "EM_X86_64",
    183: "EM_AARCH64",
    243: "EM_RISCV",
    258: "EM_LOONGARCH",
}
_KINDS = {1: "ET_REL", 2: "ET_EXEC", 3: "ET_DYN", 4: "ET_CORE"}
_MAX_HEADERS = 512
_MAX_DYNAMIC = 1 << 16
_MAX_STRINGS = 1 << 24
_MAX_NAME = 4096
_MAX_NOTE = 4096
_GO_DATA = 1 << 16  # debug/buildinfo searches its magic in the first 64 KiB of the data segment
_GO_MAGIC = b"\xff Go buildinf:"

Read = Callable[[int, int], bytes]
"""Returns at most `size` bytes of the file from `offset` on."""

Target = tuple[str, int, bool]
"""Machine, bits, and whether it is little-endian."""


@dataclass(frozen=True, slots=True)
class Elf:
    """An ELF file. `machine` and `kind` are the names in elf.h ("EM_ARM", "ET_DYN"). `rpath` and
    `runpath` are the folders as written in the file, with `$ORIGIN`. `go` says whether Go's tools
    made it."""

    machine: str
    bits: int
    little: bool
    kind: str
    interpreter: str = ""
    needed: tuple[str, ...] = ()
    soname: str = ""
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    go: bool = False

    @property
    def target(self) -> "Target":
        """Machine, word size and byte order. A loader accepts only files with its own."""
        return self.machine, self.bits, self.little


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    flags: int
    offset: int
    address: int
    size: int


def target(head: bytes) -> Target | None:
    """The target of an ELF file, from its first 20 bytes. None if it is not an ELF file."""
    if len(head) < 20 or head[:4] != b"\x7fELF" or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    machine = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
    return _MACHINES.get(machine, f"EM_{machine}"), 32 * head[4], head[5] == 1


def read(source: bytes | Read) -> Elf | None:
    """Describe an ELF file, given as bytes or as a function that reads parts of it. None if it is
    not a well-formed ELF file."""
    part: Read = source if callable(source) else _slices(source)
    try:
        return _read(part)
    except (struct.error, ValueError, IndexError, OverflowError):
        return None


def _slices(data: bytes) -> Read:
    return lambda offset, size: data[offset : offset + size]


def _read(part: Read) -> Elf | None:
    head = part(0, 64)
    made_for = target(head)
    if made_for is None or len(head) < 52:
        return None
    machine, bits, little = made_for
    order = "<" if little else ">"
    (kind,) = struct.unpack_from(order + "H", head, 16)
    segments = _segments(part, head, bits, order)
    if segments is None:
        return None
    interpreter = ""
    for segment in segments:
        if segment.kind == _PT_INTERP:
            interpreter = _text(part(segment.offset, min(segment.size, _MAX_NAME)))
    dynamic = _dynamic(part, segments, bits, order)
    return Elf(
        machine=machine,
        bits=bits,
        little=little,
        kind=_KINDS.get(kind, f"ET_{kind}"),
        interpreter=interpreter,
        needed=tuple(dynamic.get(_DT_NEEDED, ())),
        soname=next(iter(dynamic.get(_DT_SONAME, ())), ""),
        rpath=_folders(dynamic.get(_DT_RPATH, [])),
        runpath=_folders(dynamic.get(_DT_RUNPATH, [])),
        go=_is_go(part, segments, order),
    )


def _segments(part: Read, head: bytes, bits: int, order: str) -> list[_Segment] | None:
    if bits == 64:
        (offset,) = struct.unpack_from(order + "Q", head, 32)
        size, count = struct.unpack_from(order + "HH", head, 54)
        form, least = order + "IIQQQQQQ", 56
    else:
        (offset,) = struct.unpack_from(order + "I", head, 28)
        size, count = struct.unpack_from(order + "HH", head, 42)
        form, least = order + "IIIIIIII", 32
    if count == 0:
        return []
    if not least <= size <= 2 * least or count > _MAX_HEADERS or offset == 0:
        return None
    table = part(offset, size * count)
    segments = []
    for number in range(count):
        fields = struct.unpack_from(form, table, number * size)
        if bits == 64:
            kind, flags, at, address, _, length = fields[:6]
        else:
            kind, at, address, _, length, _, flags = fields[:7]
        segments.append(_Segment(kind, flags, at, address, length))
    return segments


def _dynamic(part: Read, segments: list[_Segment], bits: int, order: str) -> dict[int, list[str]]:
    """The names in the dynamic section, by tag, in order."""
    section = next((segment for segment in segments if segment.kind == _PT_DYNAMIC), None)
    if section is None:
        return {}
    table = part(section.offset, min(section.size, _MAX_DYNAMIC))
    width = bits // 4
    form = order + ("qQ" if bits == 64 else "iI")
    tags: list[tuple[int, int]] = []
    for at in range(0, len(table) - width + 1, width):
        tag, value = struct.unpack_from(form, table, at)
        if tag == 0:
            break
        tags.append((tag, value))
    values = dict(tags)
    strings_at = _file_offset(segments, values.get(_DT_STRTAB, -1))
    if strings_at is None:
        return {}
    strings = part(strings_at, min(values.get(_DT_STRSZ, 0), _MAX_STRINGS))
    names: dict[int, list[str]] = {}
    for tag, value in tags:
        if tag in (_DT_NEEDED, _DT_SONAME, _DT_RPATH, _DT_RUNPATH) and value < len(strings):
            name = _text(strings[value : value + _MAX_NAME])
            if name:
                names.setdefault(tag, []).append(name)
    return names


def _file_offset(segments: list[_Segment], address: int) -> int | None:
    for segment in segments:
        if segment.kind == _PT_LOAD and 0 <= address - segment.address < segment.size:
            return address - segment.address + segment.offset
    return None


def _folders(lists: list[str]) -> tuple[str, ...]:
    return tuple(folder for text in lists for folder in text.split(":") if folder)


def _is_go(part: Read, segments: list[_Segment], order: str) -> bool:
    """By the linker's build-ID note, or by the build information that stays even with
    `-buildid=`."""
    for segment in segments:
        if segment.kind == _PT_NOTE:
            note = part(segment.offset, min(segment.size, _MAX_NOTE))
            if note[12:16] == b"Go\0\0" and struct.unpack_from(order + "I", note)[0] == 4:
                return True
    if any(segment.kind == _PT_INTERP for segment in segments):
        return False
    data = next((s for s in segments if s.kind == _PT_LOAD and s.flags & 2), None)
    return data is not None and _GO_MAGIC in part(data.offset, min(data.size, _GO_DATA))


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")
