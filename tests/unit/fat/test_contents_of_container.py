"""Tests which images a container shows unchanged."""

from typing import Any

import pytest

from ci_slim.fat.container import shows_all


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
def test_an_image_with_volumes_is_not_read_through_a_container(
    described: dict[str, Any], shown: bool
) -> None:
    assert shows_all(described) == shown
