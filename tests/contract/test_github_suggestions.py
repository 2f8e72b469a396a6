"""Suggestions on lines of a pull request, against a server that holds every call against GitHub's
description."""

from collections.abc import Iterator
from typing import Any

import pytest
from github_api import READ_ONLY, SHA, GitHubApi, started
from github_jobs import job, pull_request

from ci_slim.result import AdvisedChange, AdvisedDockerfile, Suggestion

PATCH = "@@ -1,3 +1,3 @@\n FROM a\n-RUN x\n+RUN y\n CMD z\n@@ -9,2 +9,2 @@\n A\n+B"
CHANGE = AdvisedChange("apt-lists", 2, "lists stay", 10, 2000,
                       Suggestion(2, ("RUN y", "CMD z"), ("RUN y ```", "CMD z")))  # fmt: skip
POST = "POST /repos/octo-org/octo-repo/pulls/7/reviews"


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    yield from started()


def advice(*changes: AdvisedChange, path: str = "Dockerfile") -> list[AdvisedDockerfile]:
    return [AdvisedDockerfile(path, changes)]


def test_a_change_of_lines_of_the_diff_is_suggested_once(api: GitHubApi) -> None:
    api.patches = {"web/Dockerfile": PATCH, "README": "@@ -1 +1 @@\n+x"}
    assert job(api).suggest(advice(CHANGE)) == ""
    (made,) = api.remarks
    assert (made["path"], made["start_line"], made["line"]) == ("web/Dockerfile", 2, 3)
    assert "````suggestion\nRUN y ```\nCMD z\n````\n" in made["body"]
    assert "Saves 2 kB on disk, 10 B to pull." in made["body"]
    assert job(api).suggest(advice(CHANGE)) == ""
    assert api.made("POST") == [POST]
    assert [call.body["commit_id"] for call in api.calls if call.body] == [SHA]


@pytest.mark.parametrize(
    "suggested",
    [
        None,
        Suggestion(2, ("RUN x",), ("RUN w",)),  # not what the diff shows
        Suggestion(3, ("CMD z", "D"), ("E",)),  # partly outside
        Suggestion(20, ("B",), ("C",)),
    ],
)
def test_what_the_diff_does_not_show_is_not_suggested(
    api: GitHubApi, suggested: Suggestion | None
) -> None:
    api.patches = {"Dockerfile": PATCH}
    assert job(api).suggest(advice(AdvisedChange("a", 2, "b", 1, 1, suggested))) == ""
    assert api.made("POST") == []


def test_a_dockerfile_that_may_be_two_files_gets_none(api: GitHubApi) -> None:
    api.patches = {"a/Dockerfile": PATCH, "b/Dockerfile": PATCH}
    job(api).suggest(advice(CHANGE))
    job(api).suggest(advice(CHANGE, path="other"))
    assert api.made("POST") == []


def test_advice_of_strangers_is_not_suggested(api: GitHubApi) -> None:
    api.patches = {"Dockerfile": PATCH}
    event: dict[str, Any] = pull_request("stranger/octo-repo")
    assert job(api, event).suggest(advice(CHANGE)) == ""
    assert api.calls == []


def test_a_missing_permission_is_said(api: GitHubApi) -> None:
    api.patches = {"Dockerfile": PATCH}
    api.fail("POST", "/reviews", status=403, body=READ_ONLY, times=9)
    assert "pull-requests: write" in job(api).suggest(advice(CHANGE))
