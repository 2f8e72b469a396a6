"""The only Dockerfile of a project that has no settings file."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ci_slim.errors import UsageError

_DEPTH = 4
_SKIPPED = frozenset({"node_modules", "vendor", "third_party", "testdata", "build", "dist"})
_NAME = re.compile(r"(?:Dockerfile|Containerfile)|.*\.(?:[Dd]ockerfile)|Dockerfile\..*")
_SHOWN = 10


def only_dockerfile(folder: Path) -> Path:
    """The relative path of the Dockerfile in the folder, else of the only one below it. Raises
    UsageError if there is none, or more than one."""
    if (folder / "Dockerfile").is_file():
        return Path("Dockerfile")
    found = sorted(_dockerfiles(folder))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            "there is no settings file and no Dockerfile",
            where=str(folder),
            hint="check the repository out before this step, and add .ci-slim.yml or name the "
            "Dockerfile (--dockerfile, or the input `dockerfile`)",
        )
    raise UsageError(
        f"there is no settings file, and there are {len(found)} Dockerfiles",
        where=str(folder),
        hint="choose one (--dockerfile, or the input `dockerfile`), or list the images in "
        ".ci-slim.yml",
        details=tuple(map(str, found[:_SHOWN])),
    )


def _dockerfiles(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        below = Path(place).relative_to(folder)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name not in _SKIPPED and len(below.parts) < _DEPTH
        ]
        yield from (below / name for name in files if _NAME.fullmatch(name))
