"""Caches and builders: what buildx is given, for each platform and each daemon."""

import sys
from pathlib import Path

import pytest

from ci_slim.build import caches
from ci_slim.build.builder import Builder, choose
from ci_slim.build.builders import Builders
from ci_slim.errors import EngineError, UsageError
from ci_slim.platforms import parse
from ci_slim.settings.plans import BuilderPlan, BuildPlan

ARM = parse("linux/arm/v6")

WRITTEN = {
    "app:cache": "type=registry,ref=app:cache-linux-arm-v6",
    "type=registry,ref=host:5000/app,mode=max":
        "type=registry,ref=host:5000/app:latest-linux-arm-v6,mode=max",
    "type=local,dest=/cache/": "type=local,dest=/cache/linux-arm-v6",
    "type=gha": "type=gha,version=2,scope=buildkit-linux-arm-v6",
    "type=gha,scope=app,mode=max,version=1":
        "type=gha,scope=app-linux-arm-v6,mode=max,version=1",
    "type=s3,region=eu,bucket=b": "type=s3,region=eu,bucket=b,name=buildkit-linux-arm-v6",
    "type=inline": "type=inline",
    '"type=local","dest=/a,b"': '"dest=/a,b/linux-arm-v6"',
}  # fmt: skip


@pytest.mark.parametrize(("entry", "written"), WRITTEN.items())
def test_each_platform_writes_a_cache_of_its_own(entry: str, written: str) -> None:
    assert str(caches.written(entry, ARM)).endswith(written)


def test_a_cache_is_read_by_its_own_name_and_by_the_given_one() -> None:
    def everywhere(path: str) -> bool:
        return True

    assert [str(each) for each in caches.read("app:cache", ARM, everywhere)] == [
        "type=registry,ref=app:cache-linux-arm-v6",
        "type=registry,ref=app:cache",
    ]
    pinned = f"app@sha256:{'a' * 64}"
    assert len(caches.read(pinned, ARM, everywhere)) == 1


def test_a_folder_that_is_not_there_is_not_read() -> None:
    asked = []

    def nowhere(path: str) -> bool:
        asked.append(path)
        return False

    assert caches.read("type=local,src=/c", ARM, nowhere) == ()
    assert asked == ["/c/linux-arm-v6/index.json", "/c/index.json"]


@pytest.mark.parametrize("entry", ["type=", "mode=max", "type=gha,scope", "ref=a,b"])
def test_what_is_not_a_cache_is_refused(entry: str) -> None:
    with pytest.raises(UsageError, match="is not a cache"):
        caches.written(entry, ARM)


NEW = "28.5.2"
CONTAINER = ("--name", "ci-slim-r", "--driver", "docker-container")
CHOICES = {
    "nothing asked": (BuilderPlan(), "", "", "26.1.5", False, None),
    "a cache is read": (BuilderPlan(), "", "registry local", "26.1.5", False, None),
    "written on the classic store": (
        BuilderPlan(), "registry", "", NEW, False, Builder("ci-slim-r", CONTAINER, kept=False),
    ),
    "written on containerd's store": (BuilderPlan(), "registry local", "", "26.1.5", True, None),
    "the cache service, old Docker": (
        BuilderPlan(), "", "gha", "28.0.4", True, Builder("ci-slim-r", CONTAINER, kept=False),
    ),
    "the cache service, new Docker": (BuilderPlan(), "gha", "gha", "28.1.0", True, None),
    "named and there": (BuilderPlan("there"), "gha", "", NEW, False, Builder("there")),
    "named and new": (
        BuilderPlan("mine"), "", "", NEW, True,
        Builder("mine", ("--name", "mine", "--driver", "docker-container")),
    ),
    "kubernetes": (
        BuilderPlan("k", "kubernetes", "", ("namespace=ci",)), "", "", NEW, True,
        Builder("k", (
            "--name", "k", "--driver", "kubernetes", "--driver-opt", "namespace=ci",
            "--driver-opt", "labels=ci-slim=true",
        )),
    ),
    "remote without a name": (
        BuilderPlan("", "remote", "tcp://buildkit:1234"), "", "", NEW, True,
        Builder(
            "ci-slim-r", ("--name", "ci-slim-r", "--driver", "remote", "tcp://buildkit:1234"),
            kept=False,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "exported", "imported", "docker", "containerd", "builder"),
    CHOICES.values(),
    ids=CHOICES,
)
def test_a_builder_is_made_only_where_the_daemon_s_own_cannot_do_it(
    wanted: BuilderPlan,
    exported: str,
    imported: str,
    docker: str,
    containerd: bool,
    builder: Builder | None,
) -> None:
    chosen = choose(
        wanted, exported.split(), imported.split(), docker=docker, containerd_store=containerd,
        existing=("there",), run_id="r",
    )  # fmt: skip
    assert chosen == builder


def test_a_daemon_that_is_too_old_is_told_before_the_build() -> None:
    with pytest.raises(UsageError, match=r"Docker 20\.10\.24 is too old .* 23\.0 or newer"):
        choose(
            BuilderPlan(), (), (), docker="20.10.24", containerd_store=False, existing=(),
            run_id="r",
        )  # fmt: skip


DOCKER = f"""#!{sys.executable}
import os, sys
with open(os.environ["CALLS"], "a") as calls:
    print(*sys.argv[1:], file=calls)
if sys.argv[2] == "ls":
    print("there")
sys.exit("broken" in sys.argv)
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker on PATH that writes down how it is called."""
    program = tmp_path / "docker"
    program.write_text(DOCKER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return tmp_path / "calls"


def builders() -> Builders:
    return Builders("26.1.5", False, "r", {}, lambda line: None)


def test_a_builder_is_created_once_and_removed_unless_it_is_named(calls: Path) -> None:
    made = builders()
    cached = BuildPlan("a", "b", cache_to=("app:cache",))
    assert [made.name(cached), made.name(cached), made.name(BuildPlan("a", "b"))] == [
        "ci-slim-r", "ci-slim-r", "",
    ]  # fmt: skip
    assert made.name(BuildPlan("a", "b", builder=BuilderPlan("kept"))) == "kept"
    assert made.name(BuildPlan("a", "b", builder=BuilderPlan("there"))) == "there"
    made.close()
    made.close()
    assert calls.read_text().splitlines() == [
        "buildx create --name ci-slim-r --driver docker-container",
        "buildx ls --format {{.Name}}",
        "buildx create --name kept --driver docker-container",
        "buildx ls --format {{.Name}}",
        "buildx rm --force ci-slim-r",
    ]


def test_a_builder_that_cannot_be_created_is_an_error_of_the_engine(calls: Path) -> None:
    with pytest.raises(EngineError, match="cannot be created"):
        builders().name(BuildPlan("a", "b", builder=BuilderPlan("broken")))
