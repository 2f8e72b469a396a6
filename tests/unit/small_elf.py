"""Makes small ELF files with the loaders and libraries that a test names."""

import struct


def elf_file(
    *needed: str,
    interpreter: str = "",
    runpath: str = "",
    rpath: str = "",
    machine: int = 62,
    bits: int = 64,
    go: bool = False,
) -> bytes:
    """A little-endian shared object. `machine` as in elf.h: 62 x86-64, 183 AArch64, 40 ARM."""
    wide = bits == 64
    head_size, row_size = (64, 56) if wide else (52, 32)
    names, tags = b"\0", []
    for tag, name in [*((1, name) for name in needed), (29, runpath), (15, rpath)]:
        if name:
            tags.append((tag, len(names)))
            names += name.encode() + b"\0"
    note = struct.pack("<III", 4, 4, 4) + b"Go\0\0abcd" if go else b""
    starts = interpreter.encode() + b"\0" if interpreter else b""
    rows = 2 + bool(interpreter) + go
    names_at = head_size + rows * row_size
    dynamic_at = names_at + len(names)
    tags += [(5, names_at), (10, len(names)), (0, 0)]
    dynamic = b"".join(struct.pack("<qQ" if wide else "<iI", *tag) for tag in tags)
    starts_at = dynamic_at + len(dynamic)
    note_at = starts_at + len(starts)
    segments = [(1, 0, note_at + len(note)), (2, dynamic_at, len(dynamic))]
    segments += [(3, starts_at, len(starts))] if starts else []
    segments += [(4, note_at, len(note))] if go else []
    head = b"\x7fELF" + bytes((2 if wide else 1, 1, 1)) + bytes(9)
    head += struct.pack("<HHI", 3, machine, 1)
    head += struct.pack("<QQQ" if wide else "<III", 0, head_size, 0)
    head += struct.pack("<IHHHHHH", 0, head_size, row_size, rows, 0, 0, 0)
    for kind, at, size in segments:
        if wide:
            head += struct.pack("<IIQQQQQQ", kind, 4, at, at, at, size, size, 8)
        else:
            head += struct.pack("<IIIIIIII", kind, at, at, at, size, size, 4, 4)
    return head + names + dynamic + starts + note
