"""An image read through a container: which images a container shows as they are."""

from typing import Any, cast

import pytest

from ci_slim.engine.docker import Engine
from ci_slim.slim.pristine import shows_all


class OneImage:
    """A daemon that describes one image."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._described = described

    def inspect_image(self, reference: str) -> dict[str, Any]:
        assert reference == "app:1"
        return self._described


@pytest.mark.parametrize(
    ("described", "shown"),
    [
        ({"Config": {"Volumes": {"/data": {}}}}, False),
        ({"Config": {"Volumes": {}}}, True),
        ({"Config": {"Volumes": None}}, True),
        ({"Config": {"Cmd": ["x"]}}, True),
        ({"Config": None}, True),
        ({}, True),
    ],
)
def test_volumes_hide_what_the_image_has(described: dict[str, Any], shown: bool) -> None:
    assert shows_all(cast(Engine, OneImage(described)), "app:1") == shown
