"""The note on GitLab, against a server that holds every call against GitLab's documented API."""

import threading
from collections.abc import Iterator

import pytest
from github_jobs import Time
from gitlab_api import FORK, JOB_TOKEN, OURS, PROJECT, TOKEN, GitLabApi, environment, started

from ci_slim.forges import NotPublished, Published
from ci_slim.forges.gitlab.merge_request import GitLab, connect
from ci_slim.report.markdown import marker

SIGN = marker("default")
NOTES = f"/api/v4/projects/{PROJECT}/merge_requests/7/notes"


@pytest.fixture
def api() -> Iterator[GitLabApi]:
    yield from started()


def job(api: GitLabApi, time: Time | None = None, token: str = TOKEN, **changed: str) -> GitLab:
    time = time or Time()
    return connect(environment(api, **changed), token, time.clock, time.sleep)


def text(words: str, key: str = "default") -> str:
    return f"{marker(key)}\n### ci-slim: {words}\n"


def fill(api: GitLabApi, count: int) -> None:
    for number in range(count):
        api.note(f"remark {number}")


def test_a_note_is_created_once_and_updated_in_place_among_150_others(api: GitLabApi) -> None:
    fill(api, 150)
    first = job(api).publish_comment(text("first"))
    fill(api, 150)
    second = job(api).publish_comment(text("second"))
    assert first == Published(
        "https://gitlab.example/group/project/-/merge_requests/7#note_451", "created"
    )
    assert second == Published(first.url, "updated")
    assert api.bodies() == [text("second")]
    assert api.made("POST") == [f"POST {NOTES}"]
    assert {str(call.query["per_page"]) for call in api.calls if call.query} == {"['100']"}
    assert [call.query["page"][0] for call in api.calls if call.query][-4:] == ["1", "2", "3", "4"]


def test_an_unchanged_note_is_not_touched(api: GitLabApi) -> None:
    created = job(api).publish_comment(text("same"))
    again = job(api).publish_comment(text("same"))
    assert isinstance(created, Published)
    assert again == Published(created.url, "unchanged")
    assert api.made("POST", "PUT", "DELETE") == [f"POST {NOTES}"]


def test_an_older_pipeline_does_not_write_over_a_newer_result(api: GitLabApi) -> None:
    by_run = "<!-- ci-slim run={} -->"
    assert isinstance(job(api).publish_comment(by_run.format(901)), Published)
    assert job(api).publish_comment(by_run.format(900)) == NotPublished(
        "a newer pipeline has written the note"
    )
    assert [body.endswith(by_run.format(901)) for body in api.bodies()] == [True]


def test_a_pipeline_of_an_older_commit_writes_nothing(api: GitLabApi) -> None:
    api.head = "a" * 40
    assert job(api).publish_comment("x") == NotPublished(
        "the merge request has newer commits than 2695effb5807, such as aaaaaaaaaaaa"
    )
    assert api.bodies() == []


def test_of_merged_results_the_commit_of_the_branch_counts(api: GitLabApi) -> None:
    api.head = "a" * 40
    merged = job(api, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA="a" * 40)
    assert isinstance(merged.publish_comment("x"), Published)


def test_each_key_has_its_own_note(api: GitLabApi) -> None:
    for words, key in (("arm", "arm"), ("amd", "amd"), ("arm again", "arm")):
        job(api).publish_comment(text(words, key), key)
    assert api.bodies() == [text("arm again", "arm"), text("amd", "amd")]


def test_a_foreign_note_with_our_marker_is_not_ours(api: GitLabApi) -> None:
    foreign = api.note(text("look, no budget is broken"), "mallory")
    done = job(api).publish_comment(text("over budget"))
    assert isinstance(done, Published)
    assert done.how == "created"
    assert foreign["body"] == text("look, no budget is broken")


def test_what_gitlab_itself_notes_is_not_looked_at(api: GitLabApi) -> None:
    api.note(text("added 1 commit"), OURS, system=True)
    done = job(api).publish_comment(text("x"))
    assert isinstance(done, Published)
    assert done.how == "created"


# -- where it goes ---------------------------------------------------------------------------------


def test_in_a_fork_s_pipeline_it_goes_to_the_project_of_the_merge_request(api: GitLabApi) -> None:
    forge = job(api, CI_PROJECT_ID=str(FORK), CI_MERGE_REQUEST_SOURCE_PROJECT_ID=str(FORK))
    assert forge.context.fork
    assert isinstance(forge.publish_comment(text("from a fork")), Published)
    assert api.made("POST") == [f"POST {NOTES}"]


def test_a_branch_s_pipeline_finds_its_only_open_merge_request(api: GitLabApi) -> None:
    changed = {
        name: "" for name in environment(api) if name.startswith("CI_MERGE_REQUEST")
    } | {"CI_OPEN_MERGE_REQUESTS": "group/project!7"}  # fmt: skip
    done = job(api, **changed).publish_comment(text("x"))  # type: ignore[arg-type]
    assert isinstance(done, Published)
    assert done.url.startswith(f"{api.origin}/group/project/-/merge_requests/7#note_")
    assert api.made("POST") == ["POST /api/v4/projects/group%2Fproject/merge_requests/7/notes"]


def test_a_branch_s_pipeline_for_several_merge_requests_says_so(api: GitLabApi) -> None:
    forge = job(api, CI_MERGE_REQUEST_IID="", CI_OPEN_MERGE_REQUESTS="g/p!7,g/p!8")
    done = forge.publish_comment(text("x"))
    assert isinstance(done, NotPublished)
    assert (
        done.reason == "this branch has 2 open merge requests, so it is unclear which one is meant"
    )
    assert "merge request pipelines" in done.hint
    assert api.calls == []


def test_a_pipeline_without_a_merge_request_posts_nothing(api: GitLabApi) -> None:
    done = job(api, CI_MERGE_REQUEST_IID="").publish_comment(text("x"))
    assert done == NotPublished("this pipeline is not for a merge request")
    assert api.calls == []


# -- without a token that may write ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (JOB_TOKEN, "the job's own token cannot write notes"),
        ("glcbt-1_of-another-job", "the job's own token cannot write notes"),
        ("", "the job's own token cannot write notes"),
    ],
)
def test_the_job_s_own_token_is_known_for_what_it_is(
    api: GitLabApi, token: str, reason: str
) -> None:
    done = job(api, token=token).publish_comment(text("x"))
    assert done == NotPublished(
        reason,
        "make a project access token (Settings > Access tokens, role Reporter or above, scope "
        "`api`) and store it in the masked CI/CD variable CI_SLIM_TOKEN; do not protect the "
        "variable, or merge requests from unprotected branches cannot use it",
    )
    assert api.calls == []


def test_a_fork_without_a_token_is_told_who_can_have_a_note(api: GitLabApi) -> None:
    forge = job(
        api, token="", CI_PROJECT_ID=str(FORK), CI_MERGE_REQUEST_SOURCE_PROJECT_ID=str(FORK)
    )
    done = forge.publish_comment(text("x"))
    assert isinstance(done, NotPublished)
    assert done.hint.startswith("a fork's pipeline cannot use the variables of the target project")
    assert "CI_SLIM_TOKEN" in done.hint


def test_a_thread_takes_a_token_of_another_role(api: GitLabApi) -> None:
    done = job(api, token="", CI_SLIM_NOTE_THREAD="true").publish_comment(text("x"))
    assert isinstance(done, NotPublished)
    assert "role Developer or above" in done.hint


def test_a_token_that_is_not_known_any_more_is_a_reason_with_a_hint(api: GitLabApi) -> None:
    done = job(api, token="glpat-expired").publish_comment(text("x"))
    assert isinstance(done, NotPublished)
    assert done.reason == "the note: GitLab does not know the token, or it has expired (401)"
    assert "scope `api`" in done.hint


def test_a_token_with_too_little_scope_is_a_reason_with_a_hint(api: GitLabApi) -> None:
    body = {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the "
        "access token.",
        "scope": "api",
    }
    api.fail("POST", "/notes", status=403, body=body)
    done = job(api).publish_comment(text("x"))
    assert isinstance(done, NotPublished)
    assert done.reason == (
        "the note: GitLab answers 403: The request requires higher privileges than provided by "
        "the access token."
    )
    assert "scope `api`" in done.hint


# -- failures --------------------------------------------------------------------------------------

UNSURE = [
    pytest.param({"status": 502}, id="502"),
    pytest.param({"status": 502, "how": "garbage"}, id="502 in HTML"),
    pytest.param({"status": 201, "how": "garbage"}, id="half an answer"),
    pytest.param({"status": 500, "body": {"message": "500 Internal"}}, id="500"),
    pytest.param({"how": "reset"}, id="connection reset"),
    pytest.param({"how": "silent"}, id="timeout"),
]


@pytest.mark.parametrize("done", [False, True], ids=["not carried out", "carried out"])
@pytest.mark.parametrize("fault", UNSURE)
def test_a_lost_answer_to_creating_never_makes_two(
    api: GitLabApi, fault: dict[str, object], done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci_slim.forges.gitlab.api.TIMEOUT", 1)
    fill(api, 120)
    api.fail("POST", "/notes", done=done, **fault)
    time = Time()
    result = job(api, time).publish_comment(text("once"))
    assert isinstance(result, Published)
    assert result.how == "created"
    assert api.bodies() == [text("once")]
    assert len(api.made("POST")) == (1 if done else 2)
    assert time.slept == [2.0]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("fault", UNSURE)
def test_a_lost_answer_to_updating_is_tried_again(
    api: GitLabApi, fault: dict[str, object], done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci_slim.forges.gitlab.api.TIMEOUT", 1)
    api.note(text("old"), OURS)
    api.fail("PUT", "/notes/", done=done, **fault)
    result = job(api).publish_comment(text("new"))
    assert isinstance(result, Published)
    assert (result.how, api.bodies()) == ("updated", [text("new")])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_rate_limit_is_waited_for_as_long_as_it_says(api: GitLabApi, method: str) -> None:
    api.fail(
        method, "/notes", status=429, body={"message": "Retry later"},
        headers={"Retry-After": "37", "RateLimit-Remaining": "0"}, times=2,
    )  # fmt: skip
    result = job(api, time := Time()).publish_comment(text("late"))
    assert isinstance(result, Published)
    assert (time.slept, api.bodies()) == ([37.0, 37.0], [text("late")])


def test_a_limit_of_notes_that_names_no_time_is_waited_for_a_minute(api: GitLabApi) -> None:
    said = {"message": {"error": "This endpoint has been requested too many times."}}
    api.fail("POST", "/notes", status=429, body=said)
    result = job(api, time := Time()).publish_comment(text("late"))
    assert isinstance(result, Published)
    assert time.slept == [60.0]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 429, "headers": {"Retry-After": "3600"}}, "it asks to wait 3600 s"),
        ({"status": 400, "body": {"message": {"note": ["is too long"]}}}, "note: ['is too long']"),
        ({"status": 404, "body": {"message": "404 Not found"}}, "GitLab answers 404: Not found"),
        ({"status": 301, "headers": {"Location": "/elsewhere"}}, "redirects to another address"),
        ({"status": 502, "times": 99}, "GitLab answers 502"),
        ({"how": "reset", "times": 99}, "the connection failed"),
    ],
)
def test_what_cannot_be_posted_comes_back_with_the_reason(
    api: GitLabApi, fault: dict[str, object], reason: str
) -> None:
    api.fail("POST", "/notes", **fault)
    result = job(api, time := Time()).publish_comment(text("never"))
    assert isinstance(result, NotPublished)
    assert reason in result.reason
    assert api.bodies() == []
    assert sum(time.slept) <= 180


NONSENSE = [None, [], {}, "x", 5, [None], [[5]], {"notes": 5}, {"notes": [None]}, {"id": "x"}]


@pytest.mark.parametrize("thread", ["", "true"])
@pytest.mark.parametrize("call", ["GET /user", "GET /notes", "POST /notes", "GET /discussions",
                                  "POST /discussions"])  # fmt: skip
def test_nonsense_from_what_is_no_gitlab_is_a_reason_and_no_crash(
    api: GitLabApi, call: str, thread: str
) -> None:
    method, path = call.split()
    for body in NONSENSE:
        api.fail(method, f"{path}$", status=200, body=body, times=99)
        forge = job(api, CI_SLIM_NOTE_THREAD=thread)
        assert isinstance(forge.publish_comment(text("x")), Published | NotPublished)
        assert isinstance(forge.settle(True), str)
        api.faults.clear()
    assert len(api.bodies()) <= 1


def test_a_server_that_is_not_there_is_a_reason_within_three_minutes(api: GitLabApi) -> None:
    forge = job(api, time := Time(), CI_API_V4_URL="http://127.0.0.1:1/api/v4")
    assert forge.publish_comment("x") == NotPublished("the note: the connection failed")
    assert 100 < sum(time.slept) <= 180


# -- threads ---------------------------------------------------------------------------------------


def test_a_thread_is_open_while_something_is_wrong_and_resolved_when_all_is_well(
    api: GitLabApi,
) -> None:
    fill(api, 120)
    seen = []
    for words, well in (("over", False), ("over", False), ("well", True), ("over", False)):
        forge = job(api, CI_SLIM_NOTE_THREAD="true")
        assert isinstance(forge.publish_comment(text(words)), Published)
        assert forge.settle(well) == ""
        (note,) = [item for item in api.notes if item["author"]["username"] == OURS]
        seen.append((note["body"], note["resolved"]))
    assert seen == [
        (text("over"), False), (text("over"), False), (text("well"), True), (text("over"), False)
    ]  # fmt: skip
    threads = NOTES.replace("/notes", "/discussions")
    assert api.made("POST") == [f"POST {threads}"]
    settled = [call for call in api.made("PUT") if call.startswith(f"PUT {threads}/")]
    assert len(settled) == 2, "only when it changes"


def test_a_thread_is_never_made_twice(api: GitLabApi) -> None:
    api.fail("POST", "/discussions", status=502, done=True)
    result = job(api, CI_SLIM_NOTE_THREAD="true").publish_comment(text("once"))
    assert isinstance(result, Published)
    assert api.bodies() == [text("once")]


def test_nothing_is_resolved_unless_it_is_asked_for(api: GitLabApi) -> None:
    forge = job(api)
    forge.publish_comment(text("x"))
    calls = len(api.calls)
    assert forge.settle(True) == ""
    assert len(api.calls) == calls


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (None, "the note was written as one that cannot be resolved"),
        (
            {"status": 403, "body": {"message": "403 Forbidden"}},
            "GitLab answers 403: Forbidden; to resolve threads, its token needs the role Developer "
            "or above",
        ),
    ],
)
def test_a_thread_that_cannot_be_resolved_is_a_reason(
    api: GitLabApi, fault: dict[str, object] | None, reason: str
) -> None:
    thread = fault is not None
    job(api, CI_SLIM_NOTE_THREAD="true" if thread else "").publish_comment(text("x"))
    if fault is not None:
        api.fail("PUT", "/discussions/", **fault)
    forge = job(api, CI_SLIM_NOTE_THREAD="true")
    forge.publish_comment(text("x"))
    assert forge.settle(True) == reason


# -- two at once -----------------------------------------------------------------------------------


def test_of_two_that_were_posted_at_once_the_oldest_stays_with_the_newest_text(
    api: GitLabApi,
) -> None:
    older = api.note(text("the other job"), OURS)
    api.notes.remove(older)  # not there yet when this job looks
    api.after_create.append(lambda: api.notes.insert(0, older))
    result = job(api).publish_comment(text("this job"))
    assert isinstance(result, Published)
    assert (result.how, api.bodies()) == ("updated", [text("this job")])


def test_duplicates_of_a_run_that_was_killed_are_removed(api: GitLabApi) -> None:
    for words in ("a", "b", "c"):
        api.note(text(words), OURS)
    api.note(text("of mallory"), "mallory")
    job(api).publish_comment(text("d"))
    assert (api.bodies(), api.bodies("mallory")) == ([text("d")], [text("of mallory")])


def test_a_note_deleted_while_it_is_updated_is_looked_for_anew(api: GitLabApi) -> None:
    api.note(text("old"), OURS)
    api.fail("PUT", "/notes/", status=404, body={"message": "404 Note Not Found"})
    result = job(api).publish_comment(text("new"))
    assert isinstance(result, Published)
    assert api.bodies() == [text("new")]


def test_jobs_that_run_at_once_end_with_one_note(api: GitLabApi) -> None:
    fill(api, 120)
    together = threading.Barrier(4)
    results: list[object] = []

    def work(number: int) -> None:
        forge = job(api)
        together.wait()
        results.append(forge.publish_comment(text(f"job {number}")))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.bodies()) == 1
    assert all(isinstance(result, Published) for result in results)
