"""Reads JSON from outside. Every problem is a UsageError, never a traceback."""

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from ci_slim.errors import UsageError

SIZE_LIMIT = 8 << 20
"""The most bytes of a JSON document. containerd refuses manifests above 4 MiB, and configs are not
larger."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_HINT = "the image is damaged or not an image; save, pull or build it again"


def load(raw: bytes, where: str) -> object:
    """The value of a JSON document."""
    if len(raw) > SIZE_LIMIT:
        refuse(f"{len(raw)} bytes of JSON, more than {SIZE_LIMIT}", where)
    try:
        value: object = json.loads(raw, parse_constant=lambda name: refuse(f"has {name}", where))
    except (ValueError, RecursionError) as error:
        refuse(f"not valid JSON: {error}", where)
    return value


def load_object(raw: bytes, where: str) -> dict[str, object]:
    return as_object(load(raw, where), where)


def dump(value: object) -> bytes:
    """The canonical text of a value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def as_object(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        refuse(f"is {_name(value)} instead of an object", where)
    return value


def objects(document: Mapping[str, object], key: str, where: str) -> list[dict[str, object]]:
    """The list of objects at `key`. Empty if it is missing or null."""
    return [
        as_object(item, f"{where}, {key}[{number}]")
        for number, item in enumerate(_list(document, key, where))
    ]


def strings(document: Mapping[str, object], key: str, where: str) -> list[str]:
    """The list of strings at `key`. Empty if it is missing or null."""
    values = _list(document, key, where)
    found = [value for value in values if isinstance(value, str)]
    if len(found) != len(values):
        refuse(f"`{key}` has an item that is not a string", where)
    return found


def string(document: Mapping[str, object], key: str, where: str) -> str:
    """The string at `key`. "" if it is missing or null."""
    value = document.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        refuse(f"`{key}` is {_name(value)} instead of a string", where)
    return value


def string_map(document: Mapping[str, object], key: str, where: str) -> dict[str, str]:
    """The object of strings at `key`. Empty if it is missing or null."""
    value = as_object(document.get(key) or {}, f"{where}, {key}")
    return {name: text for name, text in value.items() if isinstance(text, str)}


def size(document: Mapping[str, object], where: str) -> int:
    value = document.get("size")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        refuse("`size` is not a number of bytes", where)
    return value


def digest(text: str, where: str) -> str:
    """`text` if it is a digest. So a digest is always safe as a file name."""
    if not _DIGEST.fullmatch(text):
        refuse(f"{text[:80]!r} is not a digest", where)
    return text


def refuse(problem: str, where: str) -> NoReturn:
    raise UsageError(problem, where=where, hint=_HINT)


def _list(document: Mapping[str, object], key: str, where: str) -> list[object]:
    value = document.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        refuse(f"`{key}` is {_name(value)} instead of a list", where)
    return value


def _name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return names.get(type(value), "null" if value is None else "a number")
