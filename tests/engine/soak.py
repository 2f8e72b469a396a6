"""`make soak`: four runs at once on one daemon, with failures at random times, for some minutes.

An undisturbed run must end with 0 and with the same digest as every other one. A run that is
stopped, killed or out of disk must end with its own exit code and deliver nothing. At the end
nothing may be left, by exact comparison. The daemon is used only by this program, and is restarted
every few minutes; what runs then must end well or with an error of its own. All of it has to be in
a network namespace, because a dockerd that starts on used data removes the bridge of another one.

    unshare --net python tests/engine/soak.py [--minutes 30] [--seed 7]
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import daemons
from command import owned
from daemons import Store

from ci_slim.engine.leftovers import YOUNG

RUNS_AT_ONCE = 4
IMAGE = "engine-tests/soak"
PROGRAM = """
FROM debian:trixie-slim
VOLUME /data
RUN for n in 1 2 3 4 5 6 7 8 9; do echo "line $n" > /opt/$n; done
CMD ["sh", "-c", "trap 'exit 0' TERM; read w < /opt/1; read w < /opt/5; echo up; \\
while :; do sleep 0.2 & wait; done"]
"""
FLAGS = ("--ready=log:up", "--exec-probe=cat /opt/3")

BASE = "debian:trixie-slim"
PAUSES = (60.0, 180.0)
"""The shortest and the longest time between two restarts of the daemon, in seconds."""

FAULTS = {
    "none": {0},
    "tag removed": {0},
    "SIGINT": {0, 130},
    "SIGTERM": {0, 130},
    "SIGKILL": {0, -signal.SIGKILL},
    "disk full": {4},
}
"""The failures, and the exit codes that a run may have after each."""
RESTARTED = {4}
"""A further exit code of a run during which the daemon was restarted."""


@dataclass
class Soak:
    """One soak: its daemon, and the problems found so far."""

    store: Store
    folder: Path
    small: Path
    """A disk with too little space for a layer."""
    choice: random.Random
    digest: str = ""
    ended: "Counter[tuple[str, int]]" = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)
    """When each restart of the daemon began and ended, in seconds of the monotonic clock."""

    def run(self, number: int, fault: str) -> None:
        """Do one run with one failure. Problems are added to `wrong`."""
        tag, report = f"{IMAGE}:{number}", self.folder / f"{number}.json"
        began = len(self.restarts)
        self._tag(tag)
        temporary = self.small if fault == "disk full" else self.folder / "tmp"
        with (self.folder / f"{number}.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "ci_slim", "slim", *FLAGS),
                    *(f"--output={self.folder}/{number}", f"--report={report}", tag),
                ],
                env={**os.environ, **self.store.environment, "TMPDIR": str(temporary)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while "observe …" not in self._said(number) and process.poll() is None:
            time.sleep(0.05)
        time.sleep(self.choice.uniform(0, 6))  # the time of the failure must be random
        if fault.startswith("SIG"):
            process.send_signal(signal.Signals[fault])
        elif fault == "tag removed":
            self.store.docker("rmi", tag, check=False)
        code = process.wait(300)
        self.store.docker("rmi", tag, check=False)
        restarted = len(self.restarts) > began
        self.ended[fault + " and restart" * restarted, code] += 1
        problem = self._problem(fault, code, number, report, restarted)
        if problem:
            self.wrong.append(f"run {number}, {fault}: {problem}\n{self._said(number)[-1500:]}")
        shutil.rmtree(self.folder / str(number), ignore_errors=True)

    def _tag(self, tag: str) -> None:
        """Tag the image. The daemon may just be restarted."""
        end = time.monotonic() + daemons.START_SECONDS
        while self.store.docker("tag", IMAGE, tag, check=False).returncode:
            assert time.monotonic() < end, "the daemon does not answer"
            time.sleep(0.2)

    def _said(self, number: int) -> str:
        return (self.folder / f"{number}.log").read_text(errors="replace")

    def _problem(self, fault: str, code: int, number: int, report: Path, restarted: bool) -> str:
        if code not in (FAULTS[fault] | RESTARTED if restarted else FAULTS[fault]):
            return f"exit code {code}"
        if "Traceback" in self._said(number):
            return "a traceback"
        layouts = list((self.folder / str(number)).glob("*/*/index.json"))
        if code == 0:
            (image,) = json.loads(report.read_text())["images"]
            (platform,) = image["platforms"]
            if not platform["verified"] or len(layouts) != 1:
                return "it ended with 0 and handed out nothing that is proved"
            self.digest = self.digest or platform["slim"]["digest"]
            if platform["slim"]["digest"] != self.digest:
                return f"digest {platform['slim']['digest']}, before {self.digest}"
        elif code > 0 and layouts and code != 130:  # a signal may come after everything is written
            return "it failed and handed out an image"
        return ""


def main() -> int:
    """Soak for some minutes. Returns 0 if there was no problem."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    if subprocess.run(["ip", "link", "show", "docker0"], capture_output=True).returncode == 0:
        parser.error("it needs a network namespace of its own: unshare --net python …")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp")))
        (folder / "tmp").mkdir()
        small = stack.enter_context(_small_disk(folder / "small"))
        store = stack.enter_context(daemons.second())
        _copy_base(store)
        store.build_text(PROGRAM, IMAGE)
        before = owned(store)
        soak = Soak(store, folder, small, random.Random(asked.seed))
        _workers(soak, time.monotonic() + 60 * asked.minutes)
        _clean(soak)
        left = {kind: more for kind, now in owned(store).items() if (more := now - before[kind])}
        files = [each.name for each in (*(folder / "tmp").iterdir(), *small.iterdir())]
        if left or files:
            soak.wrong.append(f"left behind: {left} {files}")
    for (fault, code), count in sorted(soak.ended.items()):
        sys.stdout.write(f"{fault:23} exit {code:4}  {count:4} runs\n")
    told = "\n".join(soak.wrong) or "nothing is wrong, and nothing is left"
    counts = f"{soak.ended.total()} runs, {len(soak.restarts) // 2} restarts of the daemon"
    sys.stdout.write(f"{counts}, seed {asked.seed}: {told}\n")
    return 1 if soak.wrong else 0


def _workers(soak: Soak, until: float) -> None:
    numbers, guard = iter(range(1_000_000)), threading.Lock()

    def work() -> None:
        while time.monotonic() < until:
            with guard:
                number, fault = next(numbers), soak.choice.choice(list(FAULTS))
            try:
                soak.run(number, "none" if number == 0 else fault)
            except Exception as error:
                soak.wrong.append(f"run {number}, {fault}: {error!r}")

    threads = [threading.Thread(target=work, daemon=True) for _ in range(RUNS_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(soak.choice.uniform(*PAUSES))
            if thread.is_alive() and time.monotonic() < until:
                soak.restarts.append(time.monotonic())
                soak.store.restart()
                soak.restarts.append(time.monotonic())


def _copy_base(store: Store) -> None:
    """Bring the base image from the machine's daemon: the namespace does not reach the registry."""
    saved = daemons.answering().docker("save", BASE).stdout
    environment = {**os.environ, **store.environment}
    subprocess.run(
        ["docker", "load"], input=saved, env=environment, capture_output=True, check=True
    )


def _clean(soak: Soak) -> None:
    time.sleep(YOUNG + 1)  # the folder of a run that was killed before it had its lock
    for temporary in (soak.folder / "tmp", soak.small):
        subprocess.run(
            [sys.executable, "-m", "ci_slim", "clean", "--remove"],
            env={**os.environ, **soak.store.environment, "TMPDIR": str(temporary)},
            capture_output=True,
            check=True,
        )


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


if __name__ == "__main__":
    sys.exit(main())
