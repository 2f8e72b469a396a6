"""The pipeline for a forge, and which forge it is."""

import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ci_slim.start import NewFile, Repository, ignore_file, pipeline_file
from ci_slim.start.repository import Forge

INCLUDE = "include:\n  - component: $CI_SERVER_FQDN/ci-slim/ci-slim/ci-slim@1\n"


def repository(remote: str = "", branch: str = "main", **texts: str) -> Repository:
    paths = {name.replace("__", "/"): text for name, text in texts.items()}
    return Repository("x", frozenset(paths), paths, remote, branch)


@pytest.mark.parametrize(
    ("remote", "paths", "forge"),
    [
        ("git@github.com:o/r.git", (), "github"),
        ("https://token@github.example.org/o/r", (".gitlab-ci.yml",), "github"),
        ("ssh://git@gitlab.com:2222/o/r.git", (), "gitlab"),
        ("https://git.example.org/github/r.git", (), None),
        ("", (".gitlab-ci.yml",), "gitlab"),
        ("", (".github/workflows/a.yml",), "github"),
        ("", (".github/workflows/a.yml", ".gitlab-ci.yml"), None),
    ],
)
def test_the_forge_is_told_by_the_remote_or_the_pipelines(
    remote: str, paths: tuple[str, ...], forge: Forge | None
) -> None:
    assert Repository("x", frozenset(paths), {}, remote).forge == forge


@pytest.mark.parametrize("branch", ["main", "release/1.x", '"] # x', "a\nb", "on"])
def test_the_workflow_is_sound_for_any_branch(branch: str) -> None:
    file = pipeline_file(repository(branch=branch), "github")
    assert file is not None
    assert file.path == ".github/workflows/ci-slim.yml"
    read = YAML(typ="safe").load(file.text)
    assert read["on"]["push"]["branches"] == [branch]
    assert "ci-slim/ci-slim@v1" in str(read["jobs"]["image"]["steps"])


def test_the_workflow_is_one_for_github(tmp_path: Path) -> None:
    file = pipeline_file(repository(), "github")
    assert file is not None
    (tmp_path / "x.yml").write_text(file.text)
    schema = "--builtin-schema=vendor.github-workflows"
    subprocess.run(
        [sys.executable, "-m", "check_jsonschema", schema, tmp_path / "x.yml"], check=True
    )


def test_a_workflow_that_calls_ci_slim_stays() -> None:
    file = pipeline_file(
        repository(**{".github__workflows__a.yml": "uses: ci-slim/ci-slim@v1"}), "github"
    )
    assert file == NewFile(".github/workflows/a.yml", "", "it calls ci-slim already")


@pytest.mark.parametrize(
    ("earlier", "text", "note"),
    [
        ("", INCLUDE, ""),
        ("a: {script: b}\n", f"{INCLUDE}\na: {{script: b}}\n", ""),
        (
            "stages: [build, ship]\n",
            f"{INCLUDE}    inputs:\n      stage: ship\n\nstages: [build, ship]\n",
            "",
        ),
        (f"{INCLUDE}x: 1\n", "", ""),
        ("a: '\ufffd'\n", "", "it is too large, or not UTF-8 text; add this to it:\ninclude:"),
        ("include: a.yml\n", "", "it has an `include:` already; add this to it:"),
        (
            "include:\n# ours\n- local: a.yml\nx: !reference [a, b]\n",
            "include:\n# ours\n- component: $CI_SERVER_FQDN/ci-slim/ci-slim/ci-slim@1\n"
            "- local: a.yml\nx: !reference [a, b]\n",
            "",
        ),
        (
            "stages: [ship]\ninclude:\n    - local: a.yml\n",
            "stages: [ship]\ninclude:\n    - component: $CI_SERVER_FQDN/ci-slim/ci-slim/ci-slim@1\n"
            "      inputs:\n        stage: ship\n    - local: a.yml\n",
            "",
        ),
        ("---\na: b\n", "", "add this to it:"),
    ],
)
def test_the_include_is_put_in_front(earlier: str, text: str, note: str) -> None:
    texts = {".gitlab-ci.yml": earlier} if earlier else {}
    file = pipeline_file(repository(**texts), "gitlab")
    assert file is not None
    assert file.text == text
    assert file.note.startswith(note)
    assert bool(file.note) == bool(note)


def test_a_pipeline_that_was_not_read_is_not_replaced() -> None:
    file = pipeline_file(Repository("x", frozenset({".gitlab-ci.yml"}), {}), "gitlab")
    assert file is not None
    assert (file.text, "add this to it:\ninclude:" in file.note) == ("", True)


def test_an_ignore_file_that_is_not_utf_8_is_not_replaced() -> None:
    file = ignore_file({"."}, "a\ufffd\n")
    assert file is not None
    assert (file.text, file.note.endswith("add this to it:\n.ci-slim/")) == ("", True)


def test_without_a_forge_there_is_no_pipeline() -> None:
    assert pipeline_file(repository(), "none") is None


@pytest.mark.parametrize(
    ("contexts", "earlier", "text"),
    [
        ({"."}, "", ".ci-slim/\n"),
        ({".", "app"}, "*.log", "*.log\n.ci-slim/\n"),
        ({"app"}, "", None),
        ({"."}, "a\n/.ci-slim\n", None),
        ({"."}, "**/.ci-slim\n", None),
        ({"."}, "*\n!go.mod\n", None),
    ],
)
def test_the_folder_of_runs_by_hand_is_sent_to_no_build(
    contexts: set[str], earlier: str, text: str | None
) -> None:
    assert ignore_file(contexts, earlier) == (NewFile(".dockerignore", text) if text else None)
