"""What packing did to the slim image of a platform."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file that was made smaller. `tools` says by what: `strip`, `upx` or `strip, upx`. Pull
    sizes are those of the file compressed alone."""

    path: str
    tools: str
    disk_before: int
    disk_after: int
    pull_before: int
    pull_after: int


@dataclass(frozen=True, slots=True)
class NotPacked:
    """Files that were left as they are, and why."""

    reason: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """The sizes of the slim image and its start-up time, before and after packing.

    If `given_up` says why, the packed image did worse, and the unpacked one was delivered."""

    disk_before: int
    disk_after: int
    pull_before: int | None
    pull_after: int | None
    start_before_ms: int
    start_after_ms: int
    files: tuple[PackedFile, ...] = ()
    skipped: tuple[NotPacked, ...] = ()
    given_up: str = ""
