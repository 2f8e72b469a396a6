"""The component project that a release makes, pushed to a repository on this machine."""

import shutil
import subprocess
from pathlib import Path

import pytest

GITLAB = Path(__file__).parents[2] / "gitlab"
IMAGE = f"ghcr.io/ci-slim/ci-slim:1.2.3@sha256:{'a' * 64}"
SERVICE = f"docker:28.5.2-dind@sha256:{'b' * 64}"


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder), *words],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository like ours, and an empty one called `component` beside it."""
    folder = tmp_path / "ours"
    shutil.copytree(GITLAB, folder / "gitlab")
    (folder / "README.md").write_text("ours\n")
    git(tmp_path, "init", "-q", "-b", "main", "ours")
    git(tmp_path, "init", "-q", "-b", "main", "--bare", "component")
    git(folder, "config", "user.name", "a")
    git(folder, "config", "user.email", "a@b")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "all")
    return folder


def release(repository: Path, version: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["gitlab/release.sh", version, IMAGE, SERVICE, str(repository.parent / "component")],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_release_is_a_component_project_with_its_image_pinned(repository: Path) -> None:
    done = release(repository, "1.2.3")
    assert done.returncode == 0, done.stderr
    component = repository.parent / "component"
    names = git(component, "ls-tree", "--name-only", "1.2.3").split()
    assert {"README.md", "templates", ".gitlab-ci.yml"} <= set(names)
    for name in ("ci-slim", "note"):
        path = f"templates/{name}.yml"
        assert f"      default: {IMAGE}\n" in git(component, "show", f"1.2.3:{path}")
        service = f"      default: {SERVICE}\n"
        assert (service in git(component, "show", f"1.2.3:{path}")) == (name == "ci-slim")
        unpinned = git(component, "show", f"main:{path}")
        assert unpinned == (GITLAB / path).read_text(encoding="utf-8")


def test_a_later_release_follows_the_earlier_one(repository: Path) -> None:
    main = git(repository, "rev-parse", "HEAD").strip()
    assert release(repository, "1.2.3").returncode == 0
    git(repository, "reset", "-q", "--hard", main)
    (repository / "gitlab/README.md").write_text("newer\n")
    git(repository, "commit", "-q", "-a", "-m", "newer")
    done = release(repository, "1.2.4")
    assert done.returncode == 0, done.stderr
    component = repository.parent / "component"
    assert git(component, "show", "main:README.md") == "newer\n"
    assert git(component, "tag").split() == ["1.2.3", "1.2.4"]


@pytest.mark.parametrize("version", ["v1.2.3", "1.2", "1.2.3-rc1", "1.2.3;id"])
def test_what_the_catalog_does_not_take_is_no_version(repository: Path, version: str) -> None:
    done = release(repository, version)
    assert done.returncode == 2
    assert "is no version such as 1.2.3" in done.stderr
    assert git(repository.parent / "component", "for-each-ref") == ""
