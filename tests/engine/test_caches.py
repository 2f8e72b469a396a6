"""Tests build caches, which are really written and read: with the docker driver on containerd's
image store, of Debian's Docker 26.1 and of sid's 28.5.2. GitHub's cache service is a test double.

The test machines cannot pull BuildKit's own image. So tests/unit/test_build_caches.py tests what a
builder in a container would get.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import cache_service
import daemons
import pytest
from command import ci_slim
from daemons import Store
from registries import served
from trials import trials

PLATFORMS = ("linux/arm/v6", "linux/arm64", "linux/amd64")
DOCKERFILE = """\
FROM debian:trixie-slim
RUN head -c 8 /dev/urandom | od -x > /executed
"""


@pytest.fixture(scope="module")
def docker28() -> Iterator[Store]:
    with daemons.second(daemons.docker28()) as store:
        yield store


@pytest.fixture(params=["26.1", *trials("28.5.2")])
def containerd(request: pytest.FixtureRequest, stores: Callable[[str], Store]) -> Store:
    """A daemon with containerd's store. The client and buildx are those of ci-slim's image."""
    if request.param == "28.5.2":
        found: Store = request.getfixturevalue("docker28")
        return found
    old = stores("containerd")
    return Store(old.name, {**old.environment, **daemons.client28(daemons.docker28())})


def project(folder: Path, **caches: list[str]) -> Path:
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    build = {"platforms": list(PLATFORMS), **caches}
    image = {"build": build, "slim": {"enabled": False}}
    document = {"version": 1, "images": {"app": image}, "baseline": {"from": []}}
    (folder / ".ci-slim.yml").write_text(json.dumps(document))
    return folder


def built(
    store: Store,
    project: Path,
    work: Path,
    platforms: tuple[str, ...] = PLATFORMS,
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """Build all platforms without the daemon's knowledge of earlier builds. Returns the layers of
    the RUN steps. A step that is executed makes another layer each time."""
    store.docker("builder", "prune", "--all", "--force")
    work.mkdir()
    arguments = ["build", f"--config={project / '.ci-slim.yml'}"]
    arguments += [f"--platform={each}" for each in platforms]
    done = ci_slim(store, arguments, work, environment=environment)
    assert done.code == 0, done.stderr
    assert [each["outcome"] for each in done.platforms] == ["built"] * len(platforms)
    layers = [each["fat"]["layers"][-1]["digest"] for each in done.platforms]
    assert len(set(layers)) == len(platforms)
    return layers


def test_the_second_build_of_three_platforms_executes_nothing_with_a_local_cache(
    containerd: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    made = project(
        tmp_path / "project",
        cache_from=[f"type=local,src={folder}"],
        cache_to=[f"type=local,dest={folder},mode=max"],
    )
    first = built(containerd, made, tmp_path / "first")
    assert {path.name for path in folder.iterdir()} == {
        "linux-arm-v6", "linux-arm64", "linux-amd64",
    }  # fmt: skip
    assert built(containerd, made, tmp_path / "second") == first
    shutil.rmtree(folder)
    without = built(containerd, made, tmp_path / "third", platforms=PLATFORMS[-1:])
    assert set(without).isdisjoint(first)


def test_the_second_build_of_three_platforms_executes_nothing_with_a_registry_s_cache(
    containerd: Store, tmp_path: Path
) -> None:
    with served(tmp_path / "registry") as registry:
        name = f"type=registry,ref={registry.host}/app:cache"
        made = project(tmp_path / "project", cache_from=[name], cache_to=[f"{name},mode=max"])
        first = built(containerd, made, tmp_path / "first")
        assert registry.tags("app") == [
            "cache-linux-amd64", "cache-linux-arm-v6", "cache-linux-arm64",
        ]  # fmt: skip
        assert built(containerd, made, tmp_path / "second") == first


def test_github_s_cache_service_is_asked_in_its_second_version(
    docker28: Store, tmp_path: Path
) -> None:
    with cache_service.started() as service:
        made = project(
            tmp_path / "project", cache_from=["type=gha"], cache_to=["type=gha,mode=max"]
        )
        first = built(docker28, made, tmp_path / "first", environment=service.environment)
        indexes = {key.partition("#")[0] for key in service.entries if key.startswith("index-")}
        assert len(indexes) == len(PLATFORMS), "platforms overwrote each other's cache"
        assert built(docker28, made, tmp_path / "second", environment=service.environment) == first
    assert service.hits
    assert service.refused == []
