"""What {version} stands for in CI, and what it stood for when the base branch was pushed."""

import json
from typing import Any

import pytest

from ci_slim.forges import opening
from ci_slim.forges.revision import Revision

COMMIT, BASE = "a1" * 20, "b2" * 20
CHANGE = Revision(commit=COMMIT, base_commit=BASE, base_branch="release/1")
GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": COMMIT}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PROJECT_ID": "5",
    "CI_COMMIT_SHA": COMMIT,
}
REQUEST = {
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_PROJECT_ID": "5",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": BASE,
}
PULL = {"number": 7, "pull_request": {"number": 7, "head": {"sha": COMMIT}, "base": {"sha": BASE}}}


@pytest.mark.parametrize(
    ("environment", "event", "version", "base"),
    [
        ({**GITHUB, "GITHUB_REF": "refs/tags/v1.2"}, {}, "v1.2", ""),
        ({**GITHUB, "GITHUB_REF": "refs/tags/a/b"}, {}, "a-b", ""),
        ({**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"},
         {"before": BASE}, "a1a1a1a1", "b2b2b2b2"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/new"},
         {"before": "0" * 40}, "a1a1a1a1", "new"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_SHA": "cc" * 20}, PULL,
         "a1a1a1a1", "b2b2b2b2"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "merge_group"},
         {"merge_group": {"base_ref": "refs/heads/main", "base_sha": BASE}},
         "a1a1a1a1", "b2b2b2b2"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "schedule"}, {"repository": {"default_branch": "main"}},
         "a1a1a1a1", "main"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "workflow_dispatch"},
         {"repository": {"default_branch": "main"}}, "a1a1a1a1", "main"),
        ({**GITHUB, "GITHUB_SHA": ""}, {}, "", ""),
        ({"GITHUB_ACTIONS": "true"}, {}, "", ""),
        ({**GITLAB, "CI_COMMIT_TAG": "v1.2"}, {}, "v1.2", ""),
        ({**GITLAB, "CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": BASE}, {},
         "a1a1a1a1", "b2b2b2b2"),
        ({**GITLAB, "CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": "0" * 40}, {},
         "a1a1a1a1", "main"),
        ({**GITLAB, **REQUEST}, {}, "a1a1a1a1", "b2b2b2b2"),
        ({**GITLAB, **REQUEST, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "dd" * 20}, {},
         "a1a1a1a1", "dddddddd"),
        ({**GITLAB, **REQUEST, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "ee" * 20}, {},
         "eeeeeeee", "b2b2b2b2"),
    ],
)  # fmt: skip
def test_a_version_is_the_tag_or_the_short_commit(
    environment: dict[str, str], event: dict[str, Any], version: str, base: str
) -> None:
    found = opening.revision(environment, lambda _: json.dumps(event).encode())
    assert found is not None
    assert (found.version, found.base_version("")) == (version, base)
    assert opening.version(None, environment, lambda _: json.dumps(event).encode()) == version


def test_outside_of_ci_it_is_dev_and_what_was_asked_counts_everywhere() -> None:
    assert opening.version(None, {}, lambda _: b"") == "dev"
    assert opening.version("1.2", GITHUB, lambda _: b"") == "1.2"


@pytest.mark.parametrize(
    ("version", "ref", "base"),
    [
        ("", "", "b2b2b2b2"),
        ("a1a1a1a", "", "b2b2b2b"),
        (COMMIT, "", BASE),
        ("topic", "", "release-1"),
        ("1.2", "", "release-1"),
        ("", "release/1", "b2b2b2b2"),
        ("", "other/branch", "other-branch"),
        ("abcdef0", "", "release-1"),
    ],
)
def test_the_base_branch_had_a_version_of_the_same_form(version: str, ref: str, base: str) -> None:
    assert CHANGE.base_version(version, ref) == base


def test_without_the_base_commit_its_branch_is_asked_for() -> None:
    assert Revision(commit=COMMIT, base_branch="main").base_version("") == "main"
    assert Revision(commit=COMMIT).base_version("") == ""
