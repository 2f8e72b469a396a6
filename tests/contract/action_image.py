"""A pytest plugin with the action's image: all modules use one image per session."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


@pytest.fixture(scope="session")
def image() -> Iterator[str]:
    """The action's image, built as the runner builds it."""
    name = f"ci-slim-contract:{uuid.uuid4().hex[:8]}"
    secret = ["--secret", f"id=ca,src={_AUTHORITIES}"] if _AUTHORITIES.exists() else []
    command = ["docker", "buildx", "build", "--load", "--quiet", "--tag", name, *secret, "."]
    subprocess.run(command, cwd=_ROOT, check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "rmi", name], check=True, capture_output=True)
