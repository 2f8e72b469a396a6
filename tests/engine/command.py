"""Runs ci-slim as its users do: a process with arguments. Checks what it leaves."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from daemons import Store

PROJECT = Path(__file__).resolve().parents[2]
LIMIT = 240.0
"""The most seconds of one call. The slowest takes a quarter of this."""


@dataclass(frozen=True, slots=True)
class Done:
    """A call that ended."""

    code: int
    stdout: str
    stderr: str
    report: dict[str, Any] | None
    """The JSON report, if one was written."""
    seconds: float
    run_id: str
    """What the names of everything that it created contain."""

    @property
    def platforms(self) -> list[dict[str, Any]]:
        """The platforms of the report's images, in order."""
        assert self.report is not None, f"no report was written:\n{self.stderr}"
        return [each for image in self.report["images"] for each in image["platforms"]]


class Call:
    """A running ci-slim with its own folder for temporary files."""

    def __init__(
        self,
        store: Store,
        arguments: Sequence[str],
        folder: Path,
        *,
        wrapper: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        working_folder: Path = PROJECT,
    ) -> None:
        self._store, self._folder = store, folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self._report = folder / "report.json"
        self._before = owned(store)
        self._run_id = ""
        self._errors = folder / "stderr"
        self._began = time.monotonic()
        command = [*wrapper, sys.executable, "-m", "ci_slim", *arguments]
        if arguments[0] not in ("measure", "harden", "dockerfile", "init"):
            command += ["--report", str(self._report)]
        with (folder / "stdout").open("wb") as out, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=working_folder,
                env={
                    **os.environ,
                    **store.environment,
                    "TMPDIR": str(self.temporary),
                    **(environment or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def stderr(self) -> str:
        """Its output so far."""
        return self._errors.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        """Wait until the text is on stderr."""
        deadline = time.monotonic() + LIMIT
        while text not in self.stderr:
            assert self.process.poll() is None, f"it ended before {text!r}:\n{self.stderr}"
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.stderr}"
            self._notice()
            time.sleep(0.01)

    def wait_for_handler(self, number: signal.Signals) -> None:
        """Wait until the process handles the signal (SigCgt of proc_pid_status(5))."""
        status = Path(f"/proc/{self.process.pid}/status")
        deadline = time.monotonic() + LIMIT
        while True:
            assert self.process.poll() is None, f"it ended at once:\n{self.stderr}"
            assert time.monotonic() < deadline, f"it never catches {number.name}"
            line = next(x for x in status.read_text().splitlines() if x.startswith("SigCgt:"))
            # Python itself handles SIGINT from its start. SIGTERM is handled once ci-slim's
            # handlers are set.
            if int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
                return
            time.sleep(0.01)

    def end(self) -> Done:
        """Wait for its end, and check that it left nothing."""
        deadline = time.monotonic() + LIMIT
        while self.process.poll() is None:
            self._notice()
            if time.monotonic() > deadline:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise AssertionError(f"not done after {LIMIT:g} s:\n{self.stderr}")
            time.sleep(0.01)
        seconds = time.monotonic() - self._began
        report = None
        if self._report.exists():
            report = json.loads(self._report.read_text())
        stdout = (self._folder / "stdout").read_text(errors="replace")
        done = Done(self.process.returncode, stdout, self.stderr, report, seconds, self._run_id)
        left = left_behind(self._store, self._before, self._run_id)
        files = sorted(each.name for each in self.temporary.iterdir())
        assert not left and not files, f"left behind: {left} {files}\n{done.stderr}"
        return done

    def _notice(self) -> None:
        """Read the id of the run, which is the end of the name of its scratch folder."""
        if not self._run_id:
            found = [each.name for each in self.temporary.glob("ci-slim-*")]
            self._run_id = found[0][-8:] if found else ""


def ci_slim(store: Store, arguments: Sequence[str], folder: Path, **more: Any) -> Done:
    """Run ci-slim to its end, and check that it left nothing."""
    return Call(store, arguments, folder, **more).end()


def left_behind(store: Store, before: Mapping[str, set[str]], run_id: str) -> dict[str, set[str]]:
    """What is in the daemon now and was not there before, by kind.

    Nothing else runs on a daemon of the tests. Others may use the daemon of the machine. There,
    only things with the run's id count, and volumes are not checked because they have no id.
    """
    left = {}
    for kind, now in owned(store).items():
        more = now - before.get(kind, set())
        if store.is_shared:
            more = {each for each in more if run_id and run_id in each}
        if more:
            left[kind] = more
    return left


def owned(store: Store) -> dict[str, set[str]]:
    """What is in the daemon, by kind. Images are identified by their names, or by their ids."""
    try:
        client = docker.APIClient(
            base_url=store.environment.get("DOCKER_HOST", os.environ.get("DOCKER_HOST")),
            version="auto",
            timeout=60,
        )
    except docker.errors.DockerException:
        return {}  # for tests with a daemon that does not answer
    with contextlib.closing(client):
        return {
            "containers": {
                f"{each['Id'][:12]} {each['Image']} {each['State']} {each['Labels']}"
                for each in client.containers(all=True)
            },
            "networks": {f"{each['Name']} {each['Labels']}" for each in client.networks()},
            "volumes": {each["Name"] for each in client.volumes()["Volumes"] or ()},
            "images": {
                name
                for each in client.images()
                for name in each["RepoTags"] or (each["Id"],)
                if "engine-tests/" not in name
            },
        }


@contextlib.contextmanager
def running(
    store: Store, image: str, platform: str, port: int, environment: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Run an image with no tracer. Yields the container's id and the address of its
    published port."""
    settings = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
    container = store.text(
        *("create", "--platform", platform, "--publish", f"127.0.0.1::{port}"),
        *settings,
        image,
    )
    try:
        store.docker("start", container)
        published = store.text("port", container, f"{port}/tcp").splitlines()[0]
        yield container, f"http://{published}"
    finally:
        store.docker("rm", "--force", "--volumes", container, check=False)
