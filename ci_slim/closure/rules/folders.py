"""Keeps folders that a run will write into: their owner and mode matter, not their content.

The content of a volume is kept too, because Docker copies it into a new volume. A folder for
sessions, uploads or logs is unused until the first one comes, and no failed look-up shows that it
is needed. To keep it costs a tar header; without it, that request fails.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set_builder import KeepSetBuilder
from ci_slim.image.files import Entry, FileIndex, Kind

_PLACES = (
    "/tmp", "/var/tmp", "/run", "/var/run", "/run/lock", "/var/lock", "/dev/shm", "/var/log",
    "/var/lib", "/var/cache", "/var/spool", "/home", "/srv", "/opt", "/mnt",
)  # fmt: skip
"""Folders of the Filesystem Hierarchy Standard for what is written."""

_MOUNTS = ("/dev", "/proc", "/sys")
_NOT_WRITTEN = re.compile(r"/(?:usr(?!/local/|/src/)|etc|boot|dev|proc|sys)/").match
"""Folders whose content comes from packages or from the kernel."""

_PLACEHOLDERS = frozenset({".gitkeep", ".keep", ".gitignore", ".placeholder"})


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("folders"):
        return
    for folder in _PLACES:
        builder.add(folder, "folders: a run may write here")
    for folder in _MOUNTS:
        builder.add(folder, "folders: mount point")
    workdir = str(builder.config.get("WorkingDir") or "/")
    if workdir.startswith("/"):
        builder.add(workdir, "folders: working folder")
    volumes = builder.config.get("Volumes")
    for folder in volumes if isinstance(volumes, dict) else ():
        if str(folder).startswith("/"):
            builder.add_tree(str(folder), "folders: volume")
    for folder in _waiting(builder.index):
        builder.add(folder, "folders: a run may write here")


def _waiting(index: FileIndex) -> Iterator[str]:
    """Empty folders, and folders that users other than root may write into."""
    for path in index:
        entry = index[path]
        if entry.kind is Kind.DIR and not _NOT_WRITTEN(path):
            names = map(posixpath.basename, index.children(path))
            if _for_others(entry) or _PLACEHOLDERS.issuperset(names):
                yield path


def _for_others(entry: Entry) -> bool:
    """Whether a folder is for a user other than root. In /var a service owns its folder; elsewhere
    a whole application may belong to its user."""
    return bool(entry.mode & 0o002) or (
        entry.path.startswith("/var/") and (entry.uid != 0 or bool(entry.gid and entry.mode & 0o20))
    )
