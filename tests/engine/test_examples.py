"""The two small examples as their README says. `make results TABLES=examples` runs all of them."""

from pathlib import Path

import pytest
from command import PROJECT, ci_slim
from daemons import Store
from trials import trials


@pytest.mark.parametrize("name", ["hello", *trials("weather")])
def test_an_example_is_slimmed_within_its_budget(
    overlay2: Store, tmp_path: Path, name: str
) -> None:
    settings = PROJECT / "examples" / name / ".ci-slim.yml"
    done = ci_slim(overlay2, ["run", f"--config={settings}"], tmp_path)
    assert done.code == 0, done.stderr
    (platform,) = done.platforms
    assert (platform["outcome"], platform["verified"], platform["healed"]) == ("slimmed", True, [])
    assert {each["status"] for each in platform["verdicts"]} == {"pass"}
