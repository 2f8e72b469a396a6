"""The merge request, the branch and the server of a job, from GitLab's environment. Pure.

https://docs.gitlab.com/ci/variables/predefined_variables/
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ci_slim.errors import UsageError
from ci_slim.forges.revision import Revision
from ci_slim.result import Origin

TOKEN = "CI_SLIM_TOKEN"
"""The variable with the token, unless CI_SLIM_NOTE_VARIABLE names another one."""
REPORT = "ci-slim/report.json"
"""The path of the report in the artifacts of the component's job."""

_API = "/api/v4"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_WEB = re.compile(r"https?://[A-Za-z0-9._~:/%@+-]{1,1000}")
_OPEN = re.compile(r"([^!,\s]+)!(\d+)")


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """A merge request. `project` is the number or the path of a project."""

    project: str
    iid: int
    url: str
    """The address of its page; empty if GitLab does not say."""
    source_project: str = ""


@dataclass(frozen=True, slots=True)
class GitLabContext:
    """Where this job runs, and why. Addresses have no slash at the end."""

    api: str
    """Such as https://gitlab.example/api/v4; it may be below another path of the server."""
    project: str
    """The project with the baseline: the target project of the merge request."""
    base_branch: str
    """The target branch of the merge request, else the branch itself."""
    job: str
    """The name of the job whose artifacts contain the baseline."""
    report: str = REPORT
    """The path of the report in these artifacts."""
    merge_request: MergeRequest | None = None
    ca_bundle: str | None = None
    """The CA bundle that the runner has for this server."""
    job_token: str = field(default="", repr=False)
    thread: bool = False
    """Whether the note is a thread, which stays open while something is wrong."""
    head: str = ""
    """The newest commit of the merge request; empty if GitLab does not say."""
    own_branch: str = ""
    """The branch that this pipeline runs on; "" for a merge request or a tag."""
    choice: int = 0
    """How many merge requests are open for the branch, if it is unknown which one is meant."""

    @property
    def server(self) -> str:
        """The address of the server, without the path of the API."""
        return self.api.removesuffix(_API)

    @property
    def fork(self) -> bool:
        """Whether the merge request's code is from another project."""
        request = self.merge_request
        return request is not None and request.source_project not in {"", request.project}


def read(environment: Mapping[str, str]) -> GitLabContext:
    """The context of a job. Raises UsageError if the runner's variables are invalid.

    In the pipeline of a fork, CI_PROJECT_ID is the fork. The merge request and its target branch
    are in the project CI_MERGE_REQUEST_PROJECT_ID.
    """
    api = _url(environment)
    request = _merge_request(environment, api.removesuffix(_API))
    project = environment.get("CI_PROJECT_ID", "")
    if not project:
        raise UsageError(
            "the variable for the project is not set",
            where="CI_PROJECT_ID",
            hint="run this in a GitLab pipeline, where it is set",
        )
    return GitLabContext(
        api=api,
        project=request.project if request else project,
        base_branch=_base_branch(environment, request),
        job=environment.get("CI_SLIM_BASELINE_JOB") or environment.get("CI_JOB_NAME", ""),
        report=posixpath.normpath(environment.get("CI_SLIM_BASELINE_REPORT") or REPORT),
        merge_request=request,
        ca_bundle=environment.get("CI_SERVER_TLS_CA_FILE") or None,
        job_token=environment.get("CI_JOB_TOKEN", ""),
        thread=environment.get("CI_SLIM_NOTE_THREAD") == "true",
        head=_head(environment),
        own_branch="" if request else environment.get("CI_COMMIT_BRANCH", ""),
        choice=0 if request else len(_open(environment)),
    )


def origin(environment: Mapping[str, str]) -> Origin:
    """Where the report of this job comes from. Raises the errors of `read`."""
    context = read(environment)
    project, own = context.merge_request, environment.get("CI_PROJECT_ID", "")
    commit, job = context.head, _web(environment, "CI_JOB_URL")
    home, pipeline = _web(environment, "CI_PROJECT_URL"), environment.get("CI_PIPELINE_ID", "")
    return Origin(
        commit,
        f"{home}/-/commit/{commit}" if home and commit else "",
        int(pipeline) if pipeline.isdecimal() else 0,
        _web(environment, "CI_PIPELINE_URL") or job,
        f"{job}/artifacts/browse" if job else "",
        fork=project is not None and project.project.isdecimal() and project.project != own,
        tag=environment.get("CI_COMMIT_TAG", ""),
    )


def revision(environment: Mapping[str, str]) -> Revision:
    """The tag, commit and base branch of this job. Raises the errors of `read`."""
    context = read(environment)
    names = ["CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA"]
    if context.merge_request is None:
        names = ["CI_COMMIT_BEFORE_SHA"]
    known = (environment.get(name, "") for name in names)
    return Revision(
        environment.get("CI_COMMIT_TAG", ""),
        context.head,
        next((sha for sha in known if _COMMIT.fullmatch(sha) and sha.strip("0")), ""),
        context.base_branch,
    )


def _head(environment: Mapping[str, str]) -> str:
    """The newest commit of the change. CI_COMMIT_SHA is not used if there is a source branch: in a
    pipeline for merged results, it is a commit that GitLab made."""
    source = environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")
    commit = source or environment.get("CI_COMMIT_SHA", "")
    return commit if _COMMIT.fullmatch(commit) else ""


def _web(environment: Mapping[str, str], name: str) -> str:
    """The address in a variable; "" if it is not an address."""
    url = environment.get(name, "").rstrip("/")
    return url if _WEB.fullmatch(url) else ""


def token_name(environment: Mapping[str, str]) -> str:
    """The name of the variable with the project's token for notes.

    The component passes the name, so that no other variable contains the value.
    """
    name = environment.get("CI_SLIM_NOTE_VARIABLE") or TOKEN
    if not _NAME.fullmatch(name):
        raise UsageError(
            "this is not the name of a variable",
            where="CI_SLIM_NOTE_VARIABLE",
            hint="give the name of the variable that holds the token, never the token itself",
        )
    return name


def token(environment: Mapping[str, str]) -> str:
    """The project's token for notes; empty if there is none."""
    return environment.get(token_name(environment), "").strip()


def _base_branch(environment: Mapping[str, str], request: MergeRequest | None) -> str:
    target = environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
    branch = environment.get("CI_COMMIT_BRANCH", "") if request is None else ""
    return target or branch or environment.get("CI_DEFAULT_BRANCH", "")


def _merge_request(environment: Mapping[str, str], server: str) -> MergeRequest | None:
    iid = environment.get("CI_MERGE_REQUEST_IID", "")
    project = environment.get("CI_MERGE_REQUEST_PROJECT_ID", "")
    if iid.isdecimal() and project:
        web = environment.get("CI_MERGE_REQUEST_PROJECT_URL", "").rstrip("/")
        return MergeRequest(
            project,
            int(iid),
            f"{web}/-/merge_requests/{iid}" if web else "",
            environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", ""),
        )
    found = _open(environment)
    if len(found) != 1:
        return None
    path, number = found[0]
    return MergeRequest(path, int(number), f"{server}/{path}/-/merge_requests/{number}")


def _open(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """The open merge requests of a branch's pipeline: `group/project!7,group/project!9`."""
    return _OPEN.findall(environment.get("CI_OPEN_MERGE_REQUESTS", ""))


def _url(environment: Mapping[str, str]) -> str:
    url = environment.get("CI_API_V4_URL", "").rstrip("/")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None
        _ = parts.port
    except ValueError:
        sound = False
    if not sound or not url.endswith(_API) or parts.query or parts.fragment:
        raise UsageError(
            "this is not the address of GitLab's API",
            where="CI_API_V4_URL",
            hint="such as https://gitlab.example/api/v4",
        )
    return url
