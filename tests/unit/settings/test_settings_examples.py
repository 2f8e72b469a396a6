"""The settings of every example are sound, and every example is measured."""

from pathlib import Path

import pytest

from ci_slim.settings import load

EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = sorted(EXAMPLES.glob("*/.ci-slim.yml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_its_settings_are_sound(path: Path) -> None:
    for image in load(str(path), {}).images:
        assert image.build is not None
        assert Path(image.build.dockerfile).is_file()
        assert image.probes
        assert {"pull", "disk"} <= image.budget.limits.by_rule.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_its_readme_names_a_command_and_the_results_have_its_numbers(path: Path) -> None:
    name = path.parent.name
    assert (
        f"examples/{name}" in (path.parent / "README.md").read_text("utf-8") or name == "listener"
    )
    results = (EXAMPLES.parent / "docs/results.md").read_text("utf-8")
    assert f"(../examples/{name}/README.md)" in results
