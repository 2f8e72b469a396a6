"""The reusable workflow for other repositories: which runner each platform gets, and its inputs."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ci_slim.action.inputs import INPUTS, OUTPUTS

WORKFLOW = Path(__file__).parents[2] / ".github/workflows/slim.yml"


def workflow() -> Any:
    return YAML(typ="safe").load(WORKFLOW.read_text())


def planned(platforms: str, folder: Path) -> tuple[int, str]:
    """Exit code and output of the first job, run as the runner does."""
    (step,) = workflow()["jobs"]["plan"]["steps"]
    output = folder / "output"
    output.touch()
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={"PLATFORMS": platforms, "GITHUB_OUTPUT": str(output), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    return done.returncode, output.read_text() or done.stdout


def row(platform: str, runner: str) -> dict[str, str]:
    return {"platform": platform, "key": platform.replace("/", "-"), "runner": runner}


@pytest.mark.parametrize(
    "platforms", ["linux/arm/v6,linux/arm64,linux/amd64", "linux/arm/v6, linux/arm64 linux/amd64"]
)
def test_each_platform_runs_on_its_own_architecture_where_there_is_a_runner(
    platforms: str, tmp_path: Path
) -> None:
    code, output = planned(platforms, tmp_path)
    assert code == 0
    name, _, matrix = output.partition("=")
    assert name == "matrix"
    assert json.loads(matrix) == {
        "include": [
            row("linux/arm/v6", "ubuntu-24.04"),
            row("linux/arm64", "ubuntu-24.04-arm"),
            row("linux/amd64", "ubuntu-24.04"),
        ]
    }


@pytest.mark.parametrize("platforms", ["linux", 'linux/arm64"}', "linux/$(id)", "linux/arm/*"])
def test_what_is_not_a_platform_ends_the_run(platforms: str, tmp_path: Path) -> None:
    code, told = planned(platforms, tmp_path)
    assert code == 1
    assert "is not a platform such as linux/arm64" in told


def test_the_action_is_given_inputs_that_it_has_and_its_outputs_are_told() -> None:
    jobs = workflow()["jobs"]
    known = {each.name for each in INPUTS}
    for name in ("slim", "join"):
        (own,) = [s for s in jobs[name]["steps"] if s.get("uses", "").startswith("ci-slim/")]
        assert set(own["with"]) <= known
    assert set(jobs["join"]["outputs"]) <= set(OUTPUTS)
    assert jobs["join"]["if"].startswith("always()"), (
        "a platform that failed would be in no comment"
    )
    told = workflow()["on"]["workflow_call"]["outputs"]
    assert {value["value"] for value in told.values()} == {
        f"${{{{ jobs.join.outputs.{name} }}}}" for name in told
    }
