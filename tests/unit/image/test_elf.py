"""Tests the ELF reader, with programs of this machine and with bytes made by hand."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.image import elf

_NAMES = b"\0libc.so.6\0$ORIGIN/../lib:/opt/lib\0libx.so.1\0"


def make(
    *, bits: int = 64, little: bool = True, machine: int = 62, interpreter: bytes = b"/lib/ld.so\0"
) -> bytes:
    """A small shared object: one PT_LOAD over all of it, PT_INTERP, PT_DYNAMIC."""
    order = "<" if little else ">"
    wide = bits == 64
    head_size, row_size = (64, 56) if wide else (52, 32)
    strings_at = head_size + 3 * row_size
    interp_at = strings_at + len(_NAMES)
    dynamic_at = interp_at + len(interpreter)
    tags = ((1, 1), (1, 35), (5, strings_at), (10, len(_NAMES)), (29, 11), (14, 35), (0, 0))
    dynamic = b"".join(struct.pack(order + ("qQ" if wide else "iI"), *tag) for tag in tags)
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1 if little else 2, 1)) + bytes(9)
    head = ident + struct.pack(order + "HHI", 3, machine, 1)
    head += struct.pack(order + ("QQQ" if wide else "III"), 0, head_size, 0)
    head += struct.pack(order + "IHHHHHH", 0, head_size, row_size, 3, 0, 0, 0)
    total = dynamic_at + len(dynamic)
    rows = b""
    for kind, at, size in (
        (1, 0, total),
        (3, interp_at, len(interpreter)),
        (2, dynamic_at, len(dynamic)),
    ):
        if wide:
            rows += struct.pack(order + "IIQQQQQQ", kind, 4, at, at, at, size, size, 8)
        else:
            rows += struct.pack(order + "IIIIIIII", kind, at, at, at, size, size, 4, 4)
    return head + rows + _NAMES + interpreter + dynamic


@pytest.mark.parametrize(
    ("bits", "little", "machine", "name"),
    [
        (64, True, 62, "EM_X86_64"),
        (64, True, 183, "EM_AARCH64"),
        (32, True, 40, "EM_ARM"),
        (32, False, 20, "EM_PPC"),
        (64, False, 22, "EM_S390"),
        (64, True, 999, "EM_999"),
    ],
)
def test_every_word_size_and_byte_order_is_read(
    bits: int, little: bool, machine: int, name: str
) -> None:
    assert elf.read(make(bits=bits, little=little, machine=machine)) == elf.Elf(
        machine=name,
        bits=bits,
        little=little,
        kind="ET_DYN",
        interpreter="/lib/ld.so",
        needed=("libc.so.6", "libx.so.1"),
        soname="libx.so.1",
        runpath=("$ORIGIN/../lib", "/opt/lib"),
    )


def test_a_real_program_names_its_loader_and_libraries() -> None:
    described = elf.read(Path("/bin/ls").read_bytes())
    assert described is not None
    assert "libc.so.6" in described.needed
    assert Path(described.interpreter).exists()
    assert not described.go


def test_a_real_loader_needs_nothing() -> None:
    program = elf.read(Path("/bin/ls").read_bytes())
    assert program is not None
    loader = elf.read(Path(program.interpreter).read_bytes())
    assert loader is not None
    assert (loader.needed, loader.interpreter) == ((), "")
    assert loader.soname == Path(program.interpreter).name
    assert loader.target == program.target


def test_only_parts_of_a_large_file_are_read() -> None:
    asked: list[int] = []
    data = make() + bytes(1 << 20)

    def part(offset: int, size: int) -> bytes:
        asked.append(size)
        return data[offset : offset + size]

    assert elf.read(part) == elf.read(make())
    assert sum(asked) < 70_000


def test_programs_of_the_go_toolchain_are_known_by_their_note() -> None:
    note = struct.pack("<III", 4, 4, 4) + b"Go\0\0" + b"abcd"
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1)
    head += struct.pack("<QQQIHHHHHH", 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    row = struct.pack("<IIQQQQQQ", 4, 4, 120, 0, 0, len(note), len(note), 4)
    described = elf.read(head + row + note)
    assert described == elf.Elf("EM_X86_64", 64, True, "ET_EXEC", go=True)


def test_programs_of_the_go_toolchain_without_a_note_are_known_by_their_build_information() -> None:
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1)
    head += struct.pack("<QQQIHHHHHH", 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    row = struct.pack("<IIQQQQQQ", 1, 6, 120, 0, 0, 64, 64, 4)
    described = elf.read(head + row + bytes(16) + b"\xff Go buildinf:" + bytes(50))
    assert described is not None
    assert described.go


@pytest.mark.parametrize(
    ("head", "target"),
    [
        (make()[:20], ("EM_X86_64", 64, True)),
        (make(bits=32, little=False, machine=20)[:20], ("EM_PPC", 32, False)),
        (make()[:19], None),
        (b"#!/bin/sh\necho hello world\n", None),
    ],
)
def test_the_first_bytes_show_the_target_of_a_file(head: bytes, target: elf.Target | None) -> None:
    assert elf.target(head) == target


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x7fELF",
        b"#!/bin/sh\n",
        b"\x7fELF" + bytes(60),
        b"\x7fELF\x03\x01" + bytes(60),
        make()[:100],
        make()[:54] + struct.pack("<H", 1) + make()[56:],
        make()[:56] + struct.pack("<H", 60000) + make()[58:],
    ],
)
def test_an_invalid_elf_file_is_none(data: bytes) -> None:
    assert elf.read(data) is None


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(tail: bytes) -> None:
    for head in (b"", b"\x7fELF", make()[:20], make()[:120], make(bits=32)[:60]):
        described = elf.read(head + tail)
        assert described is None or isinstance(described, elf.Elf)


@given(st.lists(st.tuples(st.integers(4, len(make()) - 1), st.integers(0, 255)), max_size=12))
def test_any_damaged_file_can_be_read(changes: list[tuple[int, int]]) -> None:
    data = bytearray(make())
    for at, value in changes:
        data[at] = value
    described = elf.read(bytes(data))
    assert described is None or isinstance(described, elf.Elf)
