"""Reads the constants of Java's class files (JVM specification, chapter 4.4), alone or in a jar."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator

_MAGIC = b"\xca\xfe\xba\xbe"
_WIDTHS = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4,
           18: 4, 19: 2, 20: 2}  # fmt: skip
"""Bytes of each kind of constant after its tag. A text (1) has its own length."""

_TEXT, _STRING, _LONG, _DOUBLE = 1, 8, 5, 6
_CLASS_MOST = 1 << 20
_JAR_MOST = 1 << 27
_INVALID = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, LookupError, OSError,
    RuntimeError, ValueError,
)  # fmt: skip


def classes(data: bytes) -> Iterator[bytes]:
    """The class files in a jar, or the class file itself. Entries that are invalid, encrypted or
    larger than a class can reasonably be are left out, and so is what is beyond 128 MiB."""
    if data.startswith(_MAGIC):
        yield data
    if not data.startswith(b"PK"):
        return
    left = _JAR_MOST
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as jar:
            for entry in jar.infolist():
                left -= entry.file_size
                if entry.filename.endswith(".class") and entry.file_size <= _CLASS_MOST:
                    if left < 0:
                        return
                    with jar.open(entry) as file:
                        yield file.read(_CLASS_MOST)
    except _INVALID:
        return


def strings(data: bytes) -> tuple[str, ...]:
    """The string literals of a class file, without names of classes, methods and fields. What comes
    after an invalid constant is left out."""
    texts: dict[int, bytes] = {}
    literals: list[int] = []
    at, number = 10, 1
    count = int.from_bytes(data[8:10]) if data.startswith(_MAGIC) else 0
    while number < count and at + 3 <= len(data):
        tag, value = data[at], int.from_bytes(data[at + 1 : at + 3])
        if tag == _TEXT:
            texts[number] = data[at + 3 : at + 3 + value]
            at += 3 + value
        elif tag in _WIDTHS:
            if tag == _STRING:
                literals.append(value)
            at += 1 + _WIDTHS[tag]
        else:
            break
        number += 2 if tag in (_LONG, _DOUBLE) else 1
    return tuple(texts[each].decode("utf-8", "replace") for each in literals if each in texts)
