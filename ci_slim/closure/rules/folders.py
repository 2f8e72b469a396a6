"""Folders that are there for what will be put into them: owners and modes matter, not content.

Volumes are the exception: Docker copies what the image has there into a new volume.
A folder that waits for its first session, upload or log is not used until the first one comes, and
no look-up in it tells so; such a folder costs a tar header, its loss costs that request.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence

from ci_slim.closure.keep_set import KeepSetBuilder
from ci_slim.image.files import Entry, FileIndex, Kind

_PLACES = ("/tmp", "/var/tmp", "/run", "/var/run", "/run/lock", "/var/lock", "/dev/shm")
_MOUNTS = ("/dev", "/proc", "/sys")
_NOT_WRITTEN = re.compile(r"/(?:usr(?!/local/|/src/)|etc|boot|dev|proc|sys)/").match
"""What a run finds there came with a package, or from the kernel."""

_PLACEHOLDERS = frozenset({".gitkeep", ".keep", ".gitignore", ".placeholder"})


def apply(builder: KeepSetBuilder, fresh: Sequence[str]) -> None:
    if not builder.once("folders"):
        return
    for folder in _PLACES:
        builder.add(folder, "folders: for what a run writes")
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
        builder.add(folder, "folders: for what a run writes")


def _waiting(index: FileIndex) -> Iterator[str]:
    """Empty folders, and those that others than root may write into."""
    for path in index:
        entry = index[path]
        if entry.kind is Kind.DIR and not _NOT_WRITTEN(path):
            names = map(posixpath.basename, index.children(path))
            if _for_others(entry) or _PLACEHOLDERS.issuperset(names):
                yield path


def _for_others(entry: Entry) -> bool:
    """In /var a service owns its folder; elsewhere whole applications belong to their user."""
    return bool(entry.mode & 0o002) or (
        entry.path.startswith("/var/") and (entry.uid != 0 or bool(entry.gid and entry.mode & 0o20))
    )
