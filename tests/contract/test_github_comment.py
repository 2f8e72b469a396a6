"""The comment on GitHub, against a server that holds every call against GitHub's description."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from github_api import HOME, OURS, READ_ONLY, SECONDARY, SHA, GitHubApi, started
from github_jobs import Time, finished_run, job, pull_request

from ci_slim.forges import NotPublished, Published
from ci_slim.report.markdown import marker

SIGN = marker("default")
COMMENTS = "POST /repos/octo-org/octo-repo/issues/7/comments"


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    yield from started()


def text(words: str, key: str = "default") -> str:
    return f"{marker(key)}\n### ci-slim: {words}\n"


def fill(api: GitHubApi, count: int) -> None:
    for number in range(count):
        api.comment(f"remark {number}")


def test_a_comment_is_created_once_and_updated_in_place_behind_120_others(api: GitHubApi) -> None:
    fill(api, 120)
    first = job(api).publish_comment(text("first"))
    fill(api, 130)
    second = job(api).publish_comment(text("second"))
    assert isinstance(first, Published)
    assert (first.how, second) == ("created", Published(first.url, "updated"))
    assert api.bodies() == [text("second")]
    assert api.made("POST") == [COMMENTS]
    pages = [call.query["page"] for call in api.calls if "page" in call.query]
    assert pages[-3:] == [["1"], ["2"], ["3"]]
    assert {str(call.query.get("per_page")) for call in api.calls if call.query} == {"['100']"}


def test_an_unchanged_comment_is_not_touched(api: GitHubApi) -> None:
    created = job(api).publish_comment(text("same"))
    again = job(api).publish_comment(text("same"))
    assert isinstance(created, Published)
    assert again == Published(created.url, "unchanged")
    assert api.made("POST", "PATCH", "DELETE") == [COMMENTS]


def test_a_comment_that_came_back_with_other_line_ends_is_unchanged(api: GitHubApi) -> None:
    api.comment(text("same").rstrip().replace("\n", "\r\n"), OURS)
    again = job(api).publish_comment(text("same"))
    assert isinstance(again, Published)
    assert again.how == "unchanged"


def test_an_older_run_does_not_write_over_a_newer_result(api: GitHubApi) -> None:
    by_run = "<!-- ci-slim run={} -->"
    newer = job(api, GITHUB_RUN_ID="901").publish_comment(by_run.format(901))
    assert isinstance(newer, Published)
    assert job(api).publish_comment(by_run.format(900)) == NotPublished(
        "a newer run has written the comment"
    )
    assert len(api.bodies()) == 1
    assert api.bodies()[0].endswith(by_run.format(901))


def test_a_run_of_an_older_commit_writes_nothing(api: GitHubApi) -> None:
    api.head = ("a" * 40, HOME)
    assert job(api).publish_comment("x") == NotPublished(
        "the pull request has newer commits than c3d0be41ecbe, such as aaaaaaaaaaaa"
    )
    assert api.made("POST", "PATCH") == []


def test_a_token_that_may_not_see_the_pull_request_still_writes(api: GitHubApi) -> None:
    api.fail("GET", "/pulls/7", status=403, body=READ_ONLY, times=9)
    assert isinstance(job(api).publish_comment("x"), Published)


@pytest.mark.parametrize(("repository", "fork"), [(HOME, False), ("stranger/octo-repo", True)])
def test_whose_code_an_issue_comment_is_about_is_asked(
    api: GitHubApi, repository: str, fork: bool
) -> None:
    api.head = ("a" * 40, repository)
    event = {"issue": {"number": 7, "pull_request": {"url": "x"}}}
    forge = job(api, event, GITHUB_EVENT_NAME="issue_comment")
    assert forge.context.fork
    known = replace(forge.context, pull=forge.head())
    assert (known.fork, known.pull and known.pull.head_sha) == (fork, "a" * 40)


def test_whose_code_it_is_stays_unknown_where_github_does_not_say(api: GitHubApi) -> None:
    api.fail("GET", "/pulls/7", status=403, body=READ_ONLY, times=9)
    event = {"issue": {"number": 7, "pull_request": {"url": "x"}}}
    forge = job(api, event, GITHUB_EVENT_NAME="issue_comment")
    assert replace(forge.context, pull=forge.head()).fork


def test_each_key_has_its_own_comment(api: GitHubApi) -> None:
    job(api).publish_comment(text("arm", "arm"), "arm")
    job(api).publish_comment(text("amd", "amd"), "amd")
    job(api).publish_comment(text("arm again", "arm"), "arm")
    assert api.bodies() == [text("arm again", "arm"), text("amd", "amd")]


def test_a_text_without_the_marker_gets_it(api: GitHubApi) -> None:
    job(api).publish_comment("hello\n", "nightly")
    assert api.bodies() == [f"{marker('nightly')}\nhello\n"]


def test_a_foreign_comment_with_our_marker_is_not_ours(api: GitHubApi) -> None:
    foreign = api.comment(text("look, no budget is broken"), "mallory")
    done = job(api).publish_comment(text("over budget"))
    assert isinstance(done, Published)
    assert done.how == "created"
    assert foreign["body"] == text("look, no budget is broken")
    assert api.bodies() == [text("over budget")]


def test_our_comment_that_quotes_the_marker_further_down_is_not_it(api: GitHubApi) -> None:
    api.comment(f"a release note\n{SIGN}\n", OURS)
    job(api).publish_comment(text("new"))
    assert api.bodies() == [f"a release note\n{SIGN}\n", text("new")]


@pytest.mark.parametrize("login", ["hubot", "ci-slim-app[bot]", OURS])
def test_the_author_is_whoever_the_token_belongs_to(api: GitHubApi, login: str) -> None:
    api.login = login
    for words in ("one", "two"):
        job(api).publish_comment(text(words))
    assert api.bodies(login) == [text("two")]
    assert api.made("POST") == [COMMENTS]


def test_a_user_s_token_without_graphql_is_asked_who_it_is(api: GitHubApi) -> None:
    api.login = "hubot"
    api.fail("POST", "graphql", status=404, body={"message": "Not Found"}, times=9)
    for words in ("one", "two"):
        job(api).publish_comment(text(words))
    assert api.bodies("hubot") == [text("two")]
    assert api.made("POST") == [COMMENTS]


def test_an_app_s_token_that_is_told_nothing_learns_from_what_it_wrote(api: GitHubApi) -> None:
    api.login = "ci-slim-app[bot]"
    api.fail("POST", "graphql", status=403, body=READ_ONLY, times=9)
    for words in ("one", "two"):
        job(api).publish_comment(text(words))
    assert api.bodies("ci-slim-app[bot]") == [text("two")]


# -- failures --------------------------------------------------------------------------------------

UNSURE = [
    pytest.param({"status": 502}, id="502"),
    pytest.param({"status": 502, "how": "garbage"}, id="502 in HTML"),
    pytest.param({"status": 201, "how": "garbage"}, id="half an answer"),
    pytest.param({"status": 500, "body": {"message": "Server Error"}}, id="500"),
    pytest.param({"how": "reset"}, id="connection reset"),
    pytest.param({"how": "silent"}, id="timeout"),
]


@pytest.mark.parametrize("done", [False, True], ids=["not carried out", "carried out"])
@pytest.mark.parametrize("fault", UNSURE)
def test_a_lost_answer_to_creating_never_makes_two(
    api: GitHubApi, fault: dict[str, object], done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci_slim.forges.github.api.TIMEOUT", 1)
    fill(api, 120)
    api.fail("POST", "/issues/7/comments", done=done, **fault)
    time = Time()
    result = job(api, time=time).publish_comment(text("once"))
    assert isinstance(result, Published)
    assert result.how == "created"
    assert api.bodies() == [text("once")]
    assert len(api.made("POST")) == (1 if done else 2)
    assert time.slept == [2.0]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("fault", UNSURE)
def test_a_lost_answer_to_updating_is_tried_again(
    api: GitHubApi, fault: dict[str, object], done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci_slim.forges.github.api.TIMEOUT", 1)
    api.comment(text("old"), OURS)
    api.fail("PATCH", "/comments/", done=done, **fault)
    result = job(api).publish_comment(text("new"))
    assert isinstance(result, Published)
    assert (result.how, api.bodies()) == ("updated", [text("new")])


def test_a_page_that_fails_is_asked_for_again(api: GitHubApi) -> None:
    fill(api, 120)
    api.comment(text("old"), OURS)
    api.fail("GET", "/issues/7/comments", times=3)
    result = job(api, time=(time := Time())).publish_comment(text("new"))
    assert isinstance(result, Published)
    assert result.how == "updated"
    assert time.slept == [2.0, 4.0, 8.0]


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limit_is_waited_for_as_long_as_it_says(api: GitHubApi, status: int) -> None:
    api.fail(
        "POST", "/issues/7/comments", status=status, body=SECONDARY,
        headers={"Retry-After": "37"}, times=2,
    )  # fmt: skip
    result = job(api, time=(time := Time())).publish_comment(text("late"))
    assert isinstance(result, Published)
    assert (time.slept, api.bodies()) == ([37.0, 37.0], [text("late")])


def test_a_primary_rate_limit_is_waited_for_by_the_server_s_own_clock(api: GitHubApi) -> None:
    api.fail(
        "GET", "/issues/7/comments", status=403,
        body={"message": "API rate limit exceeded for installation ID 1."},
        headers={
            "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444850",
            "Date": "Fri, 01 Jan 2100 00:00:00 GMT",
        },
    )  # fmt: skip
    result = job(api, time=(time := Time())).publish_comment(text("late"))
    assert isinstance(result, Published)
    assert len(time.slept) == 1


@pytest.mark.parametrize(
    ("fault", "reason", "hint"),
    [
        (
            {"status": 403, "body": READ_ONLY},
            "the token may only read",
            "permissions: pull-requests: write",
        ),
        (
            {"status": 403, "body": SECONDARY, "headers": {"Retry-After": "3600"}},
            "secondary rate limit. Please wait a few minutes before you try again. "
            "(it asks to wait 3600 s)",
            "",
        ),
        (
            {
                "status": 403,
                "body": {"message": "Unable to create comment because issue is locked."},
            },
            "GitHub answers 403: Unable to create comment because issue is locked.",
            "",
        ),
        (
            {"status": 404, "body": {"message": "Not Found"}},
            "404: Not Found (the job needs `permissions: pull-requests: write`)",
            "",
        ),
        ({"status": 410, "body": {"message": "Gone"}}, "GitHub answers 410: Gone", ""),
        ({"status": 422, "body": {"message": "Validation Failed"}}, "422: Validation Failed", ""),
        ({"status": 401, "body": {"message": "Bad credentials"}}, "does not know the token", ""),
        ({"status": 502, "times": 99}, "GitHub answers 502", ""),
        ({"how": "reset", "times": 99}, "the connection failed", ""),
    ],
)
def test_what_cannot_be_posted_comes_back_with_the_reason(
    api: GitHubApi, fault: dict[str, object], reason: str, hint: str
) -> None:
    api.fail("POST", "/issues/7/comments", **fault)
    result = job(api, time=(time := Time())).publish_comment(text("never"))
    assert isinstance(result, NotPublished)
    assert reason in result.reason
    assert hint in result.hint
    assert api.bodies() == []
    assert sum(time.slept) <= 180


def test_a_server_that_is_not_there_is_a_reason_within_three_minutes(api: GitHubApi) -> None:
    result = job(
        api, time=(time := Time()), GITHUB_API_URL="http://127.0.0.1:1", GITHUB_GRAPHQL_URL=""
    ).publish_comment(text("never"))
    assert result == NotPublished("the comment: the connection failed")
    assert 100 < sum(time.slept) <= 180


def test_a_fork_s_pull_request_with_its_read_only_token_fails_nothing(api: GitHubApi) -> None:
    for method in ("POST", "PATCH"):
        api.fail(method, "/repos/", status=403, body=READ_ONLY, times=9)
    forge = job(api, pull_request(head="stranger/octo-repo"))
    result = forge.publish_comment(text("from a fork"))
    assert forge.context.fork
    assert isinstance(result, NotPublished)
    assert result.reason == "the token may only read, as for every fork's pull request"
    assert "workflow_run" in result.hint
    assert len(api.made("POST")) == 1


def test_without_a_token_nothing_is_asked(api: GitHubApi) -> None:
    result = job(api, token=" ").publish_comment(text("x"))
    assert result == NotPublished("no token was given", "pass `token: ${{ github.token }}`")
    assert api.calls == []


def test_a_push_has_no_pull_request(api: GitHubApi) -> None:
    result = job(api, {"ref": "refs/heads/main"}, GITHUB_EVENT_NAME="push").publish_comment("x")
    assert result == NotPublished("a push event has no pull request")
    assert api.calls == []


# -- two at once -----------------------------------------------------------------------------------


def test_of_two_that_were_posted_at_once_the_oldest_stays_with_the_newest_text(
    api: GitHubApi,
) -> None:
    fill(api, 120)
    older = api.comment(text("the other job"), OURS)
    api.comments.remove(older)  # not there yet when this job looks
    api.after_create.append(lambda: api.comments.insert(0, older))
    result = job(api).publish_comment(text("this job"))
    assert result == Published(older["html_url"], "updated")
    assert api.bodies() == [text("this job")]


def test_a_later_job_s_duplicate_is_removed_and_ours_left(api: GitHubApi) -> None:
    api.after_create.append(lambda: api.comment(text("the other job"), OURS))
    result = job(api).publish_comment(text("this job"))
    assert isinstance(result, Published)
    assert result.how == "created"
    assert api.bodies() == [text("this job")]


def test_duplicates_of_a_run_that_was_killed_are_removed(api: GitHubApi) -> None:
    for words in ("a", "b", "c"):
        api.comment(text(words), OURS)
    api.comment(text("of mallory"), "mallory")
    job(api).publish_comment(text("d"))
    assert api.bodies() == [text("d")]
    assert api.bodies("mallory") == [text("of mallory")]


def test_a_duplicate_that_cannot_be_removed_is_no_failure(api: GitHubApi) -> None:
    api.comment(text("a"), OURS)
    api.comment(text("b"), OURS)
    api.fail("DELETE", "/comments/", status=404, body={"message": "Not Found"}, done=True)
    result = job(api).publish_comment(text("c"))
    assert isinstance(result, Published)
    assert result.how == "updated"


def test_a_comment_deleted_while_it_is_updated_is_created_anew(api: GitHubApi) -> None:
    api.comments.append(gone := api.comment(text("old"), OURS))
    api.comments.remove(gone)
    api.fail("PATCH", "/comments/", status=404, body={"message": "Not Found"})
    listed = job(api)
    first = listed.publish_comment(text("new"))
    assert isinstance(first, Published)
    assert api.bodies() == [text("new")]


@pytest.mark.parametrize("jobs", [2, 5])
def test_jobs_that_run_at_once_end_with_one_comment(api: GitHubApi, jobs: int) -> None:
    fill(api, 120)
    together = threading.Barrier(jobs)
    results: list[object] = []

    def work(number: int) -> None:
        forge = job(api)
        together.wait()
        results.append(forge.publish_comment(text(f"job {number}")))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.bodies()) == 1
    assert api.bodies()[0] in {text(f"job {number}") for number in range(jobs)}
    assert all(isinstance(result, Published) for result in results)


# -- from another workflow -------------------------------------------------------------------------


def follow_up(api: GitHubApi, **changed: object) -> Published | NotPublished:
    event = finished_run(**changed)  # type: ignore[arg-type]
    return job(api, event, GITHUB_EVENT_NAME="workflow_run").publish_comment(text("from afar"))


def test_a_follow_up_posts_to_the_pull_request_of_the_fork_s_branch(api: GitHubApi) -> None:
    api.pull(6, "stranger", "other", SHA)
    api.pull(7, "stranger", "topic", SHA)
    result = follow_up(api)
    assert isinstance(result, Published)
    assert api.made("POST") == [COMMENTS]
    asked = next(call for call in api.calls if call.path.endswith("/pulls"))
    assert asked.query["head"] == ["stranger:topic"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"event": "push"}, "run 55 was not for a pull request"),
        ({"head_repository": None}, "the repository that run 55 was for is gone"),
        ({"branch": "unknown"}, "no pull request is open for stranger:unknown"),
        ({"head_sha": "0" * 40}, "stranger:topic has newer commits than run 55"),
        (
            {"branch": "twice"},
            "2 pull requests are open for stranger:twice, and the event does not "
            "say which one is meant",
        ),
    ],
)
def test_a_follow_up_that_cannot_tell_the_pull_request_posts_nothing(
    api: GitHubApi, changed: dict[str, object], reason: str
) -> None:
    api.pull(7, "stranger", "topic", SHA)
    api.pull(8, "stranger", "twice", SHA)
    api.pull(9, "stranger", "twice", SHA)
    assert follow_up(api, **changed) == NotPublished(reason)
    assert api.made("POST") == []
