"""A pytest plugin with the action's image: the slim image that a release pushes."""

import pytest
import release


@pytest.fixture(scope="session")
def image() -> str:
    """The action's image: `release.yml` writes it into the action.yml of a released version."""
    return release.made().image
