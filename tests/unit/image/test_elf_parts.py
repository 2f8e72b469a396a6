"""Where the parts of an ELF file lie; foreign bytes never raise."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from small_elf import elf_file

from ci_slim.image.elf_parts import ElfParts, read_parts

LIBRARY = elf_file("libc.so.6")


def with_note(name: bytes, kind: int, content: bytes) -> bytes:
    """A 64-bit ELF file of one segment, which is a note."""
    note = struct.pack("<III", len(name), len(content), kind) + name + content
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQ", 3, 62, 1, 0, 64, 0)
    head += struct.pack("<IHHHHHH", 0, 64, 56, 1, 0, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 4, 4, 120, 0, 0, len(note), len(note), 4) + note


def test_the_end_is_behind_everything_that_is_described() -> None:
    for bits in (32, 64):
        data = elf_file("libc.so.6", bits=bits)
        assert read_parts(data) == read_parts(data + b"appended") == ElfParts(len(data))


def test_the_build_id_is_that_of_the_gnu_note_alone() -> None:
    assert read_parts(with_note(b"GNU\0", 3, b"\1\2\3\4")) == ElfParts(140, b"\1\2\3\4")
    for other in (with_note(b"GNU\0", 1, b"\1\2\3\4"), with_note(b"Go\0\0", 3, b"\1\2\3\4")):
        parts = read_parts(other)
        assert parts is not None
        assert parts.build_id == b""


def test_what_is_no_elf_file_is_none() -> None:
    for data in (b"", b"#!/bin/sh\n", b"\x7fELF", LIBRARY[:40], b"\x7fELF\3\1" + bytes(80)):
        assert read_parts(data) is None


@given(st.lists(st.tuples(st.integers(4, len(LIBRARY) - 1), st.integers(0, 255)), max_size=8))
def test_changed_bytes_never_raise(changes: list[tuple[int, int]]) -> None:
    data = bytearray(LIBRARY)
    for place, value in changes:
        data[place] = value
    read_parts(bytes(data))
