"""Where the tools come from, and what is said where they are missing."""

import pytest

from ci_slim.errors import EngineError
from ci_slim.pack.tools import refuse_missing
from ci_slim.settings.plans import PackPlan


@pytest.mark.parametrize(
    ("plan", "package"),
    [
        (PackPlan(strip=True), "binutils-multiarch"),
        (PackPlan(upx=("/app",)), "upx-ucl"),
    ],
)
def test_a_missing_tool_is_named_with_its_package(plan: PackPlan, package: str) -> None:
    with pytest.raises(EngineError, match="is not on this machine") as told:
        refuse_missing(plan, lambda _: None)
    assert f"apt-get install {package}" in told.value.hint
    assert "slim.pack.image" in told.value.hint


def test_nothing_is_missing_where_nothing_is_asked_for_or_an_image_has_it() -> None:
    refuse_missing(PackPlan(), lambda _: None)
    refuse_missing(PackPlan(strip=True, image="tools:1"), lambda _: None)
    refuse_missing(PackPlan(strip=True), lambda name: f"/usr/bin/{name}")
