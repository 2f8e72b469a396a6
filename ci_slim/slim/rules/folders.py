"""Folders that are there for what will be put into them: owners and modes matter, not content.

Volumes are the exception: Docker copies what the image has there into a new volume.
"""

from collections.abc import Sequence

from ci_slim.slim.keeping import Keeping

_PLACES = ("/tmp", "/var/tmp", "/run", "/var/run", "/run/lock", "/var/lock", "/dev/shm")
_MOUNTS = ("/dev", "/proc", "/sys")


def apply(keeping: Keeping, fresh: Sequence[str]) -> None:
    if not keeping.once("folders"):
        return
    for folder in _PLACES:
        keeping.add(folder, "folders: for what a run writes")
    for folder in _MOUNTS:
        keeping.add(folder, "folders: mount point")
    workdir = str(keeping.config.get("WorkingDir") or "/")
    if workdir.startswith("/"):
        keeping.add(workdir, "folders: working folder")
    volumes = keeping.config.get("Volumes")
    for folder in volumes if isinstance(volumes, dict) else ():
        if str(folder).startswith("/"):
            keeping.add_tree(str(folder), "folders: volume")
