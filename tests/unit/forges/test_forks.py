"""Whether a job runs the code of a fork: what a job with a key must know before it uses it."""

import json

import pytest

from ci_slim.forges import opening

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_REPOSITORY": "team/app",
    "GITHUB_SHA": "a" * 40,
    "GITHUB_RUN_ID": "1",
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_EVENT_PATH": "event.json",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_IID": "1",
    "CI_MERGE_REQUEST_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7",
}


def event(repository: str) -> bytes:
    head = {"sha": "b" * 40, "ref": "x", "repo": {"full_name": repository}}
    base = {"sha": "c" * 40, "ref": "main", "repo": {"full_name": "team/app"}}
    pull = {"number": 7, "head": head, "base": base}
    return json.dumps({"pull_request": pull, "number": 7}).encode()


@pytest.mark.parametrize(("repository", "fork"), [("team/app", False), ("stranger/app", True)])
def test_a_pull_request_of_another_repository_is_a_fork_s(repository: str, fork: bool) -> None:
    assert opening.is_fork(GITHUB, lambda _: event(repository)) is fork


@pytest.mark.parametrize(
    ("changed", "fork"),
    [
        ({}, False),
        ({"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "9"}, True),  # run by a member, in the project
        ({"CI_PROJECT_ID": "9"}, True),  # run by the fork itself
        ({"CI_API_V4_URL": "nonsense"}, True),  # what cannot be told is not trusted
    ],
)
def test_a_merge_request_of_another_project_is_a_fork_s(
    changed: dict[str, str], fork: bool
) -> None:
    assert opening.is_fork({**GITLAB, **changed}, lambda _: b"") is fork


def test_a_laptop_is_no_fork() -> None:
    assert not opening.is_fork({}, lambda _: b"")
