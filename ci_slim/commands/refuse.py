"""Refuse a run that cannot succeed, before any work starts."""

import os
from pathlib import Path

from ci_slim.deliver import refuse_full_disk
from ci_slim.engine import process
from ci_slim.engine.docker import Engine
from ci_slim.errors import UsageError
from ci_slim.pack.tools import refuse_missing
from ci_slim.requests import PipelineRequest
from ci_slim.settings import Settings


def refuse_unwritable(request: PipelineRequest) -> None:
    """Raise an error if the output folder or the report cannot be written, or the disk is full."""
    for name, value in (("output", request.output), ("report", request.report)):
        if not value:
            continue
        path = Path(value)
        folder = path if name == "output" else path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = error.strerror
        else:
            wanted = path if path.exists() else folder
            problem = "" if os.access(wanted, os.W_OK) else "it is read-only"
            problem = "is a folder" if name == "report" and path.is_dir() else problem
        if problem:
            raise UsageError(
                f"cannot write: {problem}",
                where=str(path),
                hint=f"name another place with {request.asked.place(name)}",
            )
        refuse_full_disk(folder, _earlier_bytes(path))


def _earlier_bytes(path: Path) -> int:
    """The bytes of an earlier result, which stays until the new one is complete; at least 1 MiB for
    a report."""
    layouts = path.glob("*/*/blobs/sha256/*") if path.is_dir() else ()
    return (1 << 20) + sum(each.lstat().st_size for each in layouts)


def refuse_profiles_without_output(settings: Settings, request: PipelineRequest) -> None:
    """Raise UsageError if profiles are wanted but there is no folder for them."""
    asked = request.asked
    for image in settings.images:
        if image.slim.enabled and image.slim.profiles and not request.output:
            raise UsageError(
                "profiles need an output folder, and none is given",
                where=asked.place("profiles") if asked.gave("profiles") else image.where,
                hint="name one with --output",
            )


def refuse_missing_pack_tools(settings: Settings) -> None:
    """Raise EngineError if a tool for packing is missing."""
    for image in settings.images:
        if image.slim.enabled:
            refuse_missing(image.slim.pack, process.find)


def refuse_what_podman_cannot(settings: Settings, engine: Engine) -> None:
    """Raise UsageError for what podman's Docker-compatible API cannot do: it has no BuildKit, and
    it reads a seccomp profile only from a file on its own machine."""
    if not engine.is_podman:
        return
    for image in settings.images:
        if image.build is not None:
            raise UsageError(
                "podman does not build through docker buildx",
                where=image.where,
                hint="build it with `podman build --platform OS/ARCH -t NAME .`, then `ci-slim "
                "slim NAME`, or name it under `image:` instead of `build:`",
            )
        if image.slim.enabled and image.slim.profiles:
            raise UsageError(
                "podman's API accepts no seccomp profile, so profiles cannot be proved",
                where=image.where,
                hint="leave out --profiles, or make the profiles with a Docker daemon",
            )
