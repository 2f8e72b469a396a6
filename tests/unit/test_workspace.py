"""The checkout: its one Dockerfile, and its commit without git."""

import json
from pathlib import Path

import pytest

from ci_slim.engine.login import logged_in
from ci_slim.errors import UsageError
from ci_slim.workspace import checked_out, only_dockerfile

SHA = "c3d0be41ecbe669545ee3e94d31ed9a4bc91ee3c"


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("FROM scratch\n")
    return folder


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["Dockerfile", "app/Dockerfile"], "Dockerfile"),
        (["app/Dockerfile", "node_modules/x/Dockerfile", ".git/Dockerfile"], "app/Dockerfile"),
        (["docker/app.Dockerfile", "docker/notes.txt"], "docker/app.Dockerfile"),
        (["a/b/c/d/Containerfile"], "a/b/c/d/Containerfile"),
    ],
)
def test_the_only_dockerfile_is_found(tmp_path: Path, names: list[str], found: str) -> None:
    assert only_dockerfile(made(tmp_path, *names)) == Path(found)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "there is no settings file and no Dockerfile"),
        (["a/b/c/d/e/Dockerfile"], "there is no settings file and no Dockerfile"),
        (
            ["a/Dockerfile", "b/Dockerfile"],
            "there is no settings file, and there are 2 Dockerfiles",
        ),
    ],
)
def test_none_and_a_choice_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        only_dockerfile(made(tmp_path, *names))


@pytest.mark.parametrize(
    ("files", "commit"),
    [
        ({"HEAD": f"{SHA}\n"}, SHA),
        ({"HEAD": "ref: refs/heads/main\n", "refs/heads/main": SHA}, SHA),
        ({"HEAD": "ref: refs/heads/main", "packed-refs": f"# x\n{SHA} refs/heads/main\n"}, SHA),
        ({"HEAD": "ref: refs/heads/none"}, None),
        ({"HEAD": "ref: ../../secret", "../secret": SHA}, None),
        ({"HEAD": "nonsense"}, None),
        ({}, None),
    ],
)
def test_the_commit_of_a_checkout_is_read_from_its_files(
    tmp_path: Path, files: dict[str, str], commit: str | None
) -> None:
    (tmp_path / "app").mkdir()
    for name, text in files.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert checked_out(tmp_path / "app", tmp_path) == commit


def test_a_worktree_is_not_the_checkout_that_it_lies_in(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text(SHA)
    (tmp_path / "pr/app").mkdir(parents=True)
    (tmp_path / "pr/.git").write_text("gitdir: ../.git/worktrees/pr\n")
    assert checked_out(tmp_path / "pr/app", tmp_path) is None


def test_a_folder_outside_of_the_workspace_has_no_known_commit(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text(SHA)
    assert checked_out(tmp_path, tmp_path / "work") is None
    assert checked_out(tmp_path / "work", tmp_path / "work") is None


@pytest.mark.parametrize(
    ("registry", "name"),
    [
        ("", "https://index.docker.io/v1/"),
        ("docker.io", "https://index.docker.io/v1/"),
        ("ghcr.io", "ghcr.io"),
        ("https://registry.example:5000/", "registry.example:5000"),
    ],
)
def test_a_login_is_written_beside_earlier_ones(tmp_path: Path, registry: str, name: str) -> None:
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    helpers = {name: "other", "y": "kept"}
    known = {"auths": {"x": {}}, "proxies": {}, "credsStore": "desktop", "credHelpers": helpers}
    (earlier / "config.json").write_text(json.dumps(known))
    logged_in(tmp_path, earlier, registry, "me", "p4ss")
    path = tmp_path / "config.json"
    assert json.loads(path.read_text()) == {
        "auths": {"x": {}, name: {"auth": "bWU6cDRzcw=="}},
        "proxies": {},
        "credHelpers": {"y": "kept"},
    }
    assert path.stat().st_mode & 0o777 == 0o600
