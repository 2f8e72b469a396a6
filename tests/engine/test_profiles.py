"""Profiles allow their image everything that it does, as Docker alone proves, and nothing else."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command import Call, Done, ci_slim
from conftest import Run
from daemons import Store
from plain import get
from recipes import ARM64, ARMV6, NAMES, RECIPES
from trials import trials

from ci_slim.platforms import parse
from ci_slim.prove.profiles.seccomp import known

Built = Callable[..., str]
Stores = Callable[[str], Store]

ARM = Run("overlay2", "server", ARMV6)
ARM_ON_CONTAINERD = Run("containerd", "server", ARMV6)
NATIVE = [
    *(Run("overlay2", name) for name in ("server", "nginx", "python")),
    *trials(Run("overlay2", "shell")),
]
EMULATED = [
    ARM,
    ARM_ON_CONTAINERD,
    *trials(Run("overlay2", "server", ARM64), Run("overlay2", "service", ARMV6)),
]


class Confined:
    """An image that was slimmed with profiles, and the written files."""

    def __init__(self, run: Run, store: Store, image: str, done: Done, output: Path) -> None:
        self.run, self.store, self.image, self.done, self.output = run, store, image, done, output
        assert done.code == 0, done.stderr
        (self.platform,) = done.platforms

    @property
    def seccomp(self) -> Path:
        return self.output / str(self.platform["artifacts"]["seccomp"])

    @property
    def apparmor(self) -> Path:
        return self.output / str(self.platform["artifacts"]["apparmor"])

    @property
    def allowed(self) -> set[str]:
        """The names that the seccomp profile allows."""
        rules = json.loads(self.seccomp.read_text())["syscalls"]
        allows = [rule for rule in rules if rule["action"] == "SCMP_ACT_ALLOW"]
        return {name for rule in allows for name in rule["names"]}


@pytest.fixture(scope="module")
def confined(
    stores: Stores, built: Built, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Run], Confined]]:
    """Slims an image once with profiles, as its recipe says."""
    made: dict[Run, Confined] = {}

    def make_profiles(run: Run) -> Confined:
        if run not in made:
            folder = tmp_path_factory.mktemp("confined")
            store, fat = stores(run.store), built(run.store, run.image, run.platform)
            slug = run.platform.replace("/", "-")
            tag = f"{NAMES}/{run.image}-confined:{slug}"
            arguments = ["slim", *RECIPES[run.image].flags(), "--profiles", f"--tag={tag}"]
            arguments += [f"--platform={run.platform}", f"--output={folder / 'out'}", fat]
            done = ci_slim(store, arguments, folder)
            made[run] = Confined(run, store, tag, done, folder / "out")
        return made[run]

    yield make_profiles
    for each in made.values():
        if each.run.store == "overlay2":
            each.store.docker("rmi", "--force", each.image, check=False)


@pytest.mark.parametrize("run", [*NATIVE, *EMULATED], ids=str)
def test_profiles_are_written_beside_the_layout(
    run: Run, confined: Callable[[Run], Confined]
) -> None:
    found = confined(run)
    slug = run.platform.replace("/", "-")
    artifacts = found.platform["artifacts"]
    assert found.platform["verified"]
    assert artifacts["seccomp"] == f"{run.image}/{slug}.seccomp.json"
    assert artifacts["apparmor"] == artifacts["oci_layout"] + ".apparmor"
    assert found.allowed <= known(parse(run.platform)) | known(parse(ARM64))
    for text in (found.done.stdout, (found.output / "comment.md").read_text()):
        assert artifacts["seccomp"] in " ".join(text.split())


@pytest.mark.parametrize("run", [*NATIVE, *EMULATED], ids=str)
def test_apparmor_takes_its_profile(run: Run, confined: Callable[[Run], Confined]) -> None:
    """The test machines have no AppArmor. Its parser compiles the profile, which is not loaded."""
    profile = confined(run).apparmor
    done = subprocess.run(
        ["/usr/sbin/apparmor_parser", "--skip-kernel-load", "--skip-cache", str(profile)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rules = profile.read_text().splitlines()
    libraries = [line for line in rules if "libc.so.6" in line]
    assert all(line.endswith((" mr,", " mrix,")) for line in libraries)
    assert libraries or run.image == "service"  # which is static
    starts_as_root = run.image not in ("python", "service")
    assert ("  capability setuid," in rules) == starts_as_root


@contextmanager
def started(store: Store, *arguments: str) -> Iterator[str]:
    """A container of Docker's client; its id."""
    container = store.text("run", "--detach", *arguments)
    try:
        yield container
    finally:
        store.docker("rm", "--force", "--volumes", container, check=False)


@pytest.mark.parametrize("run", NATIVE, ids=str)
def test_the_image_works_under_its_profile(run: Run, confined: Callable[[Run], Confined]) -> None:
    """With only Docker's client, and with common additions to `docker run`."""
    found, recipe, store = confined(run), RECIPES[run.image], confined(run).store
    published = ("--publish", f"127.0.0.1::{recipe.port}")
    option = f"seccomp={found.seccomp}"
    with started(store, "--security-opt", option, "--init", *published, found.image) as container:
        port = store.text("port", container, f"{recipe.port}/tcp").splitlines()[0]
        answers = [get(f"http://{port}", path)[0] for path in recipe.paths]
        assert answers == [200] * len(recipe.paths)
        seccomp = store.text("inspect", "--format", "{{json .HostConfig.SecurityOpt}}", container)
        assert "SCMP_ACT_ERRNO" in seccomp
        began = time.monotonic()
        store.docker("stop", "--time", str(recipe.patience), container)
        assert not recipe.stops or time.monotonic() - began < recipe.patience


def test_calls_that_were_not_observed_are_refused(
    confined: Callable[[Run], Confined], built: Built, overlay2: Store
) -> None:
    """The fat image has programs that try them."""
    profile = f"seccomp={confined(Run('overlay2', 'server')).seccomp}"
    fat = built("overlay2", "server")

    def tries(*options: str, command: str) -> tuple[int, str]:
        arguments = ("run", "--rm", *options, "--entrypoint", "/bin/sh", fat, "-c", command)
        done = overlay2.docker(*arguments, check=False)
        return done.returncode, done.stderr.decode()

    for command in ("mkdir /x", "chmod 777 /etc/hostname", "ln -s a /b", "rm /etc/motd"):
        assert tries(command=command) == (0, "")
        code, said = tries("--security-opt", profile, command=command)
        assert (code != 0) and "Operation not permitted" in said, said
    assert tries("--security-opt", profile, command="echo hello; cat /etc/hostname") == (0, "")


@pytest.mark.parametrize("run", [ARM, ARM_ON_CONTAINERD], ids=str)
def test_an_arm_profile_holds_the_guest_s_calls_and_not_qemu_s(
    run: Run, confined: Callable[[Run], Confined]
) -> None:
    found = confined(run).allowed
    guest = {"mmap2", "_llseek", "fstat64", "ugetrlimit", "set_tls", "clock_gettime64", "bind"}
    assert guest <= found
    # qemu-arm makes them here, the server does not.
    assert {"sysinfo", "arch_prctl", "tkill"}.isdisjoint(found)
    assert json.loads(confined(run).seccomp.read_text())["architectures"] == ["SCMP_ARCH_ARM"]


def test_the_profile_is_the_same_on_both_stores(confined: Callable[[Run], Confined]) -> None:
    one, other = confined(ARM), confined(ARM_ON_CONTAINERD)
    assert one.seccomp.read_text() == other.seccomp.read_text()
    assert one.apparmor.read_text() == other.apparmor.read_text()


SHY = """
FROM debian:trixie-slim
RUN printf '%s\\n' '#!/bin/sh' 'while read -r name value; do' \
    '  [ "$name$value" = TracerPid:0 ] && { mkdir /tmp/unseen || exit 3; }' \
    'done </proc/self/status' 'echo fine' >/start && chmod 755 /start
CMD ["/start"]
"""
"""Creates a folder only without a tracer, so that call is never seen."""


def test_a_profile_that_stops_its_own_image_is_not_delivered(
    overlay2: Store, tmp_path: Path
) -> None:
    image, tag = f"{NAMES}/shy", f"{NAMES}/shy-slim"
    overlay2.build_text(SHY, image)
    try:
        arguments = ["slim", "--profiles", "--keep=/usr/bin/mkdir", f"--tag={tag}"]
        done = ci_slim(overlay2, [*arguments, f"--output={tmp_path / 'out'}", image], tmp_path)
        assert done.code == 6, done.stderr
        assert "does worse under its seccomp profile" in done.stderr
        assert "cannot create directory '/tmp/unseen': Operation not permitted" in done.stderr
        (platform,) = done.platforms
        assert (platform["outcome"], platform["artifacts"]["seccomp"]) == ("failed", None)
        assert not list((tmp_path / "out").rglob("*.seccomp.json"))
        assert overlay2.docker("image", "inspect", tag, check=False).returncode != 0
        # without profiles the image works
        done = ci_slim(overlay2, ["slim", "--keep=/usr/bin/mkdir", image], tmp_path / "again")
        assert done.code == 0, done.stderr
    finally:
        overlay2.docker("rmi", "--force", image, check=False)


def test_guest_programs_that_cannot_be_logged_are_named(
    overlay2: Store, built: Built, tmp_path: Path
) -> None:
    """`env -i` drops what tells QEMU to log."""
    arguments = ["slim", "--profiles", f"--platform={ARMV6}", f"--output={tmp_path / 'out'}"]
    arguments += ["--entrypoint=/usr/bin/env -i /opt/server/server", "--http-probe=GET /pid"]
    done = ci_slim(overlay2, [*arguments, built("overlay2", "server", ARMV6)], tmp_path)
    assert done.code == 6, done.stderr
    assert "started without the environment variables that make QEMU log" in done.stderr
    assert "| /opt/server/server" in done.stderr


def test_profiles_need_a_folder(overlay2: Store, tmp_path: Path) -> None:
    done = ci_slim(overlay2, ["slim", "--profiles", "any:image"], tmp_path)
    assert done.code == 2
    assert "--profiles: profiles need an output folder" in done.stderr
    assert "name one with --output" in done.stderr


@pytest.mark.parametrize("after", [0.0, *trials(0.8, 1.6)])
def test_after_an_interrupt_nothing_is_left(
    after: float, stores: Stores, built: Built, tmp_path: Path
) -> None:
    """On our own daemon, where volumes count as well."""
    image = built("containerd", "server", ARMV6)
    arguments = ["slim", *RECIPES["server"].flags(), "--profiles", f"--platform={ARMV6}"]
    call = Call(stores("containerd"), [*arguments, f"--output={tmp_path / 'out'}", image], tmp_path)
    call.wait_for("profiles …")
    time.sleep(after)  # the time of the signal is what is tested
    call.process.send_signal(signal.SIGTERM)
    code = call.end().code  # checks that nothing is left
    assert code == 130 or (after and code == 0), "a quick machine may be done by then"
