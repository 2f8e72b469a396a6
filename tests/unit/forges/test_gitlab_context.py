"""What a job on GitLab knows from its environment."""

import pytest

from ci_slim.errors import UsageError
from ci_slim.forges.gitlab.context import GitLabContext, MergeRequest, origin, read, token
from ci_slim.result import Origin

BRANCH = {
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PROJECT_ID": "5",
    "CI_JOB_NAME": "ci-slim",
    "CI_JOB_TOKEN": "glcbt-secret",
    "CI_DEFAULT_BRANCH": "main",
    "CI_COMMIT_BRANCH": "main",
}
REQUEST = {
    "CI_API_V4_URL": "https://host/gitlab/api/v4/",
    "CI_PROJECT_ID": "9",
    "CI_JOB_NAME": "ci-slim",
    "CI_DEFAULT_BRANCH": "develop",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_PROJECT_ID": "5",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "9",
    "CI_MERGE_REQUEST_PROJECT_URL": "https://host/gitlab/group/project",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release/1",
}


def test_a_branch_is_compared_with_itself() -> None:
    context = read(BRANCH)
    assert context == GitLabContext(
        api="https://gitlab.example/api/v4", project="5", base_branch="main", job="ci-slim",
        job_token="glcbt-secret", own_branch="main",
    )  # fmt: skip
    assert (context.server, context.fork) == ("https://gitlab.example", False)
    assert "secret" not in repr(context)


def test_a_merge_request_from_a_fork_belongs_to_its_target() -> None:
    context = read(REQUEST)
    assert context == GitLabContext(
        api="https://host/gitlab/api/v4", project="5", base_branch="release/1", job="ci-slim",
        merge_request=MergeRequest(
            "5", 7, "https://host/gitlab/group/project/-/merge_requests/7", "9"
        ),
    )  # fmt: skip
    assert (context.server, context.fork) == ("https://host/gitlab", True)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("a/b!3", MergeRequest("a/b", 3, "https://gitlab.example/a/b/-/merge_requests/3")),
        ("a/b!3,a/b!4", None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_a_branch_s_pipeline_belongs_to_its_only_open_merge_request(
    said: str, found: MergeRequest | None
) -> None:
    context = read(BRANCH | {"CI_OPEN_MERGE_REQUESTS": said, "CI_COMMIT_BRANCH": "topic"})
    assert context.merge_request == found
    assert context.base_branch == ("main" if found else "topic")


def test_another_job_and_file_may_hold_the_baseline() -> None:
    context = read(
        BRANCH
        | {"CI_SLIM_BASELINE_JOB": "nightly", "CI_SLIM_BASELINE_REPORT": "out/report.json"}
        | {"CI_SERVER_TLS_CA_FILE": "/ca.pem"}
    )
    assert (context.job, context.report) == ("nightly", "out/report.json")
    assert context.ca_bundle == "/ca.pem"


@pytest.mark.parametrize("said", ["out//report.json", "./out/report.json"])
def test_the_report_is_looked_for_as_it_is_called_among_artifacts(said: str) -> None:
    assert read(BRANCH | {"CI_SLIM_BASELINE_REPORT": said}).report == "out/report.json"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CI_PROJECT_ID", "", "CI_PROJECT_ID: the variable for the project is not set"),
        *(
            ("CI_API_V4_URL", url, "CI_API_V4_URL: this is not the address of GitLab's API")
            for url in (
                "", "gitlab.example/api/v4", "ftp://h/api/v4", "https://h:x/api/v4",
                "https://user:word@h/api/v4", "https://h/api/v3", "https://h/api/v4?x=/api/v4",
            )
        ),
    ],
)  # fmt: skip
def test_an_environment_in_disorder_is_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(BRANCH | {name: value})
    assert str(refused.value) == message
    assert refused.value.hint


@pytest.mark.parametrize(
    ("environment", "value"),
    [
        ({"CI_SLIM_TOKEN": " glpat-1\n"}, "glpat-1"),
        ({"CI_SLIM_NOTE_VARIABLE": "BOT", "BOT": "glpat-2", "CI_SLIM_TOKEN": "x"}, "glpat-2"),
        ({"CI_SLIM_NOTE_VARIABLE": "", "CI_SLIM_TOKEN": "glpat-3"}, "glpat-3"),
        ({"CI_SLIM_NOTE_VARIABLE": "BOT", "CI_SLIM_TOKEN": "x"}, ""),
        ({}, ""),
    ],
)
def test_the_token_is_in_the_variable_that_is_named(
    environment: dict[str, str], value: str
) -> None:
    assert token(environment) == value


def test_a_token_given_for_the_name_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        token({"CI_SLIM_NOTE_VARIABLE": "glpat-secret"})
    assert "glpat" not in f"{refused.value} {refused.value.hint}"


def test_the_origin_is_what_the_runner_says() -> None:
    home = "https://gitlab.example/group/project"
    given = REQUEST | {
        "CI_PROJECT_ID": "5",
        "CI_COMMIT_SHA": "b" * 40,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "a" * 40,
        "CI_PROJECT_URL": home,
        "CI_PIPELINE_ID": "900",
        "CI_PIPELINE_URL": f"{home}/-/pipelines/900",
        "CI_JOB_URL": f"{home}/-/jobs/64",
    }
    assert origin(given) == Origin(
        "a" * 40,
        f"{home}/-/commit/{'a' * 40}",
        900,
        f"{home}/-/pipelines/900",
        f"{home}/-/jobs/64/artifacts/browse",
    )
    assert origin({**given, "CI_PROJECT_ID": "99", "CI_JOB_URL": "javascript:x"}).fork
    assert origin({**given, "CI_JOB_URL": "javascript:x"}).report_url == ""
