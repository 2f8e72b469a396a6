"""The text of the Dockerfile that an image is built from."""

from pathlib import Path

from ci_slim.settings.files import is_remote
from ci_slim.settings.plans import BuildPlan

_MOST = 1 << 20


def dockerfile_text(plan: BuildPlan | None) -> str:
    """The text of the Dockerfile of a build; "" if it is remote or cannot be read, which the build
    itself reports."""
    if plan is None or is_remote(plan.context):
        return ""
    try:
        with Path(plan.dockerfile).open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except OSError:
        return ""
