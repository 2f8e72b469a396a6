"""Everything except the build works with podman's Docker-compatible API, as root and rootless."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import content
import podman
import pytest
from command import ci_slim
from daemons import Store
from recipes import AMD64, ARM64, ARMV6, NAMES, RECIPES, copy_image, images_of_texts
from trials import trials

CASES = (
    ("service", AMD64),
    ("server", ARMV6),
    ("nginx", AMD64),
    *trials(
        ("service", ARM64),
        ("service", ARMV6),
        ("server", AMD64),
        ("server", ARM64),
        ("shell", AMD64),
    ),
)


@pytest.fixture(scope="module")
def root() -> Iterator[Store]:
    with podman.service(rootless=False) as store:
        yield store


@pytest.fixture(scope="module")
def rootless() -> Iterator[Store]:
    with podman.service(rootless=True) as store:
        yield store


Built = Callable[..., str]


def brought(
    name: str, platform: str, built: Built, overlay2: Store, to: Store, folder: Path
) -> str:
    """An image of the recipes, in podman under the same name."""
    reference = built("overlay2", name, platform)
    copy_image(reference, overlay2, to, folder)
    return reference


def slim(store: Store, name: str, platform: str, image: str, folder: Path, *more: str) -> None:
    """Slim it, and compare its kept paths with those of the fat image."""
    # One of its own: the image that loses its tag would be left behind without a name.
    tag = f"{NAMES}/{name}-slim:{'-'.join((platform.replace('/', '-'), *more)).replace('=', '')}"
    flags = [*RECIPES[name].flags(), f"--platform={platform}", f"--tag={tag}", *more]
    done = ci_slim(store, ["slim", *flags, image], folder)  # checks that nothing is left
    assert done.code == 0, done.stderr
    (report,) = done.platforms
    assert (report["outcome"], report["verified"], report["rounds"]) == ("slimmed", True, 1)
    assert report["slim"]["disk_bytes"] < report["fat"]["disk_bytes"] / 2
    fat, kept = (content.members(store, each, platform) for each in (image, tag))
    lists = "var/lib/dpkg/"  # a new file with the remaining packages
    assert {path for path in kept if path not in fat and not path.startswith(lists)} == set()


@pytest.mark.parametrize(("name", "platform"), CASES)
def test_slims_and_proves_as_root(
    name: str, platform: str, root: Store, overlay2: Store, built: Built, tmp_path: Path
) -> None:
    image = brought(name, platform, built, overlay2, root, tmp_path)
    slim(root, name, platform, image, tmp_path)


@pytest.mark.parametrize("layers", ["preserve", "merge"])
def test_slims_and_proves_without_rights(
    layers: str, rootless: Store, overlay2: Store, built: Built, tmp_path: Path
) -> None:
    image = brought("server", AMD64, built, overlay2, rootless, tmp_path)
    slim(rootless, "server", AMD64, image, tmp_path, f"--layers={layers}")


TOOL = r"""
FROM debian:trixie-slim
ENTRYPOINT ["sh", "-c", "\"$@\" && echo done >&2", "sh"]
"""


def test_run_probes_get_their_input_and_their_output(
    root: Store, overlay2: Store, tmp_path: Path
) -> None:
    probes = [
        {"run": ["cat", "/etc/issue"], "expect": {"body": "Debian"}},
        {"run": "tr a-z A-Z", "stdin": "a word", "expect": {"body": "A WORD"}},
        {"run": ["sh", "-c", "exit 3"], "expect": {"exit": 3}},
    ]
    with images_of_texts(overlay2) as build:
        image = build("tool", TOOL)
        copy_image(image, overlay2, root, tmp_path)
        done = ci_slim(root, ["slim", f"--probes={json.dumps(probes)}", image], tmp_path)
    assert done.code == 0, done.stderr
    assert [each["slim"]["status"] for each in done.platforms[0]["probes"]] == [0, 0, 3]


def test_a_build_is_refused_before_any_work(root: Store, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    settings = tmp_path / "settings.yml"
    settings.write_text(f"version: 1\nimages: {{x: {{build: {{context: {tmp_path}}}}}}}\n")
    done = ci_slim(root, ["run", "--config", str(settings)], tmp_path)
    assert done.code == 2
    assert "podman does not build through docker buildx" in done.stderr
    assert "podman build --platform" in done.stderr


def test_profiles_are_refused_before_any_work(root: Store, tmp_path: Path) -> None:
    done = ci_slim(root, ["slim", "--profiles", f"--output={tmp_path}/out", "x"], tmp_path)
    assert done.code == 2
    assert "podman's API accepts no seccomp profile" in done.stderr
    assert "observe" not in done.stderr
