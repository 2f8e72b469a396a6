"""Finds the parts of an ELF file: its own bytes, appended bytes, and its build id.

The layout follows the System V ABI (gabi 4.1, chapters 4 and 5). The build id is the note
NT_GNU_BUILD_ID of elf.h. The file is foreign: if it is malformed or truncated, the result is None,
never an error.
"""

import struct
from dataclasses import dataclass

_SHT_SYMTAB, _SHT_NOBITS = 2, 8
_PT_NOTE, _PT_DYNAMIC = 4, 2
_DT_FLAGS_1, _DF_1_PIE = 0x6FFFFFFB, 0x08000000
_NT_GNU_BUILD_ID = 3
_MOST = 1 << 16
"""The most sections, segments and notes that are read. Real files do not have more."""


@dataclass(frozen=True, slots=True)
class ElfParts:
    """`end` is the position after everything that the headers describe. `build_id` is b"" if there
    is none. `symbols` says whether there is a symbol table that `strip` can remove. `pie` says
    whether it is an executable that can be loaded at any address."""

    end: int
    build_id: bytes = b""
    symbols: bool = False
    pie: bool = False


def read_parts(data: bytes) -> ElfParts | None:
    """Describe a whole ELF file. None if it is not a well-formed one."""
    try:
        return _read(data)
    except (struct.error, ValueError, IndexError, OverflowError):
        return None


def _read(data: bytes) -> ElfParts | None:
    if data[:4] != b"\x7fELF" or data[4] not in (1, 2) or data[5] not in (1, 2):
        return None
    wide, order = data[4] == 2, "<" if data[5] == 1 else ">"
    at, form = (32, "QQ") if wide else (28, "II")
    segments_at, sections_at = struct.unpack_from(order + form, data, at)
    sizes = struct.unpack_from(order + "HHHHH", data, 52 if wide else 40)
    header, segment_size, segment_count, section_size, section_count = sizes
    if section_count == 0 and sections_at:
        # If there are more sections than fit, the size of the first one is their number (gabi,
        # chapter 4).
        section_count = _section(data, sections_at, order, wide)[2]
    if max(segment_count, section_count) > _MOST:
        return None
    ends = [
        header,
        segments_at + segment_size * segment_count,
        sections_at + section_size * section_count,
    ]
    symbols, build_id, pie = False, b"", False
    for number in range(section_count):
        kind, offset, size = _section(data, sections_at + number * section_size, order, wide)
        symbols = symbols or kind == _SHT_SYMTAB
        if kind != _SHT_NOBITS and number:
            ends.append(offset + size)
    for number in range(segment_count):
        kind, offset, size = _segment(data, segments_at + number * segment_size, order, wide)
        ends.append(offset + size)
        if kind == _PT_NOTE and not build_id:
            build_id = _build_id(data[offset : offset + min(size, _MOST)], order)
        if kind == _PT_DYNAMIC:
            pie = _is_pie(data[offset : offset + min(size, _MOST)], order, wide)
    return ElfParts(max(ends), build_id, symbols, pie)


def _section(data: bytes, at: int, order: str, wide: bool) -> tuple[int, int, int]:
    """The kind, offset and size of a section."""
    if wide:
        _, kind, _, _, offset, size = struct.unpack_from(order + "IIQQQQ", data, at)
    else:
        _, kind, _, _, offset, size = struct.unpack_from(order + "IIIIII", data, at)
    return kind, offset, size


def _segment(data: bytes, at: int, order: str, wide: bool) -> tuple[int, int, int]:
    """The kind, the offset and the bytes in the file of a segment."""
    if wide:
        kind, _, offset, _, _, size = struct.unpack_from(order + "IIQQQQ", data, at)
    else:
        kind, offset, _, _, size = struct.unpack_from(order + "IIIII", data, at)
    return kind, offset, size


def _build_id(notes: bytes, order: str) -> bytes:
    at = 0
    while at + 12 <= len(notes):
        name_size, size, kind = struct.unpack_from(order + "III", notes, at)
        name = notes[at + 12 : at + 12 + name_size]
        begin = at + 12 + (name_size + 3 & -4)
        if kind == _NT_GNU_BUILD_ID and name == b"GNU\0":
            return notes[begin : begin + size]
        at = begin + (size + 3 & -4)
    return b""


def _is_pie(dynamic: bytes, order: str, wide: bool) -> bool:
    form, width = (order + "QQ", 16) if wide else (order + "II", 8)
    for at in range(0, len(dynamic) - width + 1, width):
        tag, value = struct.unpack_from(form, dynamic, at)
        if tag == 0:
            break
        if tag == _DT_FLAGS_1:
            return bool(value & _DF_1_PIE)
    return False
