"""What the gate asks of a forge: a file of the target branch, labels, approvals."""

from collections.abc import Iterator
from typing import Any

import pytest
from github_api import READ_ONLY, SHA, started
from github_api import GitHubApi as GitHubDouble
from github_jobs import Time, job
from gitlab_api import TOKEN, environment
from gitlab_api import GitLabApi as GitLabDouble
from gitlab_api import started as gitlab_started

from ci_slim.forges import Absent, Approvals, Found, NotFound
from ci_slim.forges.gitlab.merge_request import GitLab, connect

TEXT = "version: 1\nimages: {ü: {image: x}}\n".encode()


@pytest.fixture
def github() -> Iterator[GitHubDouble]:
    yield from started()


@pytest.fixture
def gitlab() -> Iterator[GitLabDouble]:
    yield from gitlab_started()


def gitlab_job(api: GitLabDouble, token: str = TOKEN, **changed: str) -> GitLab:
    time = Time()
    return connect(environment(api, **changed), token, time.clock, time.sleep)


def test_github_gives_a_file_of_the_base_branch(github: GitHubDouble) -> None:
    github.files["main", "ci/my settings.yml"] = TEXT
    forge = job(github)
    assert forge.target == "main"
    found = forge.file("ci/my settings.yml", "main")
    assert found == Found(TEXT, "ci/my settings.yml on main")
    assert forge.file("ci/other.yml", "main") == Absent()


def test_a_file_that_github_does_not_show_is_not_taken_for_absent(github: GitHubDouble) -> None:
    github.files["main", "a.yml"] = TEXT
    github.reads_code = False
    found = job(github).file("a.yml", "main")
    assert isinstance(found, NotFound)
    assert "permissions: contents: read" in found.reason


def test_github_without_the_permission_says_which_one(github: GitHubDouble) -> None:
    github.fail("GET", "/contents/", status=403, body=READ_ONLY, times=9)
    found = job(github).file("a.yml", "main")
    assert isinstance(found, NotFound)
    assert "permissions: contents: read" in found.reason


def test_github_counts_labels_and_the_newest_reviews_of_the_head(github: GitHubDouble) -> None:
    old = "0" * 40
    github.labels = ["size-approved", "bug"]
    github.reviews = [
        ("alice", "APPROVED", SHA),
        ("bob", "APPROVED", old),
        ("carol", "APPROVED", SHA),
        ("carol", "CHANGES_REQUESTED", SHA),
        ("dave", "CHANGES_REQUESTED", old),
        ("dave", "APPROVED", SHA),
        ("alice", "COMMENTED", SHA),
        ("erin", "APPROVED", SHA),
        ("erin", "DISMISSED", SHA),
    ]
    assert job(github).approvals() == Approvals(
        frozenset({"size-approved", "bug"}), frozenset({"alice", "dave"})
    )


def test_a_push_goes_to_no_branch(github: GitHubDouble, gitlab: GitLabDouble) -> None:
    pushed: dict[str, Any] = {"GITHUB_EVENT_NAME": "push", "GITHUB_BASE_REF": ""}
    assert job(github, {"ref": "refs/heads/main"}, **pushed).target == ""
    branch: dict[str, Any] = {
        "CI_MERGE_REQUEST_IID": "",
        "CI_MERGE_REQUEST_PROJECT_ID": "",
        "CI_COMMIT_BRANCH": "main",
    }
    assert gitlab_job(gitlab, **branch).target == ""


def test_gitlab_gives_a_file_labels_and_approvals(gitlab: GitLabDouble) -> None:
    gitlab.files["main", "ci/slim.yml"] = TEXT
    gitlab.labels, gitlab.approved_by = ["size-approved"], ["alice"]
    forge = gitlab_job(gitlab)
    assert forge.target == "main"
    assert forge.file("ci/slim.yml", "main") == Found(TEXT, "ci/slim.yml on main")
    assert forge.file("other.yml", "main") == Absent()
    assert forge.approvals() == Approvals(frozenset({"size-approved"}), frozenset({"alice"}))


def test_gitlab_without_a_token_says_what_to_make(gitlab: GitLabDouble) -> None:
    found = gitlab_job(gitlab, "").file("a.yml", "main")
    assert isinstance(found, NotFound)
    assert "make a project access token" in found.reason
    assert isinstance(gitlab_job(gitlab, "").approvals(), NotFound)
