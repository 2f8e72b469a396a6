"""Makes mutants of valid documents. Most stay valid, so that they also test the code after the
reader."""

import copy
import json
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1, 599, 65536, 2**31, 2**53, 2**64, 10**400, 0.5, 1e308, "", "x" * 70_000,
    "\ud800", "\udcff", "a\nb", "\x1b[31m", "|`<b>", "${HOME}", "9" * 5000, [], [[]], {}, {"": 0},
)  # fmt: skip


def mutated(value: Any, random: Random) -> Any:
    """The value with some places changed."""
    value = copy.deepcopy(value)
    for _ in range(random.randint(1, 3)):
        value = _changed(value, random)
    return value


def _changed(value: Any, random: Random) -> Any:
    if not isinstance(value, dict | list) or not value or random.random() < 0.08:
        return _other(value, random)
    key: Any = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
    way = random.random()
    if way < 0.04:
        del value[key]
    elif way < 0.08 and isinstance(value, list):
        value.append(copy.deepcopy(value[key]))
    elif way < 0.08 and isinstance(value, dict):
        value[f"{key}x"] = value[key]
    else:
        value[key] = _changed(value[key], random)
    return value


def _other(value: Any, random: Random) -> Any:
    """Mostly another value of the same kind, which the reader accepts."""
    if random.random() < 0.3:
        return copy.deepcopy(random.choice(ODD))
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return random.choice((0, 1, value + 1, 2**53 - 1, random.randrange(10**9)))
    if isinstance(value, str):
        at = random.randint(0, len(value))
        extra = random.choice(("", "/", "..", "é", "\udcff", "|", "`", "<", "\t", "0", "*", "%"))
        return value[:at] + extra + value[at + random.randint(0, 3) :]
    return copy.deepcopy(random.choice(ODD))


def as_json(value: Any) -> str:
    """JSON also of numbers with more digits than Python prints."""
    return json.dumps(value, indent=1)


def mutated_bytes(data: bytes, random: Random) -> bytes:
    """The bytes with some places overwritten, left out or repeated."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 6)):
        at = random.randint(0, max(0, len(changed) - 1))
        size = random.choice((1, 1, 2, 4, 8, 12, 512))
        way = random.random()
        if way < 0.7:
            fill = random.choice((b"\0", b"\xff", b"7", b" ", random.randbytes(1)))
            changed[at : at + size] = fill * len(changed[at : at + size])
        elif way < 0.85:
            del changed[at : at + size]
        else:
            changed[at:at] = changed[at : at + size]
    return bytes(changed)
