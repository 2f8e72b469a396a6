"""Reports in artifacts on GitHub, against a server that checks every call by its description."""

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from github_api import READ_ONLY, SHA, GitHubApi, started
from github_jobs import Time, finished_run, job

from ci_slim.forges import Found, NotFound, archive

REPORT = b'{"schema": "ci-slim/report/v1"}\n'

NAME = "ci-slim-report-ci-image"


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    yield from started()


def packed(content: bytes = REPORT, name: str = "report.json") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as open_forge:
        open_forge.writestr("comment.md", "hello")
        open_forge.writestr(name, content)
    return made.getvalue()


def test_the_baseline_is_the_report_of_the_newest_successful_run_of_the_base_branch(
    api: GitHubApi,
) -> None:
    for content in (b"older", b"newest"):
        api.artifact(api.run()["id"], packed(content))
    api.artifact(api.run(conclusion="failure")["id"], packed(b"failed"))
    api.artifact(api.run(head_branch="release")["id"], packed(b"of another branch"))
    api.artifact(api.run(path=".github/workflows/other.yml")["id"], packed(b"of another workflow"))
    newest = api.runs[-2]
    found = job(api).baseline()
    assert found == Found(
        b"newest",
        f"artifact {NAME} of run {newest['id']} of main at {newest['head_sha'][:12]}",
    )


@pytest.mark.parametrize(
    "run",
    [
        {"head_repository": "stranger/octo-repo", "event": "pull_request"},
        {"head_repository": "stranger/octo-repo"},
        {"event": "pull_request"},
        {"event": "pull_request_target"},
        {"event": "workflow_run"},
        {"event": "issue_comment"},
    ],
)
def test_a_run_that_only_bears_the_base_branch_s_name_is_no_baseline(
    api: GitHubApi, run: dict[str, str]
) -> None:
    api.artifact(api.run()["id"], packed())
    api.artifact(api.run(**run)["id"], packed(b"everything is tiny"))
    found = job(api).baseline()
    assert isinstance(found, Found)
    assert found.content == REPORT


def test_each_key_has_its_own_baseline(api: GitHubApi) -> None:
    run = api.run()["id"]
    for name in (
        "ci-slim-report-ci-image",
        "ci-slim-report-arm",
        "ci-slim-report-linux-arm-1f2d3c4b",
    ):
        api.artifact(run, packed(name.encode()), name=name)
    found = job(api).baseline("arm")
    assert isinstance(found, Found)
    assert found.content == b"ci-slim-report-arm"
    assert isinstance(job(api).baseline("linux/arm"), NotFound)
    asked = [call.query["name"] for call in api.calls if call.path.endswith("/artifacts")]
    assert asked == [["ci-slim-report-arm"], ["ci-slim-report-linux-arm-e19134a0"]]


def test_another_branch_than_the_base_may_be_named(api: GitHubApi) -> None:
    job(api).baseline("arm", "release")
    asked = [call.query for call in api.calls if call.path.endswith("/runs")]
    assert [query["branch"] for query in asked] == [["release"]]


def test_a_run_without_the_artifact_is_passed_over(api: GitHubApi) -> None:
    api.artifact(api.run()["id"], packed())
    api.artifact(api.run()["id"], packed(b"gone"), expired=True)
    api.run()
    found = job(api).baseline()
    assert isinstance(found, Found)
    assert found.content == REPORT


def test_of_a_run_that_was_run_again_the_last_report_counts(api: GitHubApi) -> None:
    run = api.run()["id"]
    api.artifact(run, packed(b"first attempt"))
    api.artifact(run, packed(b"second attempt"))
    found = job(api).baseline()
    assert isinstance(found, Found)
    assert found.content == b"second attempt"


def test_the_run_itself_is_not_its_baseline(api: GitHubApi) -> None:
    run = api.run()["id"]
    api.artifact(run, packed())
    assert job(api, GITHUB_RUN_ID=str(run)).baseline() == NotFound(
        "no successful run of this workflow on main", "main"
    )


def test_a_runner_that_does_not_say_its_workflow_is_asked_by_its_run(api: GitHubApi) -> None:
    api.artifact(api.run()["id"], packed())
    own = api.run(status="in_progress", conclusion=None)["id"]
    found = job(api, GITHUB_WORKFLOW_REF="", GITHUB_RUN_ID=str(own)).baseline("ci-image")
    assert isinstance(found, Found)


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        (0, "no successful run of this workflow on main"),
        (3, "no artifact ci-slim-report-ci-image in the 3 newest successful runs on main"),
        (12, "no artifact ci-slim-report-ci-image in the 10 newest successful runs on main"),
    ],
)
def test_no_baseline_is_a_reason(api: GitHubApi, runs: int, reason: str) -> None:
    for _ in range(runs):
        api.run()
    assert job(api).baseline() == NotFound(reason, "main", lost=runs > 0)


@pytest.mark.parametrize(
    ("changed", "own"),
    [
        ({"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}, True),
        ({"GITHUB_EVENT_NAME": "schedule", "GITHUB_REF": "refs/heads/main"}, True),
        ({"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/tags/v1"}, False),
        ({"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_REF": "refs/heads/topic"}, False),
    ],
)
def test_a_run_on_the_branch_itself_creates_its_baseline(
    api: GitHubApi, changed: dict[str, str], own: bool
) -> None:
    event = {"repository": {"default_branch": "main"}}
    forge = job(api, event, None, GITHUB_BASE_REF="", **changed)
    assert forge.baseline() == NotFound(
        "no successful run of this workflow on main", "main", own=own
    )
    other = forge.baseline(branch="release")
    assert isinstance(other, NotFound)
    assert not other.own


def test_an_artifact_that_has_expired_is_lost(api: GitHubApi) -> None:
    api.artifact(api.run()["id"], packed(), expired=True)
    found = job(api).baseline()
    assert isinstance(found, NotFound)
    assert (found.branch, found.lost) == ("main", True)


def lying(content: bytes) -> bytes:
    """An archive whose directory says that a file is small."""
    whole = bytearray(packed(content))
    entry = whole.rindex(b"PK\x01\x02")
    struct.pack_into("<I", whole, entry + 24, 10)
    return bytes(whole)


def marked(local: int, central: int, value: int) -> bytes:
    """An archive whose last file has a number of its two headers changed."""
    whole = bytearray(packed())
    struct.pack_into("<H", whole, whole.rindex(b"PK\x03\x04") + local, value)
    struct.pack_into("<H", whole, whole.rindex(b"PK\x01\x02") + central, value)
    return bytes(whole)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not a zip archive, or it is damaged"),
        (b"<html>", "it is not a zip archive, or it is damaged"),
        (packed()[:-30], "it is not a zip archive, or it is damaged"),
        (marked(6, 8, 1), "report.json in it is compressed in a way that is not supported"),
        (marked(8, 10, 99), "report.json in it is compressed in a way that is not supported"),
        (packed(name="other.json"), "no files in it are called report.json"),
        (packed(name="../report.json"), "no files in it are called report.json"),
        (packed(name="/report.json"), "no files in it are called report.json"),
        (packed(b"\0" * 3_000_000), "report.json in it is larger than 2000000 bytes"),
        (lying(b"\0" * 3_000_000), "it is not a zip archive, or it is damaged"),
    ],
)
def test_an_archive_that_cannot_be_read_is_a_reason(
    api: GitHubApi, content: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive.member, "__defaults__", (2_000_000,))
    api.artifact(api.run()["id"], content)
    found = job(api).baseline()
    where = f"artifact ci-slim-report-ci-image of run {api.runs[0]['id']} of main at acb5820ced94"
    assert found == NotFound(f"{where}: {reason}")


def test_an_artifact_that_says_it_is_too_large_is_not_downloaded(api: GitHubApi) -> None:
    api.artifact(api.run()["id"], packed(), size_in_bytes=10**9)
    found = job(api).baseline()
    assert isinstance(found, NotFound)
    assert found.reason.endswith("it is larger than 33554432 bytes")
    assert not [call for call in api.calls if call.path.endswith("/zip")]


def test_a_download_stops_at_the_limit(api: GitHubApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ARCHIVE_MAX", 100_000)
    api.artifact(api.run()["id"], b"\0" * 3_000_000, size_in_bytes=5)
    found = job(api).baseline()
    assert isinstance(found, NotFound)
    assert found.reason.endswith("it is larger than 100000 bytes")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 502},
        {"how": "reset"},
        {
            "status": 403,
            "body": {"message": "secondary rate limit"},
            "headers": {"Retry-After": "9"},
        },
    ],
)
@pytest.mark.parametrize("path", ["/runs$", "/artifacts$", "/zip$", "/store/"])
def test_what_fails_once_is_asked_for_again(
    api: GitHubApi, path: str, fault: dict[str, object]
) -> None:
    api.artifact(api.run()["id"], packed())
    api.fail("GET", path, **fault)
    found = job(api, time=(time := Time())).baseline()
    assert isinstance(found, Found)
    assert len(time.slept) == 1


@pytest.mark.parametrize(
    ("path", "fault", "reason"),
    [
        (
            "/runs$",
            {"status": 403, "body": READ_ONLY},
            "the runs of main: GitHub answers 403: Resource not accessible by integration "
            "(the job needs `permissions: actions: read`)",
        ),
        (
            "/zip$",
            {"status": 410, "body": {"message": "Artifact has expired"}},
            "GitHub answers 410: Artifact has expired",
        ),
        ("/zip$", {"status": 302}, "the server names no address to download from"),
        (
            "/zip$",
            {"status": 302, "headers": {"Location": "file:///etc/passwd"}},
            "the server names no address to download from",
        ),
        ("/store/", {"status": 404}, "GitHub answers 404: from the store of artifacts"),
        (
            "/store/",
            {"status": 502, "times": 99},
            "GitHub answers 502: from the store of artifacts",
        ),
    ],
)
def test_what_cannot_be_read_is_a_reason(
    api: GitHubApi, path: str, fault: dict[str, object], reason: str
) -> None:
    api.artifact(api.run()["id"], packed())
    api.fail("GET", path, **fault)
    found = job(api).baseline()
    assert isinstance(found, NotFound)
    assert reason in found.reason


def test_a_push_is_compared_with_the_runs_before_it_on_its_branch(api: GitHubApi) -> None:
    api.artifact(api.run(head_branch="release")["id"], packed())
    pushed: dict[str, Any] = {
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_REF": "refs/heads/release",
        "GITHUB_BASE_REF": "",
    }
    assert isinstance(job(api, {"ref": "refs/heads/release"}, **pushed).baseline(), Found)


def test_a_follow_up_reads_the_reports_of_all_jobs_of_that_workflow_and_of_no_other(
    api: GitHubApi,
) -> None:
    for name in (NAME, "ci-slim-report-ci-arm", "ci-slim-report-other-image", "ci-slim-report"):
        api.artifact(55, packed(name.encode()), name=name)
    follow_up = job(api, finished_run(), GITHUB_EVENT_NAME="workflow_run")
    found = follow_up.triggering_reports()
    assert not isinstance(found, NotFound)
    assert {key: each.content for key, each in found.items()} == {
        "ci-arm": b"ci-slim-report-ci-arm",
        "ci-image": NAME.encode(),
    }


def test_a_follow_up_reads_the_report_of_the_run_it_follows(api: GitHubApi) -> None:
    api.artifact(55, packed(b"of a fork"))
    api.artifact(api.run()["id"], packed(b"of main"))
    follow_up = job(api, finished_run(), GITHUB_EVENT_NAME="workflow_run")
    of_fork = Found(b"of a fork", "artifact ci-slim-report-ci-image of run 55")
    assert follow_up.triggering_reports() == {"ci-image": of_fork}
    assert follow_up.triggering_reports("ci-image") == {"ci-image": of_fork}
    assert follow_up.triggering_reports("arm") == NotFound(
        "run 55 has no artifact ci-slim-report-arm"
    )
    assert job(api).triggering_reports() == NotFound("no other run has triggered this job")
    assert follow_up.context.trigger is not None
    assert follow_up.context.trigger.head_sha == SHA
