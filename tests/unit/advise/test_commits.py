"""What a device fetches after a commit, and how the last commits are read."""

import subprocess
from pathlib import Path

import pytest

from ci_slim.advise.dockerignore import ignored
from ci_slim.advise.finding import Context
from ci_slim.advise.read_sources import read_sources
from ci_slim.advise.subject import Subject
from ci_slim.advise.updates import copies, update_bytes
from ci_slim.image.instructions import read_dockerfile
from ci_slim.settings.plans import BuildPlan

LATE = "FROM a\nCOPY . /app\nRUN apt-get install b\n"
EARLY = "FROM a\nRUN apt-get install b\nCOPY . /app\n"
STAGES = "FROM a AS b\nCOPY src /src\nRUN make\nFROM a\nCOPY lib /lib\nCOPY --from=b /out /out\n"
LAYERS = (7000, 10, 500)
"""The base image, and two layers on it."""


def subject(text: str, ignore: str = "") -> Subject:
    return Subject(read_dockerfile(text), context=Context({}, ignored(ignore)))


@pytest.mark.parametrize(
    ("text", "changed", "fetched"),
    [
        (LATE, "main.c", 510),
        (LATE, "docs/a", 0),
        (EARLY, "main.c", 500),
        (STAGES, "lib/a", 510),
        (STAGES, "src/deep/a", 500),
        (STAGES, "other", 0),
    ],
)
def test_a_commit_makes_the_layers_anew_from_the_first_that_copies_a_changed_file(
    text: str, changed: str, fetched: int
) -> None:
    assert update_bytes(subject(text, "docs"), LAYERS, [frozenset({changed})]) == fetched
    assert update_bytes(subject(text, "docs"), LAYERS, [frozenset({changed})] * 3) == 3 * fetched


def test_nothing_is_known_of_an_image_with_too_few_layers() -> None:
    assert update_bytes(subject(LATE), (1,), [frozenset({"a"})]) == 0


@pytest.mark.parametrize(
    ("source", "path", "taken"),
    [
        (".", "a/b", True),
        ("./", "a/b", True),
        ("a", "a/b", True),
        ("/a/", "a/b", True),
        ("*.c", "a.c", True),
        ("a", "ab", False),
        ("a/b", "a", False),
    ],
)
def test_which_files_a_source_takes_along(source: str, path: str, taken: bool) -> None:
    assert copies(source, path) is taken


def test_commits_are_read_from_the_build_context_alone(tmp_path: Path) -> None:
    def git(*argv: str) -> None:
        names = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *names, *argv], cwd=tmp_path, check=True, capture_output=True)

    context = tmp_path / "app"
    (context / "src").mkdir(parents=True)
    (context / "Dockerfile").write_text("FROM a\n")
    plan = BuildPlan(context=str(context), dockerfile=str(context / "Dockerfile"))
    assert read_sources("a", plan, tmp_path).history == ()
    git("init", "--quiet")
    for path in ("app/src/a c", "README", "app/b"):
        (tmp_path / path).write_text(path)
        git("add", path)
        git("commit", "--quiet", "--message", "x\n\nsrc/no")
    assert read_sources("a", plan, tmp_path).history == (frozenset({"b"}), frozenset({"src/a c"}))
