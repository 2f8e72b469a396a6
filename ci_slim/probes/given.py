"""The settings of one probe, checked by the types of its keys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from ci_slim.errors import UsageError

Where = Callable[[tuple[str | int, ...]], str]
"""Returns the text of the place of a key path."""
Read = Callable[[str], bytes]
"""Returns the bytes of a file. May raise OSError."""


def no_files(path: str) -> bytes:
    """The `read` of callers that cannot read files."""
    raise OSError(f"{path} cannot be read here")


@dataclass(frozen=True, slots=True)
class Given:
    """The keys of one probe. `values` has each declared key, with its default if it is not given. A
    section (`expect`) is a mapping, empty if it is not given."""

    values: Mapping[str, Any]
    present: frozenset[str]
    """The keys that are given."""
    at: Where
    read: Read = no_files

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def __contains__(self, key: str) -> bool:
        return key in self.present

    def where(self, *keys: str | int) -> str:
        """The place of a key."""
        return self.at(keys)

    def below(self, key: str, values: Mapping[str, Any], present: frozenset[str]) -> Self:
        """The keys below a key."""
        return replace(self, values=values, present=present, at=lambda keys: self.at((key, *keys)))

    def content(self, key: str) -> bytes:
        """The bytes of the file that a key names. Raises UsageError if they cannot be read."""
        return content(self[key], key, self.where(key), self.read)


def content(path: str, what: str, where: str, read: Read) -> bytes:
    """The bytes of a file that a probe names. Raises UsageError if they cannot be read."""
    try:
        return read(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"{what}: {path} cannot be read: {reason}",
            where=where,
            hint="create the file, or correct its path",
        ) from error
