"""From a repository that nobody has seen to a green run with what `ci-slim init` wrote."""

import shutil
from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from recipes import FOLDER

from bench.start import STRANGERS, clone
from ci_slim import settings


@pytest.fixture
def echo(tmp_path: Path) -> Path:
    """A checkout, as someone hands it over."""
    return Path(shutil.copytree(FOLDER / "unknown", tmp_path / "echo"))


def test_an_unknown_repository_becomes_a_green_run(
    overlay2: Store, echo: Path, tmp_path: Path
) -> None:
    done = ci_slim(overlay2, ["init", "--yes"], tmp_path / "first", working_folder=echo)
    assert done.code == 0, done.stderr
    text = (echo / ".ci-slim.yml").read_text()
    (image,) = settings.parse(text, ".ci-slim.yml", {}).images
    assert [probe.name for probe in image.probes] == ["GET /healthz", "POST /echo", "crawl /"]
    assert (
        "echo: the probe `http: GET /v1/status` (from README.md) is left out, because the image "
        "does not answer it as expected" in done.stderr
    )
    assert "# What was measured on linux/amd64, and 15 % more." in text

    again = ci_slim(overlay2, ["init", "--yes"], tmp_path / "again", working_folder=echo)
    assert (again.code, again.stdout) == (0, ".ci-slim.yml: no change\n")
    assert (echo / ".ci-slim.yml").read_text() == text

    run = ci_slim(overlay2, ["run"], tmp_path / "run", working_folder=echo)
    assert run.code == 0, run.stderr
    (platform,) = run.platforms
    assert (platform["outcome"], platform["verified"]) == ("slimmed", True)
    assert {each["rule"]: each["status"] for each in platform["verdicts"]} == {
        "pull": "pass",
        "disk": "pass",
    }


def test_a_program_of_a_stranger_is_green_at_once(overlay2: Store, tmp_path: Path) -> None:
    """One of the ten repositories that `make results TABLES=start` measures."""
    (stranger,) = (each for each in STRANGERS if each.name == "roman")
    roman = clone(stranger, tmp_path / "roman")
    done = ci_slim(overlay2, ["init", "--yes"], tmp_path / "first", working_folder=roman)
    assert done.code == 0, done.stderr
    assert "roman: no probe calls it with `--names 1815`, as the README does" in done.stderr
    assert (roman / ".gitlab-ci.yml").exists()

    run = ci_slim(overlay2, ["run"], tmp_path / "run", working_folder=roman)
    assert run.code == 0, run.stderr
    (platform,) = run.platforms
    assert platform["verified"]
    assert {each["status"] for each in platform["verdicts"]} == {"pass"}


def test_an_image_that_does_not_start_is_told_and_has_no_budget(
    overlay2: Store, echo: Path, tmp_path: Path
) -> None:
    (echo / "server.pl").write_text("die 'DATABASE_URL is missing';\n")
    done = ci_slim(overlay2, ["init", "--yes"], tmp_path / "first", working_folder=echo)
    assert done.code == 5, done.stderr
    assert "DATABASE_URL is missing" in done.stderr
    assert "# budget:" in (echo / ".ci-slim.yml").read_text()
