"""ci-slim as its users call it: a process with arguments, and what it leaves behind."""

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
"""Seconds that one call may take; the slowest takes a quarter of it."""

SETTLE = 20.0
"""Seconds in which what other runs on the same daemon started may go away again."""


@dataclass(frozen=True, slots=True)
class Done:
    """A call that ended."""

    code: int
    stdout: str
    stderr: str
    report: dict[str, Any] | None
    """The JSON report, when one was written."""
    seconds: float

    @property
    def platforms(self) -> list[dict[str, Any]]:
        """The platforms of the report's images, in order."""
        assert self.report is not None, f"no report was written:\n{self.stderr}"
        return [each for image in self.report["images"] for each in image["platforms"]]


class Call:
    """A running ci-slim, with a folder of its own for temporary files."""

    def __init__(
        self,
        store: Store,
        arguments: Sequence[str],
        folder: Path,
        *,
        wrapper: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._store, self._folder = store, folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self._report = folder / "report.json"
        self._before = owned(store)
        self._errors = folder / "stderr"
        self._began = time.monotonic()
        command = [*wrapper, sys.executable, "-m", "ci_slim", *arguments]
        if arguments[0] != "measure":
            command += ["--report", str(self._report)]
        with (folder / "stdout").open("wb") as out, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=PROJECT,
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
        """What it wrote so far."""
        return self._errors.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        """Wait until the text is on stderr."""
        deadline = time.monotonic() + LIMIT
        while text not in self.stderr:
            assert self.process.poll() is None, f"it ended before {text!r}:\n{self.stderr}"
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.stderr}"
            time.sleep(0.01)

    def wait_for_handler(self, number: signal.Signals) -> None:
        """Wait until the process catches the signal (SigCgt of proc_pid_status(5))."""
        status = Path(f"/proc/{self.process.pid}/status")
        deadline = time.monotonic() + LIMIT
        while True:
            assert self.process.poll() is None, f"it ended at once:\n{self.stderr}"
            assert time.monotonic() < deadline, f"it never catches {number.name}"
            line = next(x for x in status.read_text().splitlines() if x.startswith("SigCgt:"))
            # Python itself catches SIGINT from its start; SIGTERM is caught once ours are set.
            if int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
                return
            time.sleep(0.01)

    def end(self) -> Done:
        """Wait for its end, and see that it left nothing behind."""
        try:
            code = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"not done after {LIMIT:g} s:\n{self.stderr}") from None
        seconds = time.monotonic() - self._began
        report = None
        if self._report.exists():
            report = json.loads(self._report.read_text())
        stdout = (self._folder / "stdout").read_text(errors="replace")
        done = Done(code, stdout, self.stderr, report, seconds)
        assert left_behind(self._store, self._before) == {}, done.stderr
        assert list(self.temporary.iterdir()) == [], done.stderr
        return done


def ci_slim(store: Store, arguments: Sequence[str], folder: Path, **more: Any) -> Done:
    """Run ci-slim to its end. Whatever the outcome, nothing may be left behind."""
    return Call(store, arguments, folder, **more).end()


def owned(store: Store) -> dict[str, set[str]]:
    """What is in the daemon that a run of ci-slim may have made, by kind."""
    try:
        client = docker.APIClient(
            base_url=store.environment.get("DOCKER_HOST", os.environ.get("DOCKER_HOST")),
            version="auto",
            timeout=60,
        )
    except docker.errors.DockerException:
        return {}  # the tests of a daemon that does not answer
    with contextlib.closing(client):
        containers = {
            f"{each['Id'][:12]} {each['Image']} {each['State']}"
            for each in client.containers(all=True)
            if "ci-slim" in each["Labels"] or each["Image"].startswith("ci-slim")
        }
        networks = {
            each["Name"]
            for each in client.networks()
            if "ci-slim" in (each["Labels"] or {}) or each["Name"].startswith("ci-slim")
        }
        volumes = {each["Name"] for each in client.volumes()["Volumes"] or ()}
        images = {
            tag
            for each in client.images(all=True)
            for tag in each["RepoTags"] or ()
            if tag.startswith("ci-slim")
        }
    return {"containers": containers, "networks": networks, "volumes": volumes, "images": images}


def left_behind(store: Store, before: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What is there now and was not before. Other runs on the same daemon get time to end."""
    deadline = time.monotonic() + SETTLE
    while True:
        now = owned(store)
        more = {kind: found - before.get(kind, set()) for kind, found in now.items()}
        left = {kind: names for kind, names in more.items() if names}
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.2)


@contextlib.contextmanager
def running(
    store: Store, image: str, platform: str, port: int, environment: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Run an image plainly, with no tracer: the container's id, and where its port is published."""
    settings = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
    container = store.text(
        *("run", "--detach", "--platform", platform, "--publish", f"127.0.0.1::{port}"),
        *settings,
        image,
    )
    try:
        published = store.text("port", container, f"{port}/tcp").splitlines()[0]
        yield container, f"http://{published}"
    finally:
        store.docker("rm", "--force", "--volumes", container, check=False)
