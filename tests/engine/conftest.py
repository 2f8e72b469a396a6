"""Daemons, images and slim images. Each is made once per session and shared by the tests.

The running daemon is used, but it must have the classic image store. The second daemon is started
here. With --engine-next, both are started here, from Docker 28, and the emulators are those of
QEMU 11. What cannot be started is an error of the test, never a skip.
"""

import contextlib
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import content
import daemons
import pytest
from command import Done, ci_slim
from content import Member
from daemons import Store
from emulators import qemu11
from plain import Plain, run_plainly
from recipes import AMD64, ARM64, ARMV6, NAMES, RECIPES, Recipe, compile_programs, copy_image
from trials import trials
from xdist.workermanage import NodeManager

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Run:
    """One image on one platform in one store."""

    store: str
    image: str
    platform: str = AMD64
    layers: str = "preserve"

    def __str__(self) -> str:
        merged = {"merge": "-merged", "split": "-split"}.get(self.layers, "")
        return f"{self.store}-{self.image}-{self.platform.removeprefix('linux/')}{merged}"


LONG = (
    "gitlab_job",
    "slim_images",
    "simulated_device",
    "device_podman",
    "profiles",
    "podman",
    "advise",
    "caches",
)
"""The files that take longest. If they came last, the other processes would wait for them."""

RUNS = (
    Run("overlay2", "listener"),
    Run("overlay2", "listener", ARM64),
    Run("overlay2", "listener", ARMV6),
    Run("overlay2", "server"),
    Run("overlay2", "server", ARMV6),
    Run("overlay2", "nginx"),
    Run("overlay2", "python"),
    Run("overlay2", "shell"),
    Run("overlay2", "tricky"),
    Run("overlay2", "tricky", AMD64, "merge"),
    Run("overlay2", "tricky", AMD64, "split"),
    Run("containerd", "service"),
    Run("containerd", "service", ARMV6),
    Run("containerd", "server"),
    Run("containerd", "nginx"),
    Run("containerd", "tricky", AMD64, "merge"),
    *trials(
        Run("overlay2", "server", ARM64),
        Run("overlay2", "listener", AMD64, "merge"),
        Run("containerd", "service", ARM64),
        Run("containerd", "server", ARMV6),
        Run("containerd", "tricky", AMD64, "split"),
    ),
)


@dataclass(frozen=True, slots=True)
class Slimmed:
    """A fat image that was slimmed with `ci-slim slim`, and the results."""

    run: Run
    store: Store
    recipe: Recipe
    fat: str
    slim: str
    done: Done
    output: Path

    @property
    def platform(self) -> dict[str, Any]:
        """The platform in the report."""
        (only,) = self.done.platforms
        return only

    @property
    def layout(self) -> Path:
        """The folder of the OCI layout."""
        return self.output / str(self.platform["artifacts"]["oci_layout"])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine-next",
        action="store_true",
        help="run on Docker 28 of Debian sid, both stores, with its QEMU 11",
    )


def pytest_report_header() -> str:
    folder = Path(tempfile.gettempdir())
    return f"disk: {shutil.disk_usage(folder).free / 1e9:.1f} GB free in {folder}"


def pytest_configure() -> None:
    """SIGTERM ends the session like Ctrl-C, so that daemons and images are removed. A second signal
    does not interrupt that: execnet sends one 5 s after the first, and 10 s later it exits."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    NodeManager.EXIT_TIMEOUT = 30  # of all processes, 10 s otherwise


def _end(number: int, frame: object) -> NoReturn:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.engine)
    items.sort(key=lambda item: item.path.stem.removeprefix("test_") not in LONG)


@pytest.fixture(scope="session")
def answering() -> Store:
    """The daemon of the environment. Its containers can reach the package mirrors."""
    found = daemons.answering()
    assert not found.is_containerd(), (
        "the Docker that answers has the containerd image store; these tests need the classic "
        "one there, and start the other one themselves"
    )
    return found


@pytest.fixture(scope="session")
def stores(answering: Store, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Store]]:
    """The daemon with this image store. It is started at its first use."""
    later = daemons.docker28() if request.config.getoption("engine_next") else None
    with contextlib.ExitStack() as started:
        if later:
            started.enter_context(qemu11())
        known = {} if later else {"overlay2": answering}

        def store(name: str) -> Store:
            if name not in known:
                known[name] = started.enter_context(daemons.second(later, name))
            return known[name]

        yield store


@pytest.fixture(scope="session")
def overlay2(stores: Callable[[str], Store]) -> Store:
    """The daemon with the classic image store."""
    return stores("overlay2")


@pytest.fixture(scope="session", params=("overlay2", "containerd"))
def store(request: pytest.FixtureRequest, stores: Callable[[str], Store]) -> Store:
    """Each daemon in turn."""
    return stores(request.param)


@pytest.fixture(scope="session")
def programs(answering: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled programs, by architecture."""
    return compile_programs(answering, tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="session")
def built(
    answering: Store,
    stores: Callable[[str], Store],
    programs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str, str, str], str]]:
    """Builds an image of the recipes in a store: `built(store, name, platform)`."""
    known: dict[tuple[str, str, str], str] = {}
    own: set[str] = set()

    def build(store: str, name: str, platform: str = AMD64) -> str:
        key = (store, name, platform)
        if key not in known:
            # Containers of a daemon that the tests started cannot reach a package mirror.
            packages = name in ("nginx", "python", "tricky")
            where = answering if packages else stores(store)
            known[key] = RECIPES[name].build(where, programs, platform)
            if where is answering:
                own.add(known[key])
            if where is not stores(store):
                folder = tmp_path_factory.mktemp("copied")
                copy_image(known[key], where, stores(store), folder)
        return known[key]

    yield build
    for reference in own:
        answering.docker("rmi", "--force", reference, check=False)


@pytest.fixture(scope="session")
def slim_run(
    stores: Callable[[str], Store],
    built: Callable[[str, str, str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Run], Slimmed]]:
    """Slims an image once, as its recipe says."""
    known: dict[Run, Slimmed] = {}

    def slim(run: Run) -> Slimmed:
        if run not in known:
            recipe, store = RECIPES[run.image], stores(run.store)
            fat = built(run.store, run.image, run.platform)
            folder = tmp_path_factory.mktemp("slim")
            tag = f"{NAMES}/{run.image}-slim:{run.platform.replace('/', '-')}-{run.layers}"
            arguments = ["slim", *recipe.flags(), f"--platform={run.platform}", f"--tag={tag}"]
            arguments += [f"--layers={run.layers}", f"--output={folder / 'out'}", fat]
            done = ci_slim(store, arguments, folder)
            known[run] = Slimmed(run, store, recipe, fat, tag, done, folder / "out")
        return known[run]

    yield slim
    for slimmed in known.values():
        if slimmed.store.is_shared:
            slimmed.store.docker("rmi", "--force", slimmed.slim, check=False)


@pytest.fixture(scope="session")
def held(stores: Callable[[str], Store]) -> Callable[[str, str, str], dict[str, Member]]:
    """The paths of an image, read once: `held(store, image, platform)`."""
    known: dict[tuple[str, str, str], dict[str, Member]] = {}

    def read(store: str, image: str, platform: str = AMD64) -> dict[str, Member]:
        key = (store, image, platform)
        if key not in known:
            known[key] = content.members(stores(store), image, platform)
        return known[key]

    return read


@pytest.fixture(params=RUNS, ids=str)
def slimmed(request: pytest.FixtureRequest, slim_run: Callable[[Run], Slimmed]) -> Slimmed:
    """Each of the runs in turn."""
    result = slim_run(request.param)
    assert result.done.code == 0, result.done.stderr
    return result


@pytest.fixture(scope="session")
def plain_run(
    stores: Callable[[str], Store],
) -> Callable[[Recipe, Run, str], Plain]:
    """Runs an image once without a tracer, sends the requests of its recipe, and stops it."""
    known: dict[tuple[Run, str], Plain] = {}

    def run(recipe: Recipe, run: Run, image: str) -> Plain:
        key = (Run(run.store, run.image, run.platform), image)
        if key not in known:
            known[key] = run_plainly(stores(run.store), recipe, run.platform, image)
        return known[key]

    return run
