import json
import subprocess
import sys
from typing import Any

import pytest

from ci_slim.certificates import ca_bundle
from ci_slim.errors import UsageError
from ci_slim.forges.github.context import Servers, read
from ci_slim.forges.github.event import PullRequest, Trigger
from ci_slim.forges.github.fork_code import refuse_fork_code
from ci_slim.forges.opening import detect
from ci_slim.result import Origin

OURS = "octo-org/octo-repo"
HEAD, BASE = "a" * 40, "b" * 40


def environment(**changed: str) -> dict[str, str]:
    return {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": "/event.json",
        "GITHUB_REPOSITORY": OURS,
        "GITHUB_SHA": BASE,
        "GITHUB_RUN_ID": "42",
    } | changed


def pull_request(head: str | None = OURS) -> dict[str, Any]:
    repository = None if head is None else {"full_name": head}
    return {
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": {"ref": "topic", "sha": HEAD, "repo": repository},
            "base": {"ref": "main", "sha": BASE, "repo": {"full_name": OURS}},
        },
        "repository": {"default_branch": "trunk"},
    }


def context(payload: Any, **changed: str) -> Any:
    return read(environment(**changed), json.dumps(payload).encode())


def test_a_pull_request_is_read_from_the_event() -> None:
    found = context(
        pull_request(), GITHUB_WORKFLOW_REF=f"{OURS}/.github/workflows/ci.yml@refs/pull/7/merge"
    )
    assert found.pull == PullRequest(7, HEAD, "topic", OURS, BASE, "main")
    assert (found.workflow, found.run_id, found.base_branch) == ("ci.yml", 42, "main")
    assert (found.fork, found.trigger) == (False, None)


@pytest.mark.parametrize(
    ("head", "fork"),
    [(OURS, False), ("Octo-Org/Octo-Repo", False), ("stranger/octo-repo", True), (None, True)],
)
def test_a_fork_is_another_repository_or_one_that_is_gone(head: str | None, fork: bool) -> None:
    assert context(pull_request(head)).fork is fork


@pytest.mark.parametrize(
    ("payload", "event", "variables", "branch"),
    [
        (pull_request(), "pull_request", {}, "main"),
        (pull_request(), "pull_request", {"GITHUB_BASE_REF": "release"}, "release"),
        ({}, "push", {"GITHUB_REF": "refs/heads/a/b"}, "a/b"),
        (
            {"repository": {"default_branch": "trunk"}},
            "push",
            {"GITHUB_REF": "refs/tags/v1"},
            "trunk",
        ),
        ({"merge_group": {"base_ref": "refs/heads/main"}}, "merge_group", {}, "main"),
        (
            {"repository": {"default_branch": "trunk"}},
            "workflow_dispatch",
            {"GITHUB_REF": "refs/heads/topic"},
            "trunk",
        ),
        ({}, "schedule", {}, ""),
    ],
)
def test_the_branch_to_compare_with_follows_from_the_event(
    payload: Any, event: str, variables: dict[str, str], branch: str
) -> None:
    assert context(payload, GITHUB_EVENT_NAME=event, **variables).base_branch == branch


@pytest.mark.parametrize(
    ("payload", "number"),
    [
        ({"issue": {"number": 9, "pull_request": {"url": "x"}}}, 9),
        ({"issue": {"number": 9}}, None),
        ({"number": 3, "pull_request": {}}, 3),
        ({"pull_request": {"number": "7"}}, None),
        ({"pull_request": {"number": True}}, None),
        ({"pull_request": {"number": -1}}, None),
        ({"pull_request": 5, "number": 5}, None),
        ({}, None),
    ],
)
def test_what_an_event_lacks_is_no_pull_request(payload: Any, number: int | None) -> None:
    pull = context(payload).pull
    assert (pull and pull.number) == number


def test_a_workflow_run_names_its_run_and_no_pull_request() -> None:
    run = {
        "id": 55, "event": "pull_request", "head_branch": "topic", "head_sha": HEAD,
        "conclusion": "failure", "pull_requests": [{"number": 1}],
        "path": ".github/workflows/ci.yml",
        "head_repository": {"full_name": "stranger/octo-repo", "owner": {"login": "stranger"}},
    }  # fmt: skip
    found = context({"workflow_run": run, **pull_request()}, GITHUB_EVENT_NAME="workflow_run")
    assert found.trigger == Trigger(
        55, "pull_request", "stranger", "topic", HEAD, "failure", "stranger/octo-repo", "ci.yml"
    )
    assert found.pull is None


def workflow_run(event: str, repository: str = OURS) -> dict[str, Any]:
    run = {
        "id": 55, "event": event, "head_branch": "main", "head_sha": HEAD,
        "path": ".github/workflows/ci.yml",
        "head_repository": {"full_name": repository, "owner": {"login": "someone"}},
    }  # fmt: skip
    return {"workflow_run": run, "repository": {"default_branch": "trunk"}}


EVENTS: list[tuple[str, dict[str, Any], dict[str, str], str]] = [
    ("push", {}, {"GITHUB_REF": "refs/heads/main"}, "main"),
    ("push", {"repository": {"default_branch": "trunk"}}, {"GITHUB_REF": "refs/tags/v1"}, "trunk"),
    ("merge_group", {"merge_group": {"base_ref": "refs/heads/main"}}, {}, "main"),
    ("schedule", {"repository": {"default_branch": "trunk"}}, {}, "trunk"),
    ("workflow_dispatch", {"repository": {"default_branch": "trunk"}}, {}, "trunk"),
    ("workflow_run", workflow_run("push"), {}, "trunk"),
    ("workflow_run", workflow_run("schedule"), {}, "trunk"),
]


@pytest.mark.parametrize(("event", "payload", "variables", "base"), EVENTS)
def test_an_event_without_a_pull_request_builds_and_comments_nowhere(
    event: str, payload: dict[str, Any], variables: dict[str, str], base: str
) -> None:
    found = context(payload, GITHUB_EVENT_NAME=event, **variables)
    assert (found.pull, found.fork, found.follows) == (None, False, False)
    assert found.base_branch == base
    assert found.origin == Origin(
        BASE,
        f"https://github.com/{OURS}/commit/{BASE}",
        42,
        f"https://github.com/{OURS}/actions/runs/42",
        f"https://github.com/{OURS}/actions/runs/42#artifacts",
        tag="v1" if "tags" in variables.get("GITHUB_REF", "") else "",
    )
    refuse_fork_code(found, [BASE])


@pytest.mark.parametrize(("repository", "fork"), [(OURS, False), ("stranger/x", True), ("", True)])
def test_a_follow_up_names_the_commit_and_run_that_it_follows(repository: str, fork: bool) -> None:
    payload = workflow_run("pull_request", repository)
    found = context(payload, GITHUB_EVENT_NAME="workflow_run")
    assert found.follows
    assert found.origin == Origin(
        HEAD,
        f"https://github.com/{OURS}/commit/{HEAD}",
        55,
        f"https://github.com/{OURS}/actions/runs/55",
        f"https://github.com/{OURS}/actions/runs/55#artifacts",
        fork,
    )


@pytest.mark.parametrize(
    ("variables", "key"),
    [
        ({}, "default"),
        ({"GITHUB_JOB": "image"}, "image"),
        ({"GITHUB_JOB": "image", "GITHUB_WORKFLOW_REF": f"{OURS}/.github/workflows/a b.yml@x"},
         "a-b-image"),
        ({"GITHUB_JOB": "image", "GITHUB_WORKFLOW_REF": f"{OURS}/.github/workflows/ci.yml@x"},
         "ci-image"),
    ],
)  # fmt: skip
def test_the_key_comes_from_the_workflow_and_the_job(variables: dict[str, str], key: str) -> None:
    assert context({}, **variables).key == key


COMMENTED = {"issue": {"number": 9, "pull_request": {"url": "x"}}}


@pytest.mark.parametrize(
    ("payload", "event", "checked_out", "message"),
    [
        (COMMENTED, "issue_comment", [HEAD], "would build code of a pull request with"),
        (COMMENTED, "issue_comment", [None], "would build code of a pull request with"),
        (COMMENTED, "issue_comment", [BASE], ""),
        ({"issue": {"number": 9}}, "issue_comment", [HEAD], ""),
        (workflow_run("push"), "workflow_run", [HEAD, BASE], ""),
        (workflow_run("push"), "workflow_run", ["c" * 40], "code of the run 55 that it follows"),
        (workflow_run("push", "stranger/x"), "workflow_run", [HEAD], "code of the run 55"),
        (workflow_run("push"), "workflow_run", [None], "code of the run 55"),
    ],
)
def test_a_job_with_secrets_builds_its_own_repository_s_code_only(
    payload: Any, event: str, checked_out: list[str | None], message: str
) -> None:
    found = context(payload, GITHUB_EVENT_NAME=event)
    if not message:
        refuse_fork_code(found, checked_out)
        return
    with pytest.raises(UsageError, match=message):
        refuse_fork_code(found, checked_out)


@pytest.mark.parametrize("event", [b"[]", b"{", b"\xff", b"null", b"[" * 100_000])
def test_an_event_that_is_none_is_refused(event: bytes) -> None:
    with pytest.raises(UsageError) as refused:
        read(environment(), event)
    assert str(refused.value) == "/event.json: this is not an event"


def test_a_job_without_an_event_file_is_a_job_without_a_pull_request() -> None:
    assert read(environment(), b"").pull is None


@pytest.mark.parametrize("name", ["", "octo-repo", "a/b/c", "../..?x/y", "a b/c"])
def test_a_repository_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is not a repository"):
        context({}, GITHUB_REPOSITORY=name)


@pytest.mark.parametrize(
    ("variables", "servers"),
    [
        (
            {},
            Servers(
                "https://api.github.com", "https://api.github.com/graphql", "https://github.com"
            ),
        ),
        (
            {
                "GITHUB_API_URL": "https://ghe.example/api/v3/",
                "GITHUB_GRAPHQL_URL": "https://ghe.example/api/graphql",
                "GITHUB_SERVER_URL": "https://ghe.example/",
            },
            Servers(
                "https://ghe.example/api/v3",
                "https://ghe.example/api/graphql",
                "https://ghe.example",
            ),
        ),
        (
            {"GITHUB_API_URL": "https://ghe.example/api/v3"},
            Servers(
                "https://ghe.example/api/v3",
                "https://ghe.example/api/graphql",
                "https://github.com",
            ),
        ),
        (
            {
                "GITHUB_API_URL": "http://127.0.0.1:8080",
                "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
            },
            Servers("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql", "https://github.com"),
        ),
    ],
)
def test_the_servers_are_those_of_the_runner(variables: dict[str, str], servers: Servers) -> None:
    assert context({}, **variables).servers == servers


@pytest.mark.parametrize(
    "url", ["ghe.example", "ftp://ghe.example", "https://", "https://me:secret@x", "https://x:port"]
)
def test_an_address_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        context({}, GITHUB_API_URL=url)
    assert str(refused.value) == "GITHUB_API_URL: this is not the address of a server"


@pytest.mark.parametrize(
    ("event", "head", "checked_out"),
    [
        ("pull_request", "stranger/octo-repo", [HEAD]),
        ("pull_request_target", OURS, [HEAD]),
        ("pull_request_target", "stranger/octo-repo", [BASE]),
        ("pull_request_target", "stranger/octo-repo", []),
        ("push", None, [HEAD]),
    ],
)
def test_what_the_job_may_build_is_let_through(
    event: str, head: str | None, checked_out: list[str]
) -> None:
    found = context(pull_request(head), GITHUB_EVENT_NAME=event)
    refuse_fork_code(found, checked_out)
    assert found.event == event


@pytest.mark.parametrize("head", ["stranger/octo-repo", None])
@pytest.mark.parametrize("checked_out", [[HEAD], ["c" * 40], [BASE, HEAD], [None]])
def test_a_fork_s_code_in_a_pull_request_target_job_is_refused(
    head: str | None, checked_out: list[str | None]
) -> None:
    found = context(pull_request(head), GITHUB_EVENT_NAME="pull_request_target")
    with pytest.raises(UsageError) as refused:
        refuse_fork_code(found, checked_out)
    assert "this pull_request_target job would build code of the fork" in str(refused.value)
    assert refused.value.hint.startswith("trigger the workflow on pull_request")


@pytest.mark.parametrize(
    ("variables", "forge"),
    [
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"GITLAB_CI": "true"}, "gitlab"),
        ({"GITHUB_ACTIONS": "false"}, None),
        ({}, None),
    ],
)
def test_the_forge_is_known_by_its_runner(variables: dict[str, str], forge: str | None) -> None:
    assert detect(variables) == forge


def test_the_first_bundle_that_is_set_is_trusted() -> None:
    assert ca_bundle({"SSL_CERT_FILE": "/a", "REQUESTS_CA_BUNDLE": ""}) == "/a"
    assert ca_bundle({"SSL_CERT_FILE": "/a", "REQUESTS_CA_BUNDLE": "/b"}) == "/b"
    assert ca_bundle({}) is None


def test_no_client_is_imported_before_a_forge_is_connected() -> None:
    seen = (
        "import sys, ci_slim.cli, ci_slim.forges.github.context; "
        "print({'github', 'gitlab', 'requests'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
