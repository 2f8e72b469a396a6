"""Slim images from the daemon to their registry, as one name for all platforms."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ci_slim.engine import process
from ci_slim.errors import EngineError, UsageError

DOCKER_HUB = "https://index.docker.io/v1/"
"""How docker's client calls Docker Hub in its file."""


def logged_in(folder: Path, earlier: Path | None, registry: str, user: str, password: str) -> None:
    """Write docker's config.json with this login into a folder, beside what an earlier one says.

    https://docs.docker.com/reference/cli/docker/login/#default-behavior
    """
    config: dict[str, object] = {}
    if earlier is not None and (earlier / "config.json").is_file():
        try:
            config = dict(json.loads((earlier / "config.json").read_bytes()))
        except (ValueError, TypeError, OSError):
            raise UsageError(
                "docker's configuration cannot be read", where=str(earlier / "config.json")
            ) from None
    host = registry.removeprefix("https://").rstrip("/")
    name = DOCKER_HUB if host in ("", "docker.io", "index.docker.io") else host
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    known = config.get("auths")
    config["auths"] = {**(known if isinstance(known, dict) else {}), name: {"auth": auth}}
    path = folder / "config.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config), encoding="utf-8")


def push(
    tag: str,
    loaded: Sequence[str],
    environment: Mapping[str, str],
    each_line: Callable[[str], None],
) -> None:
    """Push the images of all platforms, and `tag` as the index of them. Raises EngineError."""
    for reference in loaded:
        _docker(["push", reference], environment, each_line, reference)
    if list(loaded) != [tag]:
        create = ["buildx", "imagetools", "create", "--tag", tag, *loaded]
        _docker(create, environment, each_line, tag)


def _docker(
    arguments: list[str],
    environment: Mapping[str, str],
    each_line: Callable[[str], None],
    where: str,
) -> None:
    done = process.run(["docker", *arguments], environment=environment, each_line=each_line)
    if done.code:
        raise EngineError(
            "the registry did not take it",
            where=where,
            hint="give `registry`, `username` and `password` of a user who may push there",
            details=done.tail[-5:],
        )
