"""Read a JSON value from an untrusted file. Every step is checked, and every error names the JSON
path, such as `images[0].platforms[1].fat.pull_bytes`.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn, TypeVar

from ci_slim.errors import UsageError

T = TypeVar("T")

FILE_MAX = 32 * 2**20
"""The most bytes of a file."""
TEXT_MAX = 65_536
"""The most characters of a string."""
ITEMS_MAX = 100_000
"""The most members of a list or mapping."""
NUMBER_MAX = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8259, section 6)."""

_HINT = "Give a report.json that ci-slim wrote."
# U+DC80..U+DCFF (surrogateescape) are bytes of a path that are not UTF-8. Other halves of surrogate
# pairs are errors.
STRAY = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value, its file and its path in the file."""

    value: object
    source: str
    path: str = ""

    def refuse(self, message: str) -> NoReturn:
        """Raise UsageError with the file and the path."""
        where = f"{self.source}: {self.path}" if self.path else self.source
        raise UsageError(message, where=where, hint=_HINT)

    def fields(self, *names: str, optional: tuple[str, ...] = ()) -> dict[str, "Node"]:
        """The members of an object that has exactly these members. A missing optional member is
        null."""
        if not isinstance(self.value, dict):
            self.refuse(f"an object is needed, not {_kind(self.value)}")
        for key in self.value:
            if key not in names and key not in optional:
                near = get_close_matches(key[:100], names, n=1)
                meant = f"; did you mean {near[0]!r}?" if near else ""
                self.refuse(f"unknown member {_short(key)}{meant}")
        for name in names:
            if name not in self.value:
                self.refuse(f"the member {name!r} is missing")
        return {name: self._below(name, self.value.get(name)) for name in (*names, *optional)}

    def members(self) -> Iterator[tuple[str, "Node"]]:
        """The members of an object with any names."""
        if not isinstance(self.value, dict):
            self.refuse(f"an object is needed, not {_kind(self.value)}")
        if len(self.value) > ITEMS_MAX:
            self.refuse(f"more than {ITEMS_MAX} members")
        for key, value in self.value.items():
            Node(key, self.source, self.path).text()
            yield key, self._below(_short(key), value)

    def items(self) -> Iterator["Node"]:
        """The values of a list."""
        if not isinstance(self.value, list):
            self.refuse(f"a list is needed, not {_kind(self.value)}")
        if len(self.value) > ITEMS_MAX:
            self.refuse(f"more than {ITEMS_MAX} values")
        for index, value in enumerate(self.value):
            yield Node(value, self.source, f"{self.path}[{index}]")

    def text(self, pattern: str = "", what: str = "") -> str:
        """A string. With `pattern`, all of it must match; `what` is its name in errors."""
        if not isinstance(self.value, str):
            self.refuse(f"a string is needed, not {_kind(self.value)}")
        if len(self.value) > TEXT_MAX:
            self.refuse(f"a string of more than {TEXT_MAX} characters")
        if STRAY.search(self.value):
            self.refuse("a string with half a surrogate pair")
        if pattern and not re.fullmatch(pattern, self.value):
            self.refuse(f"{_short(self.value)} is not a valid {what}")
        return self.value

    def one_of(self, *words: str) -> str:
        """One of these strings."""
        text = self.text()
        if text not in words:
            self.refuse(f"{_short(text)} is not one of {', '.join(words)}")
        return text

    def boolean(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.refuse(f"true or false is needed, not {_kind(self.value)}")
        return self.value

    def integer(self, least: int = 0) -> int:
        """An integer from `least` to 2^53 - 1."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.refuse(f"an integer is needed, not {_kind(self.value)}")
        if not least <= self.value <= NUMBER_MAX:
            self.refuse(f"an integer from {least} to {NUMBER_MAX} is needed")
        return self.value

    def seconds(self) -> float:
        """A duration of at least 0 and less than 10^9 seconds (32 years)."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self.refuse(f"a number is needed, not {_kind(self.value)}")
        if not 0 <= self.value < 10**9:  # false for NaN too
            self.refuse("a number of seconds from 0 to 10^9 is needed")
        return float(self.value)

    @property
    def is_null(self) -> bool:
        """Whether the value is null."""
        return self.value is None

    def _below(self, name: str, value: object) -> "Node":
        return Node(value, self.source, f"{self.path}.{name}" if self.path else name)


def parse(text: str | bytes, source: str) -> Node:
    """The value of a JSON text. Raises UsageError for invalid JSON, for a text that is too large or
    nested too deeply, for duplicate members, and for numbers such as NaN.
    """
    root = Node(None, source)
    if len(text) > FILE_MAX:
        root.refuse(f"the file has more than {FILE_MAX // 2**20} MiB")
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(decoded, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        root.refuse("the values are nested too deeply")
    except UnicodeDecodeError as error:
        root.refuse(f"byte {error.start} is not UTF-8")
    except json.JSONDecodeError as error:
        root.refuse(f"line {error.lineno}, column {error.colno}: {error.msg}")
    except ValueError as error:
        root.refuse(str(error)[:200])
    return Node(value, source)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f"the member {_short(key)} is used twice in one object")
        members[key] = value
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a string"}
    return names.get(type(value), "a list" if isinstance(value, list) else "an object")


def _short(text: str) -> str:
    """Foreign text for a message: quoted, in ASCII, and at most one line long."""
    return ascii(text if len(text) <= 60 else text[:59] + "…")


def members_of(value: object, *names: str) -> dict[str, object] | None:
    """These attributes of a value, for `json.dumps`; None for None."""
    return None if value is None else {name: getattr(value, name) for name in names}


def optional(node: Node, read: Callable[[Node], T]) -> T | None:
    """What `read` makes of a node; None if it is null."""
    return None if node.is_null else read(node)
