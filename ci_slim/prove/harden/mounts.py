"""Where a read-only container may still write: in memory, or on a volume. Pure."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from ci_slim.image.files import FileIndex, Kind
from ci_slim.observe.observation import How, Observation

CACHES = ("/__pycache__/",)
"""Paths that a program writes if it can, but does not need."""

_PROVIDED = ("/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
"""Folders that are mounted into every container. A read-only container may write there like any
other."""
_WRITES = How.WRITE | How.CREATE | How.REMOVE
_PLAIN = re.compile(r"/[A-Za-z0-9_./@+-]*", re.ASCII)
"""Paths that a shell, YAML and Docker's flags accept unchanged. For a folder with another name, the
folder above it is mounted."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder that may be written. In memory it starts empty. A volume starts with the content of
    the image."""

    path: str
    kind: Literal["tmpfs", "volume"]
    uid: int = 0
    gid: int = 0
    mode: int = 0o755
    executes: bool = False
    """Whether programs in it may be executed. Folders in memory do not allow it by default."""

    @property
    def options(self) -> str:
        """The options for `docker run --tmpfs`."""
        execute = "exec," if self.executes else ""
        return f"{execute}uid={self.uid},gid={self.gid},mode={self.mode:o}"


class Unmountable(Exception):
    """A path that is written but is in no folder that could be mounted. The text is the reason."""


def written_paths(seen: Observation) -> Iterator[str]:
    """The paths that a run wrote, created or removed."""
    return (path for path, how in seen.uses.items() if how & _WRITES)


def mount_for(
    path: str, index: FileIndex, seen: Observation, owner: tuple[int, int]
) -> Mount | None:
    """The mount for a written path. None if it may be written anyway, or need not be written. A new
    folder belongs to `owner`. Raises Unmountable."""
    real = index.real(path)
    if any(real == each or real.startswith(each + "/") for each in _PROVIDED):
        return None
    if any(part in f"{real}/" for part in CACHES):
        return None
    folder = _folder(real, index, seen)
    while not _PLAIN.fullmatch(folder):
        folder = posixpath.dirname(folder)
    if folder == "/":
        raise Unmountable(f"it writes {path}, which is in no folder that can be mounted")
    executes = any(
        how & How.EXEC and used.startswith(folder + "/") for used, how in seen.uses.items()
    )
    entry = index.get(folder)
    if entry is None:
        return Mount(folder, "tmpfs", *owner, executes=executes)
    if _holds(folder, index, seen):
        return Mount(folder, "volume")
    return Mount(folder, "tmpfs", entry.uid, entry.gid, entry.mode & 0o7777, executes)


def _folder(real: str, index: FileIndex, seen: Observation) -> str:
    """The folder of the image that contains a path, or the first new folder below its root."""
    if (entry := index.get(real)) is not None and entry.kind is Kind.DIR:
        return real
    folder = posixpath.dirname(real)
    while folder not in index:
        folder = posixpath.dirname(folder)
    if folder != "/":
        return folder
    top = "/" + real.split("/")[1]
    makes_folder = seen.uses.get(top, How.OPEN) == How.CREATE
    return top if top != real or makes_folder else "/"


def _holds(folder: str, index: FileIndex, seen: Observation) -> bool:
    """Whether an empty folder in its place would hide something: a file, or a used folder."""
    used = {
        above
        for path in seen.uses
        if path.startswith(folder + "/")
        for above in accumulate(path.split("/")[1:], "{}/{}".format, initial="")
    }
    return any(
        index[below].kind is not Kind.DIR or below in used for below in index.descendants(folder)
    )
