"""Makes the beginning of a Java class file, its table of constants, and jars."""

import io
import zipfile
from collections.abc import Mapping


def class_file(*texts: str, literals: tuple[str, ...] = (), long: bool = False) -> bytes:
    """A class whose table has names (of classes, methods) and string literals."""
    constants = [b"\x05" + bytes(8)] if long else []
    number = 1 + 2 * len(constants)
    for text in texts:
        constants.append(_text(text))
        number += 1
    for text in literals:
        constants += [_text(text), b"\x08" + number.to_bytes(2)]
        number += 2
    return b"\xca\xfe\xba\xbe\0\0\0\x41" + number.to_bytes(2) + b"".join(constants)


def jar_file(files: Mapping[str, bytes]) -> bytes:
    """A jar with these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as jar:
        for name, data in files.items():
            jar.writestr(name, data)
    return made.getvalue()


def _text(text: str) -> bytes:
    data = text.encode()
    return b"\x01" + len(data).to_bytes(2) + data
