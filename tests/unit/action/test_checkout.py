"""The checkout: its one Dockerfile, its reports, and its commits without git."""

import json
from pathlib import Path

import pytest

from ci_slim.action import inputs, job, step_request
from ci_slim.action.checkout import checked_out, checkouts, reports
from ci_slim.engine.login import Login, log_in_to_registries
from ci_slim.errors import UsageError
from ci_slim.settings.dockerfiles import only_dockerfile

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
    log_in_to_registries(tmp_path, earlier, {registry: Login("me", "p4ss")})
    path = tmp_path / "config.json"
    assert json.loads(path.read_text()) == {
        "auths": {"x": {}, name: {"auth": "bWU6cDRzcw=="}},
        "proxies": {},
        "credHelpers": {"x": "desktop", "y": "kept"},
    }
    assert path.stat().st_mode & 0o777 == 0o600


BASE, OTHER = SHA, "b" * 40


def checkout(folder: Path, commit: str) -> Path:
    (folder / ".git").mkdir(parents=True)
    (folder / ".git/HEAD").write_text(commit)
    return folder


def worktree(folder: Path, top: Path, commit: str) -> None:
    """As `git worktree add` makes it: a branch, whose name stands in the repository's folder."""
    made_by_git = top / ".git/worktrees" / folder.name
    made_by_git.mkdir(parents=True)
    (made_by_git / "HEAD").write_text("ref: refs/heads/topic\n")
    (made_by_git / "commondir").write_text("../..\n")
    (top / ".git/refs/heads").mkdir(parents=True)
    (top / ".git/refs/heads/topic").write_text(f"{commit}\n")
    folder.mkdir()
    (folder / ".git").write_text(f"gitdir: ../.git/worktrees/{folder.name}\n")


def test_the_commit_of_a_worktree_is_its_own(tmp_path: Path) -> None:
    worktree(tmp_path / "pr", checkout(tmp_path, BASE), OTHER)
    assert checked_out(tmp_path / "pr", tmp_path) == OTHER
    assert sorted(map(str, checkouts(tmp_path))) == [OTHER, BASE]


def test_a_worktree_whose_folder_is_not_here_has_no_known_commit(tmp_path: Path) -> None:
    made(checkout(tmp_path, BASE), "pr/Dockerfile")
    (tmp_path / "pr/.git").write_text("gitdir: /home/runner/work/x/x/.git/worktrees/pr\n")
    assert checked_out(tmp_path / "pr", tmp_path) is None


def test_a_submodule_is_its_checkout_s(tmp_path: Path) -> None:
    made(checkout(tmp_path, BASE), "lib/Dockerfile")
    (tmp_path / "lib/.git").write_text("gitdir: ../.git/modules/lib\n")
    assert checked_out(tmp_path / "lib", tmp_path) == BASE
    assert list(checkouts(tmp_path)) == [BASE]


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({}, True),
        ({"dockerfile": "app/Dockerfile"}, True),
        ({"build_contexts": "base=docker-image://debian:trixie-slim"}, True),
        ({"context": "https://git.example/stranger/x.git"}, False),
        ({"build_contexts": "src=https://git.example/stranger/x.git"}, False),
        ({"context": "/elsewhere"}, False),
    ],
)
def test_what_a_job_builds_from_is_of_a_known_commit_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], known: bool
) -> None:
    assert {BASE} == commits_of(checkout(tmp_path, BASE), monkeypatch, given) - {None}
    assert (None not in commits_of(tmp_path, monkeypatch, given)) == known


def test_a_checkout_below_the_context_counts_even_where_only_the_dockerfile_is_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout(checkout(tmp_path, BASE) / "pr", OTHER)
    assert commits_of(tmp_path, monkeypatch, {"dockerfile": "pr/Dockerfile"}) == {BASE, OTHER}
    assert commits_of(tmp_path, monkeypatch, {}) == {BASE, OTHER}


def commits_of(
    top: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> set[str | None]:
    monkeypatch.chdir(top)
    (top / ".ci-slim.yml").write_text("version: 1\nimages: {app: {build: {}}}\n")
    read = inputs.read({f"INPUT_{name.upper()}": value for name, value in given.items()})
    planned = job.planned(step_request.request(read, "ci-slim").run, {}, top)
    return set(job.commits(planned, top))


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("nothing/*.json", "no file matches"),
        ("reports", "`reports` is a folder"),
        ("/", "is not a pattern"),
    ],
)
def test_reports_that_are_none_are_refused(tmp_path: Path, pattern: str, message: str) -> None:
    made(tmp_path, "reports/a/report.json")
    with pytest.raises(UsageError, match=message):
        reports([pattern], tmp_path)


@pytest.mark.parametrize("before", ["", "/", "{top}/"])
def test_reports_are_found_with_the_workspace_s_path_and_without(
    tmp_path: Path, before: str
) -> None:
    made(tmp_path, "reports/b/report.json", "reports/a/report.json")
    pattern = f"{before.format(top=tmp_path)}reports/*/report.json"
    found = reports([pattern, "reports/a/*"], tmp_path)
    assert [path.parent.name for path in found] == ["a", "b"]
