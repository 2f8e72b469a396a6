"""`ci-slim init` as a process, where no Docker answers."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ci_slim import cli, platforms, settings
from ci_slim.commands.edge import Edge
from ci_slim.commands.repository_files import read_repository
from ci_slim.errors import UsageError

FILES = {
    "Dockerfile": "FROM python:3.13-slim\nEXPOSE 8000\n",
    "requirements.txt": "fastapi\n",
    ".git/config": '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@github.com:o/shop.git\n',
    ".git/HEAD": "ref: refs/heads/feature\n",
    ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n",
}
COMMAND = (sys.executable, "-m", "ci_slim", "init")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin", "DOCKER_HOST": "tcp://127.0.0.1:1",
    "PYTHONPATH": str(Path(__file__).parents[3]),
}  # fmt: skip
WRITTEN = (".ci-slim.yml", ".github/workflows/ci-slim.yml")
IGNORED = ".dockerignore (new):\n    .ci-slim/\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "checkout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "checkout"


def init(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *flags], cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_files_are_shown_and_written_and_a_second_run_changes_nothing(shop: Path) -> None:
    done = init(shop, "--yes")
    assert done.returncode == 0, done.stderr
    assert "nothing was built, so there are no budgets yet: tcp://127.0.0.1:1" in done.stderr
    texts = [(shop / name).read_text() for name in WRITTEN]
    for name, text in zip(WRITTEN, texts, strict=True):
        shown = "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())
        assert f"{name} (new):\n{shown}" in done.stdout
    (image,) = settings.parse(texts[0], "f", {}).images
    assert (image.name, [probe.name for probe in image.probes]) == (
        "shop",
        ["openapi /openapi.json"],
    )
    assert "branches: [trunk]" in texts[1]
    assert done.stdout.endswith(IGNORED)
    again = init(shop, "--yes")
    assert again.stdout == "".join(f"{name}: no change\n" for name in WRITTEN)
    assert "nothing to change" in again.stderr
    assert [(shop / name).read_text() for name in WRITTEN] == texts


def test_a_secret_is_written_and_kept_by_a_second_run(shop: Path) -> None:
    asks = "RUN --mount=type=secret,id=npm npm ci\n"
    (shop / "Dockerfile").write_text(FILES["Dockerfile"] + asks)
    without = init(shop, "--yes", "--no-build")
    assert "call `ci-slim init --secret id=npm,src=FILE` if it needs that" in without.stderr
    done = init(shop, "--yes", "--no-build", "--secret=id=npm,src=.npmrc")
    assert done.returncode == 0, done.stderr
    assert "asks for the secret" not in done.stderr
    text = (shop / ".ci-slim.yml").read_text()
    assert 'secrets: ["id=npm,src=.npmrc"]' in text
    assert init(shop, "--yes", "--no-build").returncode == 0
    assert (shop / ".ci-slim.yml").read_text() == text


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("id=nmp,src=.npmrc", "no Dockerfile asks for the secret `nmp`"),
        ("src=.npmrc", "the secret `src=.npmrc` has no id"),
    ],
)
def test_a_secret_that_nothing_asks_for_is_refused(shop: Path, secret: str, told: str) -> None:
    done = init(shop, "--yes", "--no-build", f"--secret={secret}")
    assert done.returncode == 2
    assert told in done.stderr


STRANGE = """\
version: 1
images:
  shop:
    build:
      context: .
      secrets: ["id=npm,src=${HOME}/.ssh/id_rsa", "id=token,env=TOKEN"]
"""


@pytest.fixture
def strange(shop: Path) -> Path:
    """A checkout whose own settings name files of this machine as secrets."""
    asks = "RUN --mount=type=secret,id=npm --mount=type=secret,id=token cp /run/secrets/* /\n"
    (shop / "Dockerfile").write_text(FILES["Dockerfile"] + asks)
    (shop / ".ci-slim.yml").write_text(STRANGE)
    return shop


def test_secrets_of_the_settings_are_kept_as_they_are_written(strange: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--yes"], cwd=strange, env={**ENVIRONMENT, "HOME": "/home/user"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = (strange / ".ci-slim.yml").read_text()
    assert 'secrets: ["id=npm,src=${HOME}/.ssh/id_rsa", "id=token,env=TOKEN"]' in text
    assert "/home/user" not in done.stdout + done.stderr
    assert "the first build does not get the secret npm" in done.stderr


def test_the_first_build_gets_only_the_secrets_of_the_call(
    strange: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[tuple[str, ...]] = []

    def stop(_: object, chosen: settings.Settings, *others: object, **named: object) -> None:
        built.extend(image.build.secrets for image in chosen.images if image.build)
        raise UsageError("enough")

    monkeypatch.chdir(strange)
    monkeypatch.setattr("ci_slim.commands.first_run._native", lambda edge: platforms.parse("amd64"))
    monkeypatch.setattr("ci_slim.commands.first_run.run_once", stop)
    edge = Edge({"HOME": "/home/user"})
    assert cli.carry_out(["init", "--yes", "--secret=id=token,src=mine"], edge) == 0
    assert built == [("id=token,src=mine",)]
    text = (strange / ".ci-slim.yml").read_text()
    assert 'secrets: ["id=npm,src=${HOME}/.ssh/id_rsa", "id=token,src=mine"]' in text


@pytest.mark.parametrize("text", [b"x: 1 # " + b"x" * 200_000, b"x: '\xe9'\n"])
def test_a_pipeline_that_cannot_be_written_back_stays(shop: Path, text: bytes) -> None:
    (shop / ".gitlab-ci.yml").write_bytes(text)
    done = init(shop, "--yes", "--no-build", "--forge=gitlab")
    assert done.returncode == 0, done.stderr
    assert "add this to it" in done.stdout
    assert (shop / ".gitlab-ci.yml").read_bytes() == text


def test_the_difference_is_shown_before_a_file_is_replaced(shop: Path) -> None:
    init(shop, "--yes", "--no-build")
    path = shop / ".ci-slim.yml"
    text = path.read_text()
    path.write_text(text.replace("version: 1\n", "version: 1\n# \x1b[2Jours\n"))
    refused = init(shop, "--no-build")
    assert refused.returncode == 2
    assert "nothing was written, because nobody can be asked" in refused.stderr
    assert "    -# ours\n" in refused.stdout
    assert "ours" in path.read_text()
    assert init(shop, "--yes", "--no-build").returncode == 0
    assert path.read_text() == text


@pytest.mark.parametrize("link", [".ci-slim.yml", ".github"])
def test_nothing_is_written_through_a_link(shop: Path, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (shop / link).symlink_to(outside / "file" if link.endswith("yml") else outside)
    done = init(shop, "--yes", "--no-build")
    assert (done.returncode, list(outside.iterdir())) == (2, [])
    assert f"{link}: this is a symbolic link" in done.stderr


def test_without_a_dockerfile_it_says_so(tmp_path: Path) -> None:
    done = init(tmp_path, "--yes")
    assert done.returncode == 2
    assert "there is no Dockerfile here" in done.stderr


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("n", False)])
def test_on_a_terminal_it_asks_what_it_cannot_know(shop: Path, answer: str, written: bool) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "--no-build"], cwd=shop, env=ENVIRONMENT, stdin=slave,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        os.close(slave)
        os.write(master, f"linux/arm64,arm/v6\n{answer}\n".encode())
        _, said = process.communicate(timeout=60)
    os.close(master)
    assert process.returncode == 0, said
    assert "Platforms of your devices" in said
    assert "Write these files?" in said
    path = shop / ".ci-slim.yml"
    assert path.exists() is written
    if written:
        assert "platforms: [linux/arm64, linux/arm/v6]" in path.read_text()


def test_only_regular_files_that_can_be_named_are_read(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("SECRET")
    (shop / "link.py").symlink_to(tmp_path / "secret.py")
    os.mkfifo(shop / "fifo.py")
    (shop / "a\nb.py").write_text("x")
    (shop / "large.py").write_text("x" * 200_000)
    (shop / "node_modules").mkdir()
    (shop / "node_modules/Dockerfile").write_text("FROM x\n")
    read = read_repository(shop)
    assert read.paths == {"Dockerfile", "requirements.txt", "large.py"}
    assert set(read.texts) == {"Dockerfile", "requirements.txt"}
    assert (read.name, read.branch, read.forge) == ("shop", "trunk", "github")


def test_a_further_work_tree_has_the_remote_of_its_repository(shop: Path, tmp_path: Path) -> None:
    tree, git = tmp_path / "tree", shop / ".git/worktrees/tree"
    tree.mkdir()
    git.mkdir(parents=True)
    (git / "commondir").write_text("../..\n")
    (tree / ".git").write_text(f"gitdir: {git}\n")
    assert read_repository(tree).name == "shop"


@pytest.mark.parametrize(
    ("privileged", "named"), [("false", "compose: {file: compose.yml"), ("true", "db: {image: db}")]
)
def test_a_compose_file_that_cannot_be_taken_whole_is_copied_in_parts(
    shop: Path, privileged: str, named: str
) -> None:
    (shop / "compose.yml").write_text(
        "services:\n  web: {build: ., depends_on: [db]}\n"
        f"  db: {{image: db, privileged: {privileged}}}\n"
    )
    done = init(shop, "--yes", "--no-build")
    assert done.returncode == 0, done.stderr
    assert named in (shop / ".ci-slim.yml").read_text()
