"""How one image was made, as an in-toto statement with SLSA provenance 1.0. Pure.

https://slsa.dev/spec/v1.0/provenance, https://github.com/in-toto/attestation (Statement v1)
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ci_slim import __version__
from ci_slim.image import documents
from ci_slim.platforms import Platform
from ci_slim.result import PlatformReport

MEDIA_TYPE = "application/vnd.in-toto+json"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://github.com/ci-slim/ci-slim/blob/main/docs/supply-chain.md"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run took place, as the forge reports it. Unknown texts are ""."""

    builder: str = "local"
    """The address of what ran it: the workflow, or the runner of the CI job."""
    invocation: str = ""
    """The address of the run."""
    repository: str = ""
    """The address of the repository."""
    revision: str = ""
    """The commit."""
    ref: str = ""
    event: str = ""


def provenance(
    name: str,
    digest: str,
    platform: Platform,
    report: PlatformReport,
    origin: Origin,
    created: str,
) -> bytes:
    """The statement about the image with this manifest digest."""
    external = {"image": name, "platform": str(platform), "ref": origin.ref, "event": origin.event}
    resolved: list[dict[str, object]] = []
    if origin.repository:
        source: dict[str, object] = {"uri": f"git+{origin.repository}"}
        if origin.ref:
            source["uri"] = f"{source['uri']}@{origin.ref}"
        if origin.revision:
            source["digest"] = {"gitCommit": origin.revision}
        resolved.append(source)
    fat = report.fat.digest if report.fat is not None else ""
    internal: dict[str, object] = {
        "outcome": report.outcome,
        "verified": report.verified,
        "emulated": report.emulated,
    }
    if fat:
        internal["fatImage"] = fat
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": dict([digest.split(":", 1)])}],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {k: v for k, v in external.items() if v},
                "internalParameters": internal,
                "resolvedDependencies": resolved,
            },
            "runDetails": {
                "builder": {"id": origin.builder, "version": {"ci-slim": __version__}},
                "metadata": {
                    **({"invocationId": origin.invocation} if origin.invocation else {}),
                    "finishedOn": created,
                },
            },
        },
    }
    return documents.dump(statement)


def origin(environment: Mapping[str, str]) -> Origin:
    """The origin from the variables of GitHub or GitLab, or a local one."""
    get = environment.get
    if get("GITHUB_ACTIONS") == "true":
        server, repository = get("GITHUB_SERVER_URL", ""), get("GITHUB_REPOSITORY", "")
        run, attempt = get("GITHUB_RUN_ID", ""), get("GITHUB_RUN_ATTEMPT", "1")
        address = f"{server}/{repository}"
        return Origin(
            f"{server}/{get('GITHUB_WORKFLOW_REF', repository)}",
            f"{address}/actions/runs/{run}/attempts/{attempt}" if run else "",
            address,
            get("GITHUB_SHA", ""),
            get("GITHUB_REF", ""),
            get("GITHUB_EVENT_NAME", ""),
        )
    if get("GITLAB_CI") == "true":
        project = get("CI_PROJECT_URL", "")
        return Origin(
            f"{project}/-/runners/{get('CI_RUNNER_ID', '')}",
            get("CI_JOB_URL", ""),
            project,
            get("CI_COMMIT_SHA", ""),
            get("CI_COMMIT_REF_NAME", ""),
            get("CI_PIPELINE_SOURCE", ""),
        )
    return Origin()
