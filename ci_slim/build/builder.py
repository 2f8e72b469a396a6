"""Chooses the builder of a build: the daemon's own, or one that is created for it. Pure.

BuildKit inside the daemon writes no cache except `inline`, unless images are in containerd's store.
It knows the second version of GitHub's cache service only since Docker 28.1. A builder in a
container supports both, but it needs an image of BuildKit from a registry.

https://docs.docker.com/build/builders/drivers/
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from ci_slim.errors import UsageError
from ci_slim.settings.plans import BuilderPlan

OLDEST_DOCKER = (23, 0)
"""The first Docker that builds with BuildKit by default and whose API buildx 0.29 supports."""
_CACHE_SERVICE_2 = (28, 1)
"""The first Docker with BuildKit 0.21."""


@dataclass(frozen=True, slots=True)
class Builder:
    """A builder to use. `create` has the arguments of `docker buildx create` if it does not exist.
    `kept` says whether it stays after the run."""

    name: str
    create: tuple[str, ...] = ()
    kept: bool = True


def choose(
    wanted: BuilderPlan,
    exported: Collection[str],
    imported: Collection[str],
    *,
    docker: str,
    containerd_store: bool,
    existing: Collection[str],
    run_id: str,
) -> Builder | None:
    """Choose the builder for a run that writes and reads caches of these types. None is the
    daemon's own.

    `docker` is the daemon's version. `existing` are the builders that buildx knows. A builder that
    the settings name stays. One without a name is removed after the run. Raises UsageError if the
    daemon is too old.
    """
    if _version(docker) < OLDEST_DOCKER:
        raise UsageError(
            f"Docker {docker} is too old to build: {_dotted(OLDEST_DOCKER)} or newer is needed",
            where="the Docker daemon",
            hint="update Docker, or choose a newer daemon with DOCKER_HOST",
        )
    if wanted.name and wanted.name in existing:
        return Builder(wanted.name)
    old = "gha" in {*exported, *imported} and _version(docker) < _CACHE_SERVICE_2
    needed = old or bool(exported and not containerd_store)
    if wanted == BuilderPlan() and not needed:
        return None
    name = wanted.name or f"ci-slim-{run_id}"
    words = ["--name", name, "--driver", wanted.driver]
    for option in wanted.options:
        words += ["--driver-opt", option]
    if wanted.driver == "kubernetes":
        words += ["--driver-opt", "labels=ci-slim=true"]
    if wanted.endpoint:
        words.append(wanted.endpoint)
    return Builder(name, tuple(words), kept=bool(wanted.name))


def _version(text: str) -> tuple[int, int]:
    found = re.match(r"v?(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
