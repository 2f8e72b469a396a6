"""Parameters of the long tests, which `make trials` runs and `make test` does not."""

from typing import Any

import pytest


def trials(*values: Any) -> list[Any]:
    """Values with which a test is a trial. A tuple is the values of several parameters."""
    return [
        pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.trial)
        for value in values
    ]
