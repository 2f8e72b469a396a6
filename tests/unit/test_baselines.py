"""Where baselines are looked for, and what is said when there is none."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from registry_server import serving
from reports import AMD64, ARM64, ARMV6, RULES, digest, of, replaced, sample
from settings_texts import flags
from stored_images import Stored, folder_of

from ci_slim.baselines import Baselines, choose, only_file
from ci_slim.commands.check import recheck
from ci_slim.commands.comment import post_comment
from ci_slim.errors import UsageError
from ci_slim.forges import Found, NotFound, NotPublished, opening
from ci_slim.forges.gitlab import context
from ci_slim.forges.gitlab.merge_request import GitLab
from ci_slim.judge.budget import BudgetRules, Limits
from ci_slim.judge.failing import broken
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.report.json import to_json
from ci_slim.requests import RunRequest
from ci_slim.result import PlatformReport
from ci_slim.settings import make, parse

GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r"}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PROJECT_ID": "5",
}
GOOD, _, SKIPPED = sample().images[0].platforms
BASE = to_json(of(GOOD)).encode()


def files(**known: bytes) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        if path.partition(".")[0] in known:
            return known[path.partition(".")[0]]
        raise FileNotFoundError(2, "No such file or directory", path)

    return read


def looked(
    *sources: str,
    tag: str | None = None,
    ref: str = "",
    environment: Mapping[str, str] | None = None,
    artifact: Found | NotFound | None = None,
    **known: bytes,
) -> Baselines:
    return Baselines(
        sources,
        ref,
        "base.json",
        {"listener": tag},
        environment or {},
        files(**known),
        (lambda _: artifact) if artifact else None,
    )


@pytest.mark.parametrize(
    ("baselines", "source"),
    [
        (looked("file", base=BASE), "file base.json"),
        (looked("artifact", artifact=Found(BASE, "artifact of run 7")), "artifact of run 7"),
        (
            looked("registry", "artifact", "file", artifact=NotFound("none"), base=BASE),
            "file base.json",
        ),
        (looked("artifact", "file", artifact=Found(b"{", "run 7"), base=BASE), "file base.json"),
    ],
)
def test_the_first_place_that_has_it_is_taken(baselines: Baselines, source: str) -> None:
    got = baselines.compared("listener", GOOD)
    assert got.baseline is not None
    assert (got.baseline.source, got.no_baseline, got.update_bytes) == (source, "", 0)


@pytest.mark.parametrize(
    ("baselines", "why"),
    [
        (looked("file", base=BASE), "file: it has no listener for this platform"),
        (looked("file"), "file: there is no base.json"),
        (
            looked("file", base=b"{}"),
            "file: base.json: this is not a report: the member 'schema' is not 'ci-slim/report/v1'",
        ),
        (looked("artifact"), "artifact: this is not a job of GitHub or GitLab"),
        (looked("artifact", artifact=NotFound("no run on main")), "artifact: no run on main"),
        (looked("registry"), "registry: the image has no tag"),
        (
            looked("registry", tag="listener:{version}"),
            "registry: the tag listener:{version} names no registry",
        ),
        (
            looked("registry", tag="team/listener:1"),
            "registry: the tag team/listener:1 names no registry",
        ),
        (
            looked("registry", tag="r.example/listener:{version}"),
            "registry: there is no branch to compare with (`baseline.ref`)",
        ),
        (
            looked("artifact", "file", artifact=NotFound("none there")),
            "artifact: none there; file: there is no base.json",
        ),
    ],
)
def test_why_there_is_none_is_said_place_by_place(baselines: Baselines, why: str) -> None:
    got = baselines.compared("listener", replaced(GOOD, platform=ARM64))
    assert (got.baseline, got.update_bytes, got.no_baseline) == (None, None, why)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (NotFound("none", "main"), "No baseline yet. The first run on main creates it."),
        (
            NotFound("none", "main", lost=True),
            "No baseline: the report of main was not kept, or has expired. The next run on main "
            "that uploads its report creates it.",
        ),
        (NotFound("none", "main", own=True), "No baseline yet. This run on main creates it."),
        (
            NotFound("none", "main", lost=True, own=True),
            "No baseline yet. This run on main creates it.",
        ),
        (NotFound("hidden from this token"), ""),
    ],
)
def test_what_creates_the_baseline_is_said_if_something_does(
    found: NotFound, sentence: str
) -> None:
    got = looked("artifact", artifact=found).compared("listener", GOOD)
    assert got.next_baseline == sentence


def test_a_place_is_asked_once_for_all_platforms_and_of_the_branch_that_is_named() -> None:
    asked: list[str] = []

    def artifact(ref: str) -> NotFound:
        asked.append(ref)
        return NotFound("none")

    baselines = Baselines(("artifact",), "release", "", {}, {}, files(), artifact)
    for platform in (ARMV6, ARM64, AMD64):
        baselines.compared("listener", replaced(GOOD, platform=platform))
    assert asked == ["release"]


@pytest.mark.parametrize(
    ("ref", "environment", "tag"),
    [
        ("main", {}, "main"),
        ("feature/x", {}, "feature-x"),
        ("", {**GITHUB, "GITHUB_BASE_REF": "main"}, "main"),
        ("", {**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}, "main"),
        ("", {**GITLAB, "CI_DEFAULT_BRANCH": "main"}, "main"),
        ("", {**GITLAB, "CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": "ab" * 20}, "abababab"),
        ("x", {**GITLAB, "CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": "ab" * 20}, "x"),
    ],
)
def test_a_registry_is_asked_for_documents_only(
    tmp_path: Path, ref: str, environment: Mapping[str, str], tag: str
) -> None:
    folder_of(tmp_path, Stored(ARMV6), Stored(AMD64))
    index = json.loads((tmp_path / "index.json").read_text())
    (v6,) = (m for m in index["manifests"] if m["platform"].get("variant") == "v6")
    layers = json.loads((tmp_path / "blobs/sha256" / v6["digest"][7:]).read_text())["layers"]
    with serving() as server:
        for blob in (tmp_path / "blobs/sha256").iterdir():
            for kind in ("blobs", "manifests"):
                path = f"/v2/app/{kind}/sha256:{blob.name}"
                server.on(path, (200, {}, blob.read_bytes()))
        server.on(f"/v2/app/manifests/{tag}", (200, {}, (tmp_path / "index.json").read_bytes()))
        baselines = looked(
            "registry", tag=f"{server.host}/app:{{version}}", ref=ref, environment=environment
        )
        got = [baselines.compared("listener", replaced(GOOD, platform=p)) for p in (ARMV6, ARM64)]
        fetched = server.paths()
    found = got[0].baseline
    assert found is not None
    assert (found.source, found.reference) == ("registry", f"{server.host}/app:{tag}")
    assert (found.digest, found.disk_bytes) == (v6["digest"], None)
    assert found.pull_bytes is not None
    assert found.pull_bytes > sum(layer["size"] for layer in layers)
    assert got[1].no_baseline == "registry: it has no listener for this platform"
    assert not any(layer["digest"] in path for layer in layers for path in fetched)
    assert fetched.count(f"/v2/app/manifests/{tag}") == 1


def test_a_registry_that_does_not_know_the_tag_is_a_reason() -> None:
    with serving() as server:
        baselines = looked("registry", tag=f"{server.host}/app:1")
        got = baselines.compared("listener", GOOD)
    assert got.baseline is None
    assert f"the registry has no {server.host}/app:1" in got.no_baseline


SETTINGS = parse(
    "version: 1\nimages: {listener: {image: x}}\nbaseline: {file: b.json}\n", "d/f", {}
)


def test_the_flag_goes_before_the_settings() -> None:
    assert choose("none", SETTINGS, {}, files()) is None
    named = choose("base.json", SETTINGS, {}, files(base=BASE))
    assert named is not None
    assert named.compared("listener", GOOD).baseline is not None
    assert named.compared("other", GOOD).no_baseline == "file: it has no other for this platform"
    by_settings = choose(None, SETTINGS, {}, files())
    assert by_settings is not None
    assert (by_settings.sources, by_settings.file) == (("registry", "artifact", "file"), "d/b.json")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lost.json", "the baseline cannot be read: No such file"),
        ("bad.json", "this is not a report"),
    ],
)
def test_a_named_file_that_is_no_report_is_an_error(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        only_file(name, files(bad=b"{}"))


# -- check ----------------------------------------------------------------------------------------

GROWTH = BudgetRules(Limits(growth=GrowthLimit(percent=2.0), update=1000))


def statuses(*platforms: PlatformReport) -> list[tuple[str, str]]:
    return [(v.rule, v.status) for p in platforms for v in p.verdicts]


def test_check_judges_again_with_the_baseline_of_the_report() -> None:
    against = looked("file", base=BASE).compared("listener", GOOD)
    again = recheck(of(against), {"listener": GROWTH}, None).images[0].platforms[0]
    assert statuses(again) == [("update", "pass"), ("growth", "pass")]
    assert again.baseline == against.baseline


def test_check_compares_with_another_baseline_when_told() -> None:
    assert GOOD.slim is not None
    slim = replace(GOOD.slim, pull_bytes=2_900_000, digest=digest("9"), config_bytes=1001)
    heavier = replaced(GOOD, slim=slim)
    got = recheck(of(heavier), GROWTH, looked("file", base=BASE)).images[0].platforms[0]
    assert statuses(got) == [("update", "fail"), ("growth", "fail")]
    assert [v.message for v in got.verdicts] == [
        "update 1.001 kB is over 1 kB by 1 B (+0.1 %)",
        "growth +100 kB (+3.6 %) is over 2 %",
    ]


def test_check_without_a_baseline_is_unknown() -> None:
    got = recheck(of(GOOD), GROWTH, None)
    assert statuses(*got.images[0].platforms) == [("update", "unknown"), ("growth", "unknown")]
    assert (got.outcome, broken(got, frozenset({"budget"}))) == ("passed", False)
    assert broken(got, frozenset({"unknown"}))


def test_check_refuses_an_image_that_the_settings_do_not_know() -> None:
    with pytest.raises(UsageError, match="the image 'listener', but the settings file does not"):
        recheck(of(GOOD), {"other": RULES}, None)


def request(fail_on: str) -> RunRequest:
    return make(RunRequest, flags(fail_on=fail_on))


@pytest.mark.parametrize(
    ("text", "platforms", "fails"),
    [
        ("budget", (GOOD, SKIPPED), False),
        ("budget", sample().images[0].platforms, True),
        ("never", sample().images[0].platforms, False),
        ("skipped", (GOOD, SKIPPED), True),
        ("skipped", (GOOD,), False),
        ("unknown", (GOOD, SKIPPED), True),
        ("unknown", (GOOD,), False),
        ("budget, unknown", (GOOD, replaced(SKIPPED, verdicts=())), True),
    ],
)
def test_what_fails_is_a_choice(
    text: str, platforms: tuple[PlatformReport, ...], fails: bool
) -> None:
    assert broken(of(*platforms), request(text).fail_on) is fails


def test_a_word_that_nothing_fails_on_is_refused() -> None:
    with pytest.raises(UsageError, match="--fail-on: `fail` is not a value of `fail_on`") as caught:
        request("budget,fail")
    assert caught.value.hint == "known here: budget, warning, unknown, skipped, never"


# -- comment --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({}, opening.NOWHERE),
        (
            {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_EVENT_NAME": "push"},
            "no token was given",
        ),
        (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_EVENT_NAME": "push",
                "GITHUB_TOKEN": "t0ken",
            },
            "a push event has no pull request",
        ),
        (
            {"GITLAB_CI": "true", "CI_API_V4_URL": "https://h/api/v4", "CI_PROJECT_ID": "1"},
            "this pipeline is not for a merge request",
        ),
    ],
)
def test_no_comment_is_no_failure(environment: Mapping[str, str], reason: str) -> None:
    done = post_comment(sample(), "default", environment, files())
    assert isinstance(done, NotPublished)
    assert done.reason == reason


def test_the_branch_of_the_settings_goes_before_the_forges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Asked:
        def baseline(self, key: str = "default", branch: str = "") -> NotFound:
            return NotFound(f"asked for {branch!r}")

    monkeypatch.setattr(opening, "open_forge", lambda environment, read: Asked())
    for ref in ("stable", ""):
        places = Baselines(("artifact",), ref, "", {}, {}, files())
        assert places.compared("app", GOOD).no_baseline == f"artifact: asked for {ref!r}"


def test_gitlab_is_asked_for_the_branch_that_is_named() -> None:
    class Calls:
        asked = ""

        def start(self) -> None: ...

        def content(self, path: str, query: Mapping[str, str], limit: int) -> bytes:
            self.asked = path
            return b"{}"

    environment = {"GITLAB_CI": "true", "CI_API_V4_URL": "https://h/api/v4", "CI_PROJECT_ID": "1"}
    environment |= {"CI_DEFAULT_BRANCH": "main", "CI_JOB_NAME": "ci-slim"}
    calls = Calls()
    forge = GitLab(context.read(environment), None, cast(Any, calls), (), "")
    for branch, asked in (("", "main"), ("release/1", "release%2F1")):
        assert isinstance(forge.baseline(branch=branch), Found)
        assert f"/artifacts/{asked}/raw/" in calls.asked
