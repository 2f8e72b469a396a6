"""What a job would build from, so that a stranger's part of it is found."""

from pathlib import Path

import pytest
from settings_texts import flags

from ci_slim.action import job
from ci_slim.requests import RunRequest
from ci_slim.settings import make

SETTINGS = """version: 1
images:
  app:
    build: {{context: {context}, dockerfile: {dockerfile}, contexts: {{extra: {extra}}}}}
"""


def run(config: object) -> RunRequest:
    return make(RunRequest, flags(config=str(config)))


@pytest.mark.parametrize(
    ("config", "context", "dockerfile", "extra"),
    [
        (".ci-slim.yml", "pr", "Dockerfile", "."),
        (".ci-slim.yml", ".", "pr/Dockerfile", "."),
        (".ci-slim.yml", ".", "Dockerfile", "pr"),
        ("pr/.ci-slim.yml", "..", "Dockerfile", ".."),
        ("pr/.ci-slim.yml", "https://git.example/x.git", "Dockerfile", ".."),
    ],
)
def test_every_folder_that_has_a_say_in_the_build_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: str,
    context: str,
    dockerfile: str,
    extra: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pr").mkdir()
    text = SETTINGS.format(context=context, dockerfile=dockerfile, extra=extra)
    (tmp_path / config).write_text(text)
    planned = job.planned(run(config), {}, tmp_path)
    assert tmp_path / "pr" in {(tmp_path / folder).resolve() for folder in planned.folders}


def test_settings_outside_of_the_workspace_are_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tmp_path / "work"
    top.mkdir()
    monkeypatch.chdir(top)
    config = tmp_path / "settings.yml"
    config.write_text("{version: 1, images: {app: {image: x}}}")
    assert job.planned(run(config), {}, top).folders == (".",)
