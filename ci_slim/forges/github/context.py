"""Which pull request, which branch, which servers: GitHub's environment and event, read once. Pure.

https://docs.github.com/actions/reference/workflows-and-actions/variables and, for the payloads,
https://docs.github.com/webhooks/webhook-events-and-payloads. Nothing in an event is trusted to be
there: `act` and other runners send less of it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ci_slim.errors import UsageError
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
    """Addresses of GitHub, or of the runner's GitHub Enterprise Server, without a slash at the
    end."""

    api: str
    graphql: str
    web: str


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What the event says about the pull request. A text is empty if the event does not say it."""

    number: int
    head_sha: str = ""
    head_ref: str = ""
    head_repository: str = ""
    base_sha: str = ""
    base_ref: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """The finished run that a `workflow_run` job follows.

    `owner` and `branch` say where its code comes from. GitHub says so, not the run itself.
    """

    run_id: int
    event: str
    owner: str
    branch: str
    head_sha: str
    conclusion: str
    repository: str = ""
    """The repository that its code is from, `owner/name`."""
    workflow: str = ""
    """File name of its workflow."""


@dataclass(frozen=True, slots=True)
class GitHubContext:
    """Where and why this job runs."""

    event: str
    repository: str
    servers: Servers
    sha: str
    run_id: int
    workflow: str
    """File name of the workflow, such as `ci.yml`; empty when the runner does not say."""
    job: str
    """The job's id in it; empty when the runner does not say."""
    base_branch: str
    """The branch to compare with: the pull request's base, or the pushed branch itself."""
    tag: str = ""
    """The tag that was pushed; empty for anything else."""
    base_commit: str = ""
    """The base branch's commit; of a push, the one before it. Empty where it is not told."""
    pull: PullRequest | None = None
    trigger: Trigger | None = None

    @property
    def key(self) -> str:
        """The key of a step that names none: two workflows, and two jobs of one, do not write over
        each other's comment and report."""
        return key_prefix(self.workflow) + _UNSAFE.sub("-", self.job) if self.job else KEY

    @property
    def follows(self) -> bool:
        """The job follows a pull request's run, whose report it posts. It builds nothing."""
        return self.trigger is not None and self.trigger.event == "pull_request"

    @property
    def origin(self) -> Origin:
        """Where the report of this job is from."""
        home = f"{self.servers.web}/{self.repository}"
        if self.follows and self.trigger is not None:
            run = self.trigger
            stranger = run.repository.lower() != self.repository.lower()
            return _origin(home, run.head_sha, run.run_id, fork=stranger)
        commit = (self.pull.head_sha if self.pull else "") or self.sha
        return _origin(home, commit, self.run_id, fork=self.fork)

    @property
    def revision(self) -> Revision:
        """What the job is for."""
        commit = (self.pull.head_sha if self.pull else "") or self.sha
        return Revision(self.tag, commit, self.base_commit, self.base_branch)

    @property
    def fork(self) -> bool:
        """The pull request's code is from another repository, or from one that is gone."""
        return (
            self.pull is not None and self.pull.head_repository.lower() != self.repository.lower()
        )


def key_prefix(workflow: str) -> str:
    """What the keys of all jobs of a workflow file start with."""
    stem = _UNSAFE.sub("-", workflow.rpartition(".")[0])
    return f"{stem}-" if stem else ""


def _origin(home: str, commit: str, run: int, *, fork: bool) -> Origin:
    sound = commit if _COMMIT.fullmatch(commit) else ""
    url = f"{home}/actions/runs/{run}" if run else ""
    return Origin(
        sound,
        f"{home}/commit/{sound}" if sound else "",
        run,
        url,
        f"{url}#artifacts" if run else "",
        fork,
    )


def read(environment: Mapping[str, str], event: bytes) -> GitHubContext:
    """The context of a job; `event` is the content of the file that GITHUB_EVENT_PATH names.

    Raises UsageError when the runner's variables or the event make no sense.
    """
    payload = _payload(event, environment.get("GITHUB_EVENT_PATH", "GITHUB_EVENT_PATH"))
    name = environment.get("GITHUB_EVENT_NAME", "")
    repository = environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(
            f"{repository!r} is not a repository",
            where="GITHUB_REPOSITORY",
            hint="run this in a GitHub workflow, where it is set to owner/name",
        )
    pull = _pull(payload, name)
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
        trigger=_trigger(payload) if name == "workflow_run" else None,
    )


_PRIVILEGED = ("pull_request_target", "issue_comment", "workflow_run")
"""Events whose jobs have the base branch's secrets and a token that may write, although somebody
else caused them."""


def refuse_fork_code(context: GitHubContext, checked_out: Iterable[str | None]) -> None:
    """UsageError when a job with this repository's secrets is about to build a stranger's code.

    `checked_out` are the commits of the checkouts that are built from, None for an unknown
    one. A Dockerfile of the stranger could take the secrets. Only the base branch's own commit
    is let through, and code of this repository's own branches.
    """
    if context.event not in _PRIVILEGED:
        return
    stranger, known = _stranger(context)
    if not stranger:
        return
    for commit in checked_out:
        if commit is None or commit not in known:
            raise UsageError(
                f"this {context.event} job would build code of {stranger} with this "
                "repository's secrets and a token that may write",
                where=f"checkout at {commit or 'an unknown commit'}",
                hint="trigger the workflow on pull_request, and let the shipped workflow_run "
                "workflow post the comment (docs/security.md)",
            )


def _stranger(context: GitHubContext) -> tuple[str, frozenset[str]]:
    """Whose code the job may have checked out, "" for nobody else's; and the commits that are this
    repository's own."""
    own = {context.sha}
    if context.trigger is not None:
        run = context.trigger
        if run.repository.lower() == context.repository.lower():
            own.add(run.head_sha)
        return f"the run {run.run_id} that it follows", frozenset(own)
    if context.pull is None or not context.fork:
        return "", frozenset(own)
    name = context.pull.head_repository
    known = name or ("a pull request" if context.event == "issue_comment" else "(deleted)")
    return (f"the fork {known}" if name or known == "(deleted)" else known), frozenset(own)


def _payload(event: bytes, where: str) -> Mapping[str, object]:
    try:
        value = json.loads(event or b"{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UsageError(
            "this is not an event", where=where, hint="give the JSON object that GitHub sends"
        )
    return value


def _part(value: object, *names: str) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object, *names: str) -> str:
    found = _part(value, *names)
    return found if isinstance(found, str) else ""


def _number(value: object, *names: str) -> int:
    found = _part(value, *names)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def _pull(payload: Mapping[str, object], event: str) -> PullRequest | None:
    if event == "workflow_run":
        return None  # its pull request is asked of the API: the event's list is empty for forks
    pull = payload.get("pull_request")
    number = _number(pull, "number") or _number(payload, "number")
    if isinstance(pull, dict) and number:
        return PullRequest(
            number,
            head_sha=_text(pull, "head", "sha"),
            head_ref=_text(pull, "head", "ref"),
            head_repository=_text(pull, "head", "repo", "full_name"),
            base_sha=_text(pull, "base", "sha"),
            base_ref=_text(pull, "base", "ref"),
        )
    number = _number(payload, "issue", "number")
    if number and _part(payload, "issue", "pull_request"):  # a comment on a pull request
        return PullRequest(number)
    return None


def _trigger(payload: Mapping[str, object]) -> Trigger | None:
    run = payload.get("workflow_run")
    number = _number(run, "id")
    if not number:
        return None
    return Trigger(
        number,
        event=_text(run, "event"),
        owner=_text(run, "head_repository", "owner", "login"),
        branch=_text(run, "head_branch"),
        head_sha=_text(run, "head_sha"),
        conclusion=_text(run, "conclusion"),
        repository=_text(run, "head_repository", "full_name"),
        workflow=_text(run, "path").rpartition("/")[2],
    )


def _base_branch(
    environment: Mapping[str, str], payload: Mapping[str, object], pull: PullRequest | None
) -> str:
    base = environment.get("GITHUB_BASE_REF") or (pull.base_ref if pull else "")
    base = base or _text(payload, "merge_group", "base_ref").removeprefix(_HEADS)
    ref = environment.get("GITHUB_REF", "")
    if not base and ref.startswith(_HEADS) and environment.get("GITHUB_EVENT_NAME") == "push":
        base = ref.removeprefix(_HEADS)
    return base or _text(payload, "repository", "default_branch")


def _base_commit(payload: Mapping[str, object], event: str, pull: PullRequest | None) -> str:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#push and #merge_group"""
    if pull is not None:
        return pull.base_sha
    before = _text(payload, "before") if event == "push" else ""
    commit = before or _text(payload, "merge_group", "base_sha")
    return commit if _COMMIT.fullmatch(commit) and commit.strip("0") else ""


def _servers(environment: Mapping[str, str]) -> Servers:
    api = _url(environment, "GITHUB_API_URL", _PUBLIC_API)
    web = _url(environment, "GITHUB_SERVER_URL", "https://github.com")
    graphql = _url(environment, "GITHUB_GRAPHQL_URL", "")
    if urlsplit(graphql)[:2] != urlsplit(api)[:2]:
        # The token goes to one server only. `act` keeps github.com's address beside another API.
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
