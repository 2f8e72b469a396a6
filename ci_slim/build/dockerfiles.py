"""Read the Dockerfiles that images are built from."""

from collections.abc import Mapping
from pathlib import Path

from ci_slim.settings.files import is_remote
from ci_slim.settings.plans import BuildPlan

_MOST = 1 << 20


def read_dockerfiles(builds: Mapping[str, BuildPlan | None]) -> dict[str, str]:
    """The texts of the Dockerfiles, by the image's name. A text is "" if the Dockerfile does not
    exist here or cannot be read. The build itself reports that."""
    return {name: _read(build) for name, build in builds.items()}


def _read(build: BuildPlan | None) -> str:
    if build is None or is_remote(build.context):
        return ""
    try:
        with Path(build.dockerfile).open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except OSError:
        return ""
