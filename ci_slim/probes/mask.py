"""Replaces the names of a run in its answers before they are compared. Pure.

Two runs of one image have different addresses, host names and container ids. An answer with one of
them differs from run to run, which says nothing about the image.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

# A name matches only as a whole word: `172.17.0.2` is not in `172.17.0.20`. In JSON, the start of a
# line before it is written as two characters, `\n`.
_BEFORE = r"(?:(?<![0-9A-Za-z])|(?<=\\[nrt]))(?<![0-9]\.)"
_AFTER = r"(?![0-9A-Za-z])(?!\.[0-9])"

_LAYERS = re.compile(rb"\b(lowerdir|upperdir|workdir)=[^\s,\"'<>&)]+")
"""The folders of an overlay mount, in which the engine stores the layers of this container."""


@dataclass(frozen=True)
class Mask:
    """The replacement of each name: `172.17.0.2` → `<own address>`. Upper and lower case are the
    same. With any name, the folders of the container's layers are replaced, too."""

    names: Mapping[str, str] = field(default_factory=dict)

    def merge(self, other: "Mask") -> "Mask":
        """Both masks as one. If both have a name, the first mask counts."""
        return Mask({**other.names, **self.names})

    def in_bytes(self, body: bytes) -> bytes:
        """A body with the names replaced. Spaces after a name become one."""
        if self._pattern is None:
            return body
        return _LAYERS.sub(rb"\1=<layers>", self._pattern.sub(self._instead, body))

    def in_text(self, value: str) -> str:
        """A text with the names replaced."""
        return self.in_bytes(value.encode("utf-8", "surrogateescape")).decode(
            "utf-8", "surrogateescape"
        )

    def _instead(self, match: re.Match[bytes]) -> bytes:
        stands = self._lower[match[1].lower()]
        return stands + match[2][:1]

    @cached_property
    def _lower(self) -> Mapping[bytes, bytes]:
        return {name.lower().encode(): stands.encode() for name, stands in self.names.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[bytes] | None:
        longest_first = sorted(self._lower, key=lambda name: (-len(name), name))
        if not longest_first:
            return None
        either = b"|".join(map(re.escape, longest_first))
        whole = _BEFORE.encode() + b"(" + either + b")" + _AFTER.encode() + b"( *)"
        return re.compile(whole, re.IGNORECASE)


NO_MASK = Mask()
"""For a run without names of its own."""
