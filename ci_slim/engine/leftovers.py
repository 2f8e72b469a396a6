"""Finds and removes what killed runs left, in the daemon and in the folder for temporary files."""

import contextlib
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import requests
from docker.errors import DockerException, NotFound

from ci_slim.cleanup import LOCK
from ci_slim.engine.daemon import translated
from ci_slim.engine.docker import LABEL, Engine
from ci_slim.engine.owner import Fate, Owner, owner_of, start_time
from ci_slim.errors import EngineError

Kind = Literal["container", "network", "image", "folder"]
_IMAGES = "ci-slim-*"
YOUNG = 60.0
"""Seconds after which a folder without a lock is not a new one any more."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A thing of a run, and whether that run is alive."""

    kind: Kind
    name: str
    """What identifies it for removal: an id, an image's reference, or a path."""
    told: str
    """What messages call it."""
    fate: Fate


def in_daemon(engine: Engine, me: Owner) -> tuple[Leftover, ...]:
    """Every container, network and temporary image of a run of ci-slim, except of this process."""
    client = engine.client
    with translated("the daemon"):
        ours = {"label": LABEL}
        containers = client.containers(all=True, filters=ours)
        networks = client.networks(filters=ours)
        images = client.images(filters={"reference": _IMAGES})
    found: list[tuple[str, Kind, str, str]] = []
    for each in containers:
        told = f"{each['Id'][:12]} ({each['Image']}, {each['State']})"
        found.append((each["Labels"].get(LABEL, ""), "container", each["Id"], told))
    found += [(e["Labels"].get(LABEL, ""), "network", e["Id"], e["Name"]) for e in networks]
    found += [(tag, "image", tag, tag) for e in images for tag in e["RepoTags"] or ()]
    return tuple(
        Leftover(kind, name, told, me.fate_of(owner, start_time))
        for text, kind, name, told in found
        if (owner := owner_of(text)) != me and (kind != "image" or owner is not None)
    )


def in_folder(folder: Path) -> Iterator[Leftover]:
    """Every folder of a run of this user, in the folder for temporary files."""
    for path in sorted(folder.glob("ci-slim-" + "[0-9a-f]" * 8)):
        with contextlib.suppress(OSError):
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
                young = time.time() - found.st_mtime < YOUNG
                yield Leftover("folder", str(path), str(path), _fate_of_folder(path, young))


def _fate_of_folder(path: Path, young: bool) -> Fate:
    try:
        with (path / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return "dead"
    except BlockingIOError:
        return "alive"
    except FileNotFoundError:
        return "unknown" if young else "dead"


def remove_dead(engine: Engine, me: Owner, folder: Path) -> int:
    """Remove what certainly belongs to dead runs, at the start of a run. Returns how many things
    were removed. What cannot be removed now is tried again by the next run."""
    try:
        found = (*in_daemon(engine, me), *in_folder(folder))
    except EngineError:
        return 0
    return sum(not problem for _, problem in remove(engine, found))


def remove(engine: Engine, found: tuple[Leftover, ...]) -> Iterator[tuple[Leftover, str]]:
    """Remove what belongs to dead runs: containers first, with their anonymous volumes. Yields each
    thing with the reason why it could not be removed, or "" if it is gone."""
    order = ("container", "network", "image", "folder")
    for each in sorted(found, key=lambda one: order.index(one.kind)):
        if each.fate != "dead":
            continue
        problem = ""
        try:
            match each.kind:
                case "container":
                    engine.client.remove_container(each.name, v=True, force=True)
                case "network":
                    engine.client.remove_network(each.name)
                case "image":
                    engine.client.remove_image(each.name)
                case "folder":
                    shutil.rmtree(each.name)
        except NotFound:  # another run was faster
            continue
        except (DockerException, requests.RequestException, OSError) as error:
            problem = str(error)
        yield each, problem
