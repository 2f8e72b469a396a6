"""Runs an image without a tracer and without the toolkit: its answers, and how it ends."""

import http.client
import io
import json
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from command import running
from daemons import Store
from recipes import Recipe

READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plain:
    """The result of such a run."""

    answers: Mapping[str, tuple[int, bytes]]
    """Path → status and body."""
    commands: Mapping[str, tuple[int, bytes]]
    """Command → exit code and output."""
    volumes: Mapping[str, tuple[int, int, int]]
    """Volume → owner, group and mode of its folder in the running container."""
    exit_code: int
    stopped_in: float
    """Seconds from the stop signal to the end."""
    log: str


def run_plainly(store: Store, recipe: Recipe, platform: str, image: str) -> Plain:
    """Run an image, send all requests of its recipe, and stop it with its own stop signal."""
    with running(store, image, platform, recipe.port, recipe.environment) as (container, url):
        answers = {path: get(url, path) for path in (*recipe.paths, *recipe.unprobed)}
        commands = {}
        for command in recipe.commands:
            done = store.docker("exec", container, *command, check=False)
            commands[" ".join(command)] = (done.returncode, done.stdout)
        volumes = {name: _folder(store, container, name) for name in _volumes(store, image)}
        began = time.monotonic()
        store.docker("stop", "--time", str(recipe.patience), container)
        seconds = time.monotonic() - began
        code = int(store.text("inspect", "--format", "{{.State.ExitCode}}", container))
        logged = store.docker("logs", container)
        log = (logged.stdout + logged.stderr).decode("utf-8", "replace")
        return Plain(answers, commands, volumes, code, seconds, log)


def get(url: str, path: str) -> tuple[int, bytes]:
    """Status and body. Repeats until there is an answer."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            assert time.monotonic() < deadline, f"{url}{path} does not answer: {error}"
            time.sleep(0.05)
        finally:
            connection.close()


def _volumes(store: Store, image: str) -> list[str]:
    declared = store.text("image", "inspect", "--format", "{{json .Config.Volumes}}", image)
    return sorted(json.loads(declared) or ())


def _folder(store: Store, container: str, path: str) -> tuple[int, int, int]:
    archive = store.docker("cp", f"{container}:{path}", "-").stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        first = tar.next()
        assert first is not None
        return first.uid, first.gid, first.mode
