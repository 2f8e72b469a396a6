"""Images in a real registry: measured without a pull, and brought into a real daemon."""

import base64
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from daemons import Store
from registries import PASSWORD, USER, Served, multi_platform, served
from stored_images import AMD64, ARMV6, ARMV7, BASE, Stored

from ci_slim.engine.docker import Engine
from ci_slim.engine.transports import load_into_daemon
from ci_slim.errors import UsageError
from ci_slim.platforms import Platform

ATTESTATION = Stored(Platform("unknown", "unknown"), (), ("f 0644 0:0 /sbom x",))
OLD = "d 0755 0:0 /usr\nf 0755 0:0 /usr/app app"
NEW = "d 0755 0:0 /usr\nf 0755 0:0 /usr/app a newer app"

FIRST = (
    Stored(ARMV6, layers=(BASE, OLD)),
    Stored(ARMV7, layers=(BASE, OLD, "f 0644 0:0 /v7 x")),
    Stored(AMD64, layers=(BASE,)),
    ATTESTATION,
)
SECOND = (Stored(ARMV6, layers=(BASE, NEW)), Stored(ARMV7, layers=(BASE, NEW)), ATTESTATION)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images") / "first"
    multi_platform(folder, FIRST)
    return folder


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, layout: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("registry")
    multi_platform(folder / "second", SECOND)
    with served(folder / "open") as one:
        one.push(layout, "team/app:1")
        one.push(layout, "team/schema2:1", "--format=v2s2")
        one.push(folder / "second", "team/app:2")
        yield one


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, layout: Path) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("closed") / "registry", closed=True) as one:
        one.push(layout, "app:1")
        yield one


def ci_slim(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ci_slim", *arguments],
        env={**os.environ, "DOCKER_CONFIG": "/nonexistent", **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
    )


def measured(*arguments: str, environment: Mapping[str, str] | None = None) -> Any:
    done = ci_slim("measure", "--format=json", *arguments, environment=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["team/app:1", "team/schema2:1"])
def test_manifests_give_the_sizes_of_a_layout_except_on_disk(
    registry: Served, layout: Path, name: str
) -> None:
    # no daemon is needed
    nowhere = {"DOCKER_HOST": "tcp://127.0.0.1:9"}
    remote = measured(f"docker://{registry.host}/{name}", environment=nowhere)["images"]
    local = measured(f"oci:{layout}", environment=nowhere)["images"]
    assert [image["platform"] for image in remote] == [
        "linux/arm/v6", "linux/arm/v7", "linux/amd64",
    ]  # fmt: skip
    for there, here in zip(remote, local, strict=True):
        assert there["pull_bytes"] == here["pull_bytes"]
        assert there["pull_exact"] is True
        assert (there["disk_bytes"], there["files"], there["packages"]) == (None, None, None)
        for one, other in zip(there["layers"], here["layers"], strict=True):
            assert one == other | {"disk_bytes": None}


@pytest.mark.parametrize("name", ["team/app:1", "team/schema2:1"])
def test_layers_are_fetched_and_read_when_asked_for(
    registry: Served, layout: Path, name: str
) -> None:
    remote = measured("--read", f"docker://{registry.host}/{name}")["images"]
    local = measured(f"oci:{layout}")["images"]
    same = [{**image, "reference": "", "digest": ""} for image in remote]
    assert same == [{**image, "reference": "", "digest": ""} for image in local]


def test_the_variant_is_part_of_the_platform(registry: Served) -> None:
    found = measured("--platform=arm/v7", f"docker://{registry.host}/team/app:1")["images"]
    assert [(image["platform"], len(image["layers"])) for image in found] == [("linux/arm/v7", 3)]


def test_an_image_is_found_by_its_digest(registry: Served) -> None:
    name = f"docker://{registry.host}/team/app"
    (first, *_) = measured(f"{name}:1")["images"]
    (again,) = measured(f"{name}@{first['digest']}")["images"]
    assert (again["platform"], again["pull_bytes"]) == ("linux/arm/v6", first["pull_bytes"])


def test_an_update_fetches_the_new_layer_and_the_config(registry: Served) -> None:
    names = [f"docker://{registry.host}/team/app:{tag}" for tag in (1, 2)]
    found = measured(*names)
    new = {image["platform"]: image for image in found["images"] if image["reference"] == names[1]}
    assert [update["platform"] for update in found["updates"]] == ["linux/arm/v6", "linux/arm/v7"]
    for update in found["updates"]:
        image = new[update["platform"]]
        assert update["update_bytes"] == image["pull_bytes"] - image["layers"][0]["pull_bytes"]
        assert update["update_exact"] is True
    v6, v7 = found["together"]
    assert (v6["measure"], v7["measure"]) == ("pull", "pull")
    assert [layer["references"] for layer in v6["layers"]] == [names]


@pytest.mark.parametrize(
    ("name", "options", "message", "hint"),
    [
        ("team/app:3", [], "the registry has no {host}/team/app:3", "there is 1, 2"),
        ("team/none:1", [], "the registry has no {host}/team/none:1", "check the name"),
        ("team/app:2", ["--platform=amd64"], "there is no image for linux/amd64",
         "there is linux/arm/v6, linux/arm/v7"),
    ],
)  # fmt: skip
def test_a_missing_image_in_a_registry_is_a_usage_error(
    registry: Served, name: str, options: list[str], message: str, hint: str
) -> None:
    done = ci_slim("measure", *options, f"docker://{registry.host}/{name}")
    assert done.returncode == 2
    assert message.format(host=registry.host) in done.stderr
    assert f"→ {hint}" in done.stderr


def test_a_closed_registry_asks_for_a_login(closed: Served) -> None:
    done = ci_slim("measure", f"docker://{closed.host}/app:1")
    assert done.returncode == 4
    assert f"ci-slim: http://{closed.host}/v2/: the registry {closed.host}: asks for a login" in (
        done.stderr
    )
    assert f"→ run `docker login {closed.host}`" in done.stderr


@pytest.mark.parametrize("password", [PASSWORD, "wrong sesame"])
def test_a_closed_registry_is_read_with_dockers_login(
    closed: Served, tmp_path: Path, password: str
) -> None:
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {closed.host: {"auth": auth}}}))
    done = ci_slim(
        "measure", f"docker://{closed.host}/app:1", environment={"DOCKER_CONFIG": str(tmp_path)}
    )
    assert done.returncode == (0 if password == PASSWORD else 4), done.stderr
    assert password not in done.stdout + done.stderr
    assert auth not in done.stdout + done.stderr


@contextlib.contextmanager
def engine(store: Store) -> Iterator[Engine]:
    with Engine.connect({**os.environ, **store.environment}, "registry") as one:
        yield one


@pytest.mark.parametrize(
    ("platform", "variant"), [(ARMV6, "v6"), (ARMV7, "v7"), (AMD64, "")], ids=str
)
def test_a_remote_image_is_in_the_daemon_for_the_run(
    store: Store, registry: Served, tmp_path: Path, platform: Platform, variant: str
) -> None:
    with engine(store) as daemon:
        text = f"docker://{registry.host}/team/app:1"
        name = load_into_daemon(text, daemon, platform, tmp_path, {})
        found = daemon.inspect_image(name)
        assert (found["Architecture"], found.get("Variant", "")) == (platform.architecture, variant)
    with engine(store) as daemon, pytest.raises(UsageError, match="the daemon has no image"):
        daemon.inspect_image(name)


@pytest.mark.parametrize(
    ("platform", "variant"), [(ARMV6, "v6"), (ARMV7, "v7"), (AMD64, "")], ids=str
)
def test_an_image_of_a_layout_is_in_the_daemon_for_the_run(
    store: Store, layout: Path, tmp_path: Path, platform: Platform, variant: str
) -> None:
    with engine(store) as daemon:
        name = load_into_daemon(f"oci:{layout}:1", daemon, platform, tmp_path, {})
        found = daemon.inspect_image(name)
        assert (found["Architecture"], found.get("Variant", "")) == (platform.architecture, variant)
        assert found["Config"]["Cmd"] == ["/usr/app"]
        assert b"".join(daemon.save(name))
    with engine(store) as daemon, pytest.raises(UsageError, match="the daemon has no image"):
        daemon.inspect_image(name)


def test_the_daemons_own_image_is_measured_like_the_layout_it_came_from(
    overlay2: Store, layout: Path, tmp_path: Path
) -> None:
    with engine(overlay2) as daemon:
        name = load_into_daemon(f"oci:{layout}", daemon, ARMV6, tmp_path, {})
        (there,) = measured(name, environment=overlay2.environment)["images"]
    (here,) = measured("--platform=arm/v6", f"oci:{layout}")["images"]
    for key in ("platform", "disk_bytes", "files", "waste_bytes", "folders"):
        assert there[key] == here[key]
    assert (there["pull_exact"], here["pull_exact"]) == (False, True)


@pytest.mark.parametrize("name", ["python", "nginx"])
def test_an_estimate_is_near_what_docker_push_sends(
    name: str, overlay2: Store, built: Callable[[str, str], str], registry: Served
) -> None:
    image = built("overlay2", name)
    pushed = f"{registry.host}/estimated/{name}:1"
    overlay2.docker("tag", image, pushed)
    try:
        overlay2.docker("push", pushed)
    finally:
        overlay2.docker("rmi", pushed)
    (here,) = measured(image, environment=overlay2.environment)["images"]
    (there,) = measured(f"docker://{pushed}")["images"]
    assert (here["pull_exact"], there["pull_exact"]) == (False, True)
    assert here["pull_bytes"] == pytest.approx(there["pull_bytes"], rel=0.05)
