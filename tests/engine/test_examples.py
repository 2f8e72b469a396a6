"""Each example as its README says, on one platform. Only the smallest is in `make test`."""

from pathlib import Path

import pytest
from command import PROJECT, ci_slim
from daemons import Store
from trials import trials

from bench.examples import NAMES, services

SMALLEST = "hello"


@pytest.mark.parametrize("name", [SMALLEST, *trials(*(name for name in NAMES if name != SMALLEST))])
def test_an_example_is_slimmed_within_its_budget(
    overlay2: Store, tmp_path: Path, name: str
) -> None:
    made = services() if name == "compose" else ()
    config = f"--config={PROJECT / 'examples' / name / '.ci-slim.yml'}"
    try:
        done = ci_slim(overlay2, ["run", config, "--platform=linux/amd64"], tmp_path)
    finally:
        for image in made:
            overlay2.docker("rmi", "--force", image)
    assert done.code == 0, done.stderr
    assert done.report is not None
    for image in done.report["images"]:
        (platform,) = image["platforms"]
        outcome = (platform["outcome"], platform["verified"], platform["healed"])
        assert outcome == ("slimmed", True, []), image["name"]
        assert {each["status"] for each in platform["verdicts"]} == {"pass"}
