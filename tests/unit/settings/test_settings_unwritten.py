"""A project without a settings file: its one Dockerfile, and the flags or inputs beside it."""

import re
from pathlib import Path

import pytest
from reports import sample
from settings_texts import flags

from ci_slim import cli
from ci_slim.commands.edge import Edge
from ci_slim.errors import UsageError
from ci_slim.judge.budget import Limits
from ci_slim.report.json import to_json
from ci_slim.requests import Asked
from ci_slim.settings import is_unwritten, load_or_find, parse
from ci_slim.settings.unwritten import text


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weather"
    (folder / "app").mkdir(parents=True)
    (folder / "app/Dockerfile").write_text("FROM scratch\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("given", "context", "dockerfile"),
    [
        ({}, "app", "app/Dockerfile"),
        ({"context": "app"}, "app", "app/Dockerfile"),
        ({"context": "."}, ".", "app/Dockerfile"),
        ({"dockerfile": "docker/arm"}, ".", "docker/arm"),
        ({"context": "https://git.example/a.git"}, "https://git.example/a.git", "Dockerfile"),
    ],
)
def test_the_one_dockerfile_is_built_where_it_lies(
    project: Path, given: dict[str, str], context: str, dockerfile: str
) -> None:
    (image,) = load_or_find(".ci-slim.yml", {}, flags(**given)).images
    assert image.build is not None
    assert (image.name, image.build.context) == ("weather", context)
    assert image.build.dockerfile == dockerfile


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"GITHUB_REPOSITORY": "octo-org/octo-repo"}, "octo-repo"),
        ({"CI_PROJECT_PATH": "group/sub/thermometer"}, "thermometer"),
        (
            {"CI_PROJECT_PATH": "me/my-fork", "CI_MERGE_REQUEST_PROJECT_PATH": "group/original"},
            "original",
        ),
    ],
)
def test_the_image_is_called_as_the_project(
    project: Path, environment: dict[str, str], name: str
) -> None:
    (image,) = load_or_find(".ci-slim.yml", environment, Asked()).images
    assert image.name == name


def test_a_settings_file_that_is_there_is_read(project: Path) -> None:
    (project / ".ci-slim.yml").write_text("version: 1\nimages: {app: {image: app}}\n")
    assert not is_unwritten(".ci-slim.yml")
    assert load_or_find(".ci-slim.yml", {}, Asked()).images[0].source == "app"


def test_a_settings_file_that_was_named_must_be_there(project: Path) -> None:
    with pytest.raises(UsageError, match="the settings file cannot be read"):
        load_or_find("ci/slim.yml", {}, Asked())


def test_a_choice_of_dockerfiles_is_left_to_the_user(project: Path) -> None:
    (project / "other.Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(UsageError, match="there are 2 Dockerfiles"):
        load_or_find(".ci-slim.yml", {}, Asked())


@pytest.mark.parametrize(
    ("project_path", "name"),
    [("octo-org/octo-repo", "octo-repo"), ("a/.github", "github"), ("a/-", "image"), ("", "image")],
)
def test_a_project_s_name_becomes_one_of_an_image(project_path: str, name: str) -> None:
    given = flags(probes="[{exec: ls}, {http: GET /}]", budget="{pull: 12 MB}")
    (image,) = parse(text(project_path), "s.yml", {}, given).images
    limits = Limits(pull=12_000_000)
    assert (image.name, len(image.probes), image.budget.limits) == (name, 2, limits)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"probes": "- htp: GET /"}, "--probes:1:3"),
        ({"budget": "pul: 12 MB"}, "--budget:1:1"),
        ({"budget": "# nothing"}, "--budget: the value is empty"),
    ],
)
def test_a_mistake_in_a_flag_is_shown_with_its_place(given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        parse(text("a/b"), "s.yml", {}, flags(**given))


def test_a_push_asks_for_no_dockerfile(project: Path) -> None:
    (project / "arm").mkdir()
    (project / "arm/Dockerfile").write_text("FROM scratch\n")
    (project / "report.json").write_text(to_json(sample()))
    argv = ["push", "--tag=registry.example/weather:1", "report.json"]
    with pytest.raises(UsageError, match="no report has this image") as error:
        cli.carry_out(argv, Edge())
    assert error.value.where == "weather"
