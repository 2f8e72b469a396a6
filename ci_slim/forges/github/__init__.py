"""GitHub: what does not need its client, which is slow to import."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ci_slim.forges import Forge
from ci_slim.forges.revision import Revision
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.result import Origin, Report

TITLE = "GitHub"
_SECRETS = frozenset({
    "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL",
})  # fmt: skip


def runs_here(environment: Mapping[str, str]) -> bool:
    """See `forges.opening.ForgeModule`."""
    return environment.get("GITHUB_ACTIONS") == "true"


def revision(environment: Mapping[str, str], read: Callable[[str], bytes]) -> Revision:
    """See `forges.opening.ForgeModule`."""
    from ci_slim.forges.github import context

    return context.read(environment, _event(environment, read)).revision


def open_forge(environment: Mapping[str, str], read: Callable[[str], bytes]) -> Forge:
    """See `forges.opening.ForgeModule`."""
    from ci_slim.forges.github import pull_request

    event = _event(environment, read)
    token = environment.get("INPUT_TOKEN") or environment.get("GITHUB_TOKEN") or ""
    return pull_request.connect(environment, event, token, time.monotonic, time.sleep)


def secret_names(environment: Mapping[str, str]) -> frozenset[str]:
    """See `forges.opening.ForgeModule`. All inputs of the action count as secrets."""
    return _SECRETS | {name for name in environment if name.startswith("INPUT_")}


def origin(environment: Mapping[str, str], read: Callable[[str], bytes]) -> Origin:
    """See `forges.opening.ForgeModule`."""
    from ci_slim.forges.github import context

    return context.read(environment, _event(environment, read)).origin


def is_fork(environment: Mapping[str, str], read: Callable[[str], bytes]) -> bool:
    """See `forges.opening.ForgeModule`."""
    from ci_slim.forges.github import context

    return context.read(environment, _event(environment, read)).fork


def _event(environment: Mapping[str, str], read: Callable[[str], bytes]) -> bytes:
    try:
        return read(environment.get("GITHUB_EVENT_PATH") or "")
    except OSError:
        return b""  # then only the pull request is unknown, which a later message says


def write_reports(
    report: Report, dockerfiles: Mapping[str, Dockerfile], folder: Path, settings: str
) -> None:
    """See `forges.opening.ForgeModule`. GitHub reads no such files."""
