"""GitLab: what does not need its client, which is slow to import."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ci_slim.forges import Forge
from ci_slim.forges.revision import Revision
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.result import Origin, Report

TITLE = "GitLab"
# https://docs.gitlab.com/ci/variables/predefined_variables/
_SECRETS = frozenset({
    "CI_JOB_TOKEN", "CI_BUILD_TOKEN", "CI_JOB_JWT", "CI_JOB_JWT_V1", "CI_JOB_JWT_V2",
    "CI_REGISTRY_PASSWORD", "CI_DEPLOY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD",
    "CI_REPOSITORY_URL",
})  # fmt: skip


def runs_here(environment: Mapping[str, str]) -> bool:
    """See `forges.opening.ForgeModule`."""
    return environment.get("GITLAB_CI") == "true"


def revision(environment: Mapping[str, str], read: Callable[[str], bytes]) -> Revision:
    """See `forges.opening.ForgeModule`."""
    from ci_slim.forges.gitlab import context

    return context.revision(environment)


def open_forge(environment: Mapping[str, str], read: Callable[[str], bytes]) -> Forge:
    """See `forges.opening.ForgeModule`."""
    from ci_slim.forges.gitlab import context, merge_request

    token = context.token(environment)
    return merge_request.connect(environment, token, time.monotonic, time.sleep)


def secret_names(environment: Mapping[str, str]) -> frozenset[str]:
    """See `forges.opening.ForgeModule`. The address of the repository contains the job's token."""
    from ci_slim.forges.gitlab import context

    return _SECRETS | {context.TOKEN, context.token_name(environment)}


def origin(environment: Mapping[str, str], read: Callable[[str], bytes]) -> Origin:
    """See `forges.opening.ForgeModule`."""
    from ci_slim.forges.gitlab import context

    return context.origin(environment)


def is_fork(environment: Mapping[str, str], read: Callable[[str], bytes]) -> bool:
    """See `forges.opening.ForgeModule`. The project's members may run a fork's merge request in
    the project itself, with its variables."""
    from ci_slim.forges.gitlab import context

    return context.read(environment).fork or context.origin(environment).fork


def write_reports(
    report: Report, dockerfiles: Mapping[str, Dockerfile], folder: Path, settings: str
) -> None:
    """See `forges.opening.ForgeModule`."""
    from ci_slim.forges.gitlab import reports

    reports.write(report, dockerfiles, folder, settings)
