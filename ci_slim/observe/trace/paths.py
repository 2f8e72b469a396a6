"""Makes absolute paths from the names in the lines of strace."""

from collections.abc import Iterable

from ci_slim.observe.trace.lineage import Folders
from ci_slim.observe.trace.strace import unescape

NOISE = ("/usr/gnemul", "/.ci-slim", "/proc/sys/vm/mmap_min_addr")
"""Paths that QEMU user emulation and the toolkit look up, not the application."""

_OWN_FOLDERS = (b"/proc/self/cwd/", b"/proc/self/root/")


class PathReader:
    """Makes absolute paths. Paths at or below `noise` become ""."""

    def __init__(self, noise: Iterable[str]) -> None:
        self._noise = tuple(noise)
        self._known: dict[bytes, str] = {}

    def asked(
        self, folders: Folders, at: bytes | None, folder: bytes | None, raw: bytes, name: bytes
    ) -> str:
        """The absolute path that a call named, or "" for noise and for what is not a path.

        `at` and `folder` are the descriptor and the folder that strace printed before the path.
        """
        if raw.startswith(_OWN_FOLDERS):  # the closure does not know which process asks
            start = folders.cwd if raw.startswith(b"/proc/self/cwd/") else folders.root
            return self.absolute(start + b"/" + raw.split(b"/", 4)[4])
        if raw.startswith(b"/"):
            return self.absolute(folders.root + raw)
        if at is None or at == b"AT_FDCWD" or name == b"inotify_add_watch":
            return self.absolute(folders.cwd + b"/" + raw)
        if folder is None or not folder.startswith(b"/"):
            return ""
        return self.absolute(folder + b"/" + raw) if raw else self.absolute(folder)

    def absolute(self, raw: bytes) -> str:
        """An absolute path as strace printed it, unescaped and shortened, or "" for noise."""
        name = self._known.get(raw)
        if name is None:
            name = _tidy(unescape(raw).decode("utf-8", "surrogateescape"))
            if any(name == noise or name.startswith(noise + "/") for noise in self._noise):
                name = ""
            self._known[raw] = name
        return name


def _tidy(path: str) -> str:
    """The path without `.`, empty parts and `..` at the root. Other `..` stay."""
    if "//" not in path and "/." not in path and not path.endswith("/"):
        return path
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", ".") or (part == ".." and not parts):
            continue
        parts.append(part)
    return "/" + "/".join(parts)
