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

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_WORKFLOW = re.compile(r"\.github/workflows/([^/@]+\.ya?ml)@")
_HEADS = "refs/heads/"
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
    base_branch: str
    """The branch to compare with: the pull request's base, or the pushed branch itself."""
    pull: PullRequest | None = None
    trigger: Trigger | None = None

    @property
    def fork(self) -> bool:
        """The pull request's code is from another repository, or from one that is gone."""
        return (
            self.pull is not None and self.pull.head_repository.lower() != self.repository.lower()
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
        base_branch=_base_branch(environment, payload, pull),
        pull=pull,
        trigger=_trigger(payload) if name == "workflow_run" else None,
    )


def refuse_fork_code(context: GitHubContext, checked_out: Iterable[str | None]) -> None:
    """UsageError when a `pull_request_target` job is about to build a stranger's code.

    `checked_out` are the commits of the checkouts that are built from, None for an unknown one.
    Such a job has the base branch's secrets and a token that may write, so a Dockerfile of the pull
    request could take both. Only the base branch's own commit is let through.
    """
    if context.event != "pull_request_target" or not context.fork:
        return
    stranger = (context.pull.head_repository if context.pull else "") or "(deleted)"
    for commit in checked_out:
        if commit is None or commit != context.sha:
            raise UsageError(
                "this pull_request_target job would build code of the fork "
                f"{stranger} with this repository's secrets and a token that may write",
                where=f"checkout at {commit or 'an unknown commit'}",
                hint="trigger the workflow on pull_request, and let the shipped workflow_run "
                "workflow post the comment (docs/security.md)",
            )


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
