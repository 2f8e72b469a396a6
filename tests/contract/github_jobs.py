"""Jobs on GitHub for the tests: environments and events like a runner's, and a clock."""

import copy
import json
from typing import Any

from github_api import HOME, SHA, TOKEN, GitHubApi, events

from ci_slim.forges.github.pull_request import GitHub, connect


class Time:
    """A clock that advances only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def environment(api: GitHubApi, **changed: str) -> dict[str, str]:
    """The variables that the runner sets for a job of ci.yml."""
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": api.url,
        "GITHUB_GRAPHQL_URL": api.graphql,
        "GITHUB_SERVER_URL": api.web,
        "GITHUB_REPOSITORY": HOME,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": "/github/workflow/event.json",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_BASE_REF": "main",
        "GITHUB_HEAD_REF": "topic",
        "GITHUB_JOB": "image",
        "GITHUB_RUN_ID": "900",
        "GITHUB_SHA": SHA,
        "GITHUB_WORKFLOW_REF": f"{HOME}/.github/workflows/ci.yml@refs/pull/7/merge",
    } | changed


def pull_request(head: str = HOME, number: int = 7) -> dict[str, Any]:
    """GitHub's own payload, about a pull request of this repository."""
    payload = copy.deepcopy(events("pull_request")[0])
    pull = payload["pull_request"]
    payload["number"] = pull["number"] = number
    payload["repository"]["full_name"] = HOME
    pull["head"] |= {"ref": "topic", "sha": SHA}
    pull["head"]["repo"]["full_name"] = head
    pull["base"]["ref"] = "main"
    pull["base"]["repo"]["full_name"] = HOME
    return payload


def finished_run(owner: str = "stranger", branch: str = "topic", **changed: Any) -> dict[str, Any]:
    """GitHub's own payload of a `workflow_run`, for a run of a fork's pull request."""
    payload = copy.deepcopy(events("workflow_run")[0])
    run = payload["workflow_run"]
    run |= {
        "id": 55, "event": "pull_request", "head_branch": branch, "head_sha": SHA,
        "conclusion": "success", "pull_requests": [], "path": ".github/workflows/ci.yml",
    } | changed  # fmt: skip
    if run["head_repository"]:
        run["head_repository"]["owner"]["login"] = owner
        run["head_repository"]["full_name"] = f"{owner}/octo-repo"
    return payload


def job(
    api: GitHubApi, event: Any = None, time: Time | None = None, token: str = TOKEN, **changed: str
) -> GitHub:
    """The forge of a job of pull request 7, unless another event is given."""
    time = time or Time()
    content = json.dumps(pull_request() if event is None else event).encode()
    return connect(environment(api, **changed), content, token, time.clock, time.sleep)
