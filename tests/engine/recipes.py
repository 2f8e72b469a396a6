"""The images that are slimmed: how each is built, and how it is exercised."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from command import PROJECT
from daemons import Store

FOLDER = Path(__file__).resolve().parent / "images"
NAMES = f"engine-tests/{os.getpid()}"
"""The prefix of the names of all images, because two sessions may share a daemon."""

LISTENER = PROJECT / "examples" / "listener"

AMD64, ARM64, ARMV6 = "linux/amd64", "linux/arm64", "linux/arm/v6"
PLATFORMS = (AMD64, ARM64, ARMV6)
NODE = {"MY_NODE_NAME": "test_node", "MONGO_CONN": "mongodb://mongo-db-server:80"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One image of the tests."""

    name: str
    port: int
    paths: tuple[str, ...]
    """Requests that the probes send, and that are sent to the slim image without a tracer."""
    commands: tuple[tuple[str, ...], ...] = ()
    """Commands that are run in the container, in the same way."""
    environment: Mapping[str, str] = field(default_factory=dict)
    stops: bool = True
    """Whether it ends by itself, with exit code 0, after its stop signal."""
    context: Path | None = None
    arguments: tuple[str, ...] = ()
    unprobed: tuple[str, ...] = ()
    """Requests that are sent only without a tracer. The slimming never saw them."""

    @property
    def patience(self) -> int:
        """The seconds that `docker stop` waits before it kills."""
        return 10 if self.stops else 3

    def flags(self) -> list[str]:
        """The flags of `ci-slim slim` that exercise it."""
        flags = [f"--http-probe=GET {path}" for path in self.paths]
        flags += [f"--exec-probe={' '.join(command)}" for command in self.commands]
        return flags + [f"--env={name}={value}" for name, value in self.environment.items()]

    def build(self, store: Store, programs: Path, platform: str, *more: str) -> str:
        """Build it in a daemon. Returns its reference."""
        reference = f"{NAMES}/{self.name}:{platform.replace('/', '-')}"
        store.docker(
            *("buildx", "build", "--load", "--provenance=false", "--platform", platform),
            *("--build-context", f"programs={programs}", "--tag", reference, *self.arguments),
            *more,
            str(self.context or FOLDER / self.name),
        )
        return reference


RECIPES = {
    each.name: each
    for each in (
        # examples/listener: on amd64 it contains the whole toolchain, about 1 GB
        Recipe("listener", 5000, ("/",), (("listener", "--version"),), NODE, context=LISTENER),
        # the same program on a plain Debian
        Recipe("service", 5000, ("/",), (("listener", "--version"),), NODE),
        Recipe("server", 8080, ("/pid", "/sum", "/plugin", "/lazy")),
        Recipe("nginx", 80, ("/", "/about.html", "/linked.txt")),
        Recipe("python", 8000, ("/", "/late", "/who"), unprobed=("/unprobed",)),
        Recipe("shell", 8080, ("/pid", "/lazy"), stops=False),
        Recipe(
            "packed",
            8080,
            ("/plugin",),
            tuple((f"/opt/odd/{name}",) for name in ("setuid", "capable", "two", "selftest")),
        ),
        Recipe(
            "tricky",
            8080,
            ("/walk",),
            (("/opt/odd/setuid",), ("/opt/odd/setgid",), ("/opt/odd/capable",)),
        ),
    )
}


def compile_programs(store: Store, folder: Path) -> Path:
    """The C programs and the listener for all platforms: `<architecture>/server`, ….

    Each is built once, natively. The listener comes from the last stage of the image that was made
    small by hand.
    """
    store.docker(
        *("buildx", "build", "--output", f"type=local,dest={folder}", str(FOLDER / "compilers"))
    )
    for platform in PLATFORMS:
        to = folder / platform.split("/")[1]
        store.docker(
            *("buildx", "build", "--platform", platform, "--output", f"type=local,dest={to}/go"),
            *("--file", str(LISTENER / "Dockerfile.scratch"), str(LISTENER)),
        )
        (to / "go/usr/local/bin/listener").rename(to / "listener")
        subprocess.run(["rm", "-r", str(to / "go")], check=True)
    return folder


def copy_image(reference: str, origin: Store, to: Store, folder: Path) -> None:
    """Copy an image from one daemon to another."""
    archive = folder / "copied.tar"
    origin.docker("save", "--output", str(archive), reference)
    to.docker("load", "--input", str(archive))
    archive.unlink()


@contextlib.contextmanager
def images_of_texts(store: Store) -> Iterator[Callable[[str, str], str]]:
    """Builds an image of a Dockerfile's text, once for each name: `build(name, text)`. The images
    are gone after the block."""
    made: list[str] = []

    def build(name: str, text: str) -> str:
        reference = f"{NAMES}/{name}"
        if reference not in made:
            store.build_text(text, reference)
            made.append(reference)
        return reference

    yield build
    for reference in made:
        store.docker("rmi", "--force", reference, check=False)
