"""The server of these tests refuses what GitHub's description lacks; and real events are read."""

import json
import re
from typing import Any

import openapi
import pytest
import requests
from github_api import _NPM, HOME, TOKEN, VIEWER, GitHubApi, events

from ci_slim.forges.github.context import read

HEADERS = {
    "Authorization": f"token {TOKEN}",
    "User-Agent": "ci-slim/1",
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
}
COMMENTS = f"/repos/{HOME}/issues/7/comments"


@pytest.mark.parametrize(
    ("method", "path", "body", "changed", "reason"),
    [
        ("GET", "/repos/x", None, {}, "there is no GET /repos/x"),
        ("PUT", COMMENTS, None, {}, f"there is no PUT {COMMENTS}"),
        ("GET", f"/repos/{HOME}/issues/seven/comments", None, {}, "'seven' is not of type"),
        ("GET", f"{COMMENTS}?perpage=9", None, {}, "takes no ['perpage']"),
        ("GET", f"{COMMENTS}?per_page=many", None, {}, "'many' is not of type 'integer'"),
        ("GET", f"/repos/{HOME}/actions/workflows/a.yml/runs?status=ok", None, {}, "is not one of"),
        ("POST", COMMENTS, {"text": "x"}, {}, "'body' is a required property"),
        ("POST", COMMENTS, {"body": 5}, {}, "5 is not of type 'string'"),
        ("POST", COMMENTS, {"body": "x", "more": 1}, {}, "takes no ['more']"),
        ("DELETE", f"/repos/{HOME}/issues/comments/1", {"a": 1}, {}, "takes no body"),
        ("GET", COMMENTS, None, {"Accept": "text/html"}, "accept is 'text/html'"),
        ("GET", COMMENTS, None, {"User-Agent": ""}, "user-agent is"),
        ("GET", COMMENTS, None, {"X-GitHub-Api-Version": "1999-01-01"}, "is '1999-01-01'"),
        ("POST", "/graphql", {"query": "{ hub }"}, {}, "is no query that is known"),
    ],
)
def test_a_request_that_is_not_described_is_refused(
    method: str, path: str, body: Any, changed: dict[str, str], reason: str
) -> None:
    with GitHubApi() as api:
        answer = requests.request(
            method, api.url + path, json=body, headers=HEADERS | changed, timeout=10
        )
    assert answer.status_code == 500
    assert reason in answer.json()["message"]
    assert len(api.broken) == 1


def test_an_answer_that_is_not_described_is_refused() -> None:
    with GitHubApi() as api:
        del api.comment("x")["created_at"]
        answer = requests.get(api.url + COMMENTS, headers=HEADERS, timeout=10)
    assert answer.status_code == 500
    assert "'created_at' is a required property" in api.broken[0]


@pytest.mark.parametrize("authorization", ["", "token wrong", f"Basic {TOKEN}"])
def test_a_wrong_token_is_refused(authorization: str) -> None:
    with GitHubApi() as api:
        headers = HEADERS | {"Authorization": authorization}
        answer = requests.get(api.url + COMMENTS, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (401, {"message": "Bad credentials"})


def test_the_question_for_the_author_is_in_github_s_schema() -> None:
    schema = (_NPM / "graphql-schema/schema.graphql").read_text()

    def fields(kind: str) -> str:
        return re.split(rf"^type {kind}\b.*\{{$", schema, flags=re.M)[1].partition("\n}")[0]

    assert VIEWER == "query { viewer { login } }"
    assert re.search(r"^  viewer: User!$", fields("Query"), re.M)
    assert re.search(r"^  login: String!$", fields("User"), re.M)


def context(name: str, payload: Any) -> Any:
    environment = {
        "GITHUB_EVENT_NAME": name,
        "GITHUB_REPOSITORY": "Codertocat/Hello-World",
        "GITHUB_REF": payload.get("ref", ""),
    }
    return read(environment, json.dumps(payload).encode())


def test_each_real_event_of_a_pull_request_names_it() -> None:
    found = [
        (name, context(name, payload))
        for name in ("pull_request", "pull_request_review")
        for payload in events(name)
    ]
    assert len(found) == 33
    for name, each in found:
        assert (each.event, each.pull.number, each.base_branch) == (name, 2, "master")
        assert len(each.pull.head_sha) == len(each.pull.base_sha) == 40
        assert not each.fork


def test_each_real_event_of_another_kind_is_read_without_one() -> None:
    names = ("push", "merge_group", "workflow_dispatch", "release", "workflow_run")
    found = {name: [context(name, payload) for payload in events(name)] for name in names}
    assert [each.pull for contexts in found.values() for each in contexts] == [None] * 29
    assert all(each.base_branch for each in found["push"])
    assert {each.base_branch for each in found["merge_group"]} == {"main"}
    runs = [each.trigger for each in found["workflow_run"]]
    assert all(run.run_id and len(run.head_sha) == 40 and run.owner for run in runs)


def test_a_description_names_the_operation_with_the_fewest_parameters() -> None:
    described = openapi.Description(
        {"paths": {"/a/{x}": {"get": {"parameters": []}}, "/a/b": {"get": {}}}}
    )
    assert described.request("GET", "/a/b", {}, None) == "/a/b"
    assert described.request("GET", "/a/c", {}, None) == "/a/{x}"
