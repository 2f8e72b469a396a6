"""The pull request, the branch and the servers of a job, from GitHub's environment and event. Pure.

https://docs.github.com/actions/reference/workflows-and-actions/variables
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ci_slim.errors import UsageError
from ci_slim.forges.github.event import (
    PullRequest,
    Trigger,
    parse_event,
    pull_of,
    text_at,
    trigger_of,
)
from ci_slim.forges.revision import Revision
from ci_slim.options import KEY
from ci_slim.result import Origin

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_WORKFLOW = re.compile(r"\.github/workflows/([^/@]+\.ya?ml)@")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HEADS, _TAGS = "refs/heads/", "refs/tags/"
_PUBLIC_API = "https://api.github.com"


@dataclass(frozen=True, slots=True)
class Servers:
    """The addresses of GitHub or a GitHub Enterprise Server, without a slash at the end."""

    api: str
    graphql: str
    web: str


@dataclass(frozen=True, slots=True)
class GitHubContext:
    """Where this job runs, and why."""

    event: str
    repository: str
    servers: Servers
    sha: str
    run_id: int
    workflow: str
    """The file name of the workflow, such as `ci.yml`; empty if the runner does not say."""
    job: str
    """The id of the job in the workflow; empty if the runner does not say."""
    base_branch: str
    """The branch to compare with: the pull request's base, or the pushed branch itself."""
    tag: str = ""
    """The tag that was pushed, else empty."""
    base_commit: str = ""
    """The commit of the base branch; for a push, the commit before it. Empty if unknown."""
    pull: PullRequest | None = None
    trigger: Trigger | None = None

    @property
    def key(self) -> str:
        """The key of a step that does not name one. It differs for each workflow and job, so that
        they do not overwrite each other's comment and report."""
        return key_prefix(self.workflow) + _UNSAFE.sub("-", self.job) if self.job else KEY

    @property
    def own_branch(self) -> str:
        """The branch whose code this run builds and whose report it makes; "" for a pull request,
        a tag and the like."""
        return self.base_branch if self.event in {"push", "schedule"} and not self.tag else ""

    @property
    def follows(self) -> bool:
        """Whether the job follows a pull request's run, to post its report. It builds nothing."""
        return self.trigger is not None and self.trigger.event == "pull_request"

    @property
    def origin(self) -> Origin:
        """Where the report of this job comes from."""
        home = f"{self.servers.web}/{self.repository}"
        if self.follows and self.trigger is not None:
            run = self.trigger
            stranger = run.repository.lower() != self.repository.lower()
            return _origin(home, run.head_sha, run.run_id, fork=stranger)
        commit = (self.pull.head_sha if self.pull else "") or self.sha
        return _origin(home, commit, self.run_id, fork=self.fork, tag=self.tag)

    @property
    def revision(self) -> Revision:
        """The tag, commit and base branch of the job."""
        commit = (self.pull.head_sha if self.pull else "") or self.sha
        return Revision(self.tag, commit, self.base_commit, self.base_branch)

    @property
    def fork(self) -> bool:
        """Whether the pull request's code is from another repository, or from a deleted one."""
        return (
            self.pull is not None and self.pull.head_repository.lower() != self.repository.lower()
        )


def key_prefix(workflow: str) -> str:
    """How the keys of all jobs in a workflow file begin."""
    stem = _UNSAFE.sub("-", workflow.rpartition(".")[0])
    return f"{stem}-" if stem else ""


def _origin(home: str, commit: str, run: int, *, fork: bool, tag: str = "") -> Origin:
    sound = commit if _COMMIT.fullmatch(commit) else ""
    url = f"{home}/actions/runs/{run}" if run else ""
    return Origin(
        sound,
        f"{home}/commit/{sound}" if sound else "",
        run,
        url,
        f"{url}#artifacts" if run else "",
        fork,
        tag,
    )


def read(environment: Mapping[str, str], event: bytes) -> GitHubContext:
    """The context of a job. `event` is the content of the file that GITHUB_EVENT_PATH names.

    Raises UsageError if the runner's variables or the event are invalid.
    """
    payload = parse_event(event, environment.get("GITHUB_EVENT_PATH", "GITHUB_EVENT_PATH"))
    name = environment.get("GITHUB_EVENT_NAME", "")
    repository = environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(
            f"{repository!r} is not a repository",
            where="GITHUB_REPOSITORY",
            hint="run this in a GitHub workflow, where it is set to owner/name",
        )
    pull = pull_of(payload, name)
    workflow = _WORKFLOW.search(environment.get("GITHUB_WORKFLOW_REF", ""))
    run_id = environment.get("GITHUB_RUN_ID", "")
    return GitHubContext(
        event=name,
        repository=repository,
        servers=_servers(environment),
        sha=environment.get("GITHUB_SHA", ""),
        run_id=int(run_id) if run_id.isdecimal() else 0,
        workflow=workflow[1] if workflow else "",
        job=environment.get("GITHUB_JOB", ""),
        base_branch=_base_branch(environment, payload, pull),
        tag=environment.get("GITHUB_REF", "").removeprefix(_TAGS)
        if environment.get("GITHUB_REF", "").startswith(_TAGS)
        else "",
        base_commit=_base_commit(payload, name, pull),
        pull=pull,
        trigger=trigger_of(payload) if name == "workflow_run" else None,
    )


def _base_branch(
    environment: Mapping[str, str], payload: Mapping[str, object], pull: PullRequest | None
) -> str:
    base = environment.get("GITHUB_BASE_REF") or (pull.base_ref if pull else "")
    base = base or text_at(payload, "merge_group", "base_ref").removeprefix(_HEADS)
    ref = environment.get("GITHUB_REF", "")
    if not base and ref.startswith(_HEADS) and environment.get("GITHUB_EVENT_NAME") == "push":
        base = ref.removeprefix(_HEADS)
    return base or text_at(payload, "repository", "default_branch")


def _base_commit(payload: Mapping[str, object], event: str, pull: PullRequest | None) -> str:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#push and #merge_group"""
    if pull is not None:
        return pull.base_sha
    before = text_at(payload, "before") if event == "push" else ""
    commit = before or text_at(payload, "merge_group", "base_sha")
    return commit if _COMMIT.fullmatch(commit) and commit.strip("0") else ""


def _servers(environment: Mapping[str, str]) -> Servers:
    api = _url(environment, "GITHUB_API_URL", _PUBLIC_API)
    web = _url(environment, "GITHUB_SERVER_URL", "https://github.com")
    graphql = _url(environment, "GITHUB_GRAPHQL_URL", "")
    if urlsplit(graphql)[:2] != urlsplit(api)[:2]:
        # The token may go to only one server. `act` sets github.com's address for GraphQL even with
        # another API.
        graphql = api.removesuffix("/v3") + "/graphql"
    return Servers(api, graphql, web)


def _url(environment: Mapping[str, str], name: str, default: str) -> str:
    url = (environment.get(name) or default).rstrip("/")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None
        _ = parts.port
    except ValueError:
        sound = False
    if url and not sound:
        raise UsageError(
            "this is not the address of a server", where=name, hint="such as https://github.example"
        )
    return url
