"""The listener of examples/ in pull requests, on three platforms: what the action was made for.

A run takes most of a minute, nearly all of it for reading the Go toolchain that the amd64 image
ships. So one run is looked at by several tests, and others go without that platform.
"""

import json
import re
import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import runner
from action_jobs import keeps_secrets, packed, report_of, under_act, variables
from github_api import OURS, READ_ONLY_TOKEN, SHA, TOKEN, Call, GitHubApi, started
from github_jobs import finished_run, pull_request

from ci_slim.report.markdown import marker

pytest_plugins = ["action_image"]

ROOT = Path(__file__).parents[2]
COMMENTS = "/repos/octo-org/octo-repo/issues/7/comments"
ONE_COMMENT = "/repos/octo-org/octo-repo/issues/comments"
SETTINGS = "examples/listener/.ci-slim.yml"
DOCKERFILE = "examples/listener/Dockerfile"
LAYER = re.compile(r"^\| `[0-9a-f]{12}` \|[^|]*\|[^|]*\|")
DIGEST = re.compile(r"\bsha256:[0-9a-f]{64}\b")
PLATFORMS = ["linux/arm/v6", "linux/arm64", "linux/amd64"]
GIVEN = {
    "config": SETTINGS, "slim": "true", "comment": "true", "push": "false", "fail_on": "budget",
    "key": "default", "output": "ci-slim", "token": TOKEN,
}  # fmt: skip


def checkout(work: Path) -> Path:
    """A job's folder in which the example is checked out where it is in this repository."""
    place = work / "workspace/examples/listener"
    shutil.copytree(ROOT / "examples/listener", place)
    return work


def break_budget(work: Path, platform: str) -> None:
    """The commit that makes one platform too large."""
    settings = work / "workspace" / SETTINGS
    text = settings.read_text()
    assert text.endswith("    budget:\n      pull: 4 MB\n      disk: 8 MB\n      layers: 8\n")
    settings.write_text(f"{text}      platforms: {{{platform}: {{pull: 1 MB}}}}\n")


def line_of_the_program() -> int:
    """The line that puts the program, the heaviest part of the slim image, into the image."""
    lines = (ROOT / DOCKERFILE).read_text().splitlines()
    return lines.index("COPY --from=build /out/listener /usr/local/bin/listener") + 1


def discussion(api: GitHubApi, comment: str = "") -> None:
    """120 remarks of others, and behind them the comment of an earlier run."""
    for number in range(120):
        api.comment(f"remark {number}")
    if comment:
        api.comment(comment, OURS)


def errors(log: str) -> list[str]:
    return [line for line in log.splitlines() if "::error" in line]


def rows_of(comment: str) -> list[str]:
    """The rows of the platforms."""
    return [line for line in comment.splitlines() if line.startswith("| ✅")]


def of_any_run(comment: str) -> list[str]:
    """The lines of a comment without what differs from run to run: its markers and its links,
    and what differs if the same image is built once more: digests, and bytes of its layers."""
    differs = ("<!-- ci-slim", "<sub>commit")
    lines = [line for line in comment.splitlines() if not line.startswith(differs)]
    return [DIGEST.sub("…", LAYER.sub("| layer |", line)) for line in lines]


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    yield from started(host=runner.bridge())


@dataclass(frozen=True)
class First:
    """The first run for the pull request, which nothing is wrong with."""

    ended: runner.Ended
    api: GitHubApi
    work: Path

    @property
    def comment(self) -> str:
        (body,) = self.api.bodies()
        return body


@pytest.fixture(scope="module")
def first(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    work = checkout(tmp_path_factory.mktemp("first"))
    for api in started(host=runner.bridge()):
        discussion(api)
        yield First(runner.step(image, work, pull_request(), variables(api), GIVEN), api, work)


def test_three_platforms_are_slimmed_verified_and_shown_behind_120_comments(first: First) -> None:
    ended, api = first.ended, first.api
    assert ended.code == 0, ended.log
    assert errors(ended.log) == []
    assert api.made("POST", "PATCH", "DELETE") == [f"POST {COMMENTS}"]
    pages = [call.query["page"] for call in api.calls if "page" in call.query]
    assert ["2"] in pages
    title, *rows = [line for line in first.comment.splitlines() if line.startswith(("#", "| ✅"))]
    assert "`listener` within budget;" in title
    assert [row.split("`")[1] for row in rows] == PLATFORMS
    assert "smaller to pull, verified with 2 probes." in first.comment
    assert ended.summary == first.comment
    assert keeps_secrets(ended)


def test_the_outputs_say_what_the_report_and_the_images_say(first: First) -> None:
    given = first.ended.outputs
    report = json.loads(report_of(first.work))
    assert (given["outcome"], report["outcome"]) == ("passed", "passed")
    assert given["report"] == "ci-slim/report.json"
    assert given["artifact"] == "ci-slim-report"
    assert given["comment_url"] == first.api.comments[-1]["html_url"]
    sizes = json.loads(given["sizes"])["listener"]
    assert list(sizes) == PLATFORMS
    for platform in report["images"][0]["platforms"]:
        told = sizes[platform["platform"]]
        assert told["outcome"] == "slimmed"
        for which in ("fat", "slim"):
            assert told[which] == {name: platform[which][name] for name in told[which]}
        assert told["slim"]["pull_bytes"] < told["fat"]["pull_bytes"] / 8
        layout = first.work / "workspace/ci-slim" / platform["artifacts"]["oci_layout"]
        (manifest,) = json.loads((layout / "index.json").read_bytes())["manifests"]
        assert told["slim"]["digest"] == manifest["digest"]


@pytest.fixture
def tag() -> Iterator[str]:
    """A name for slim images, which are gone afterwards."""
    name = f"ci-slim-contract/{uuid.uuid4().hex[:8]}"
    yield f"{name}:{{version}}"
    listed = subprocess.run(
        ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", name],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    if loaded := listed.stdout.split():  # none, when the test failed before
        subprocess.run(["docker", "rmi", *loaded], check=True, capture_output=True)


def test_a_broken_budget_updates_the_comment_and_fails_the_step_on_the_line_to_blame(
    image: str, api: GitHubApi, first: First, tag: str, tmp_path: Path
) -> None:
    discussion(api, first.comment)
    number = api.comments[-1]["id"]
    work = checkout(tmp_path)
    break_budget(work, "linux/arm64")
    given = {**GIVEN, "tag": tag, "image_version": "1.2"}
    ended = runner.step(image, work, pull_request(), variables(api), given)
    assert ended.code == 1, ended.log
    (error,) = errors(ended.log)
    assert error.startswith(
        f"::error title=ci-slim%3A pull over budget,file={DOCKERFILE},"
        f"line={line_of_the_program()}::listener on linux/arm64: pull 2."
    )
    assert api.made("POST", "PATCH", "DELETE") == [f"PATCH {ONE_COMMENT}/{number}"]
    (body,) = api.bodies()
    assert "over budget on " in body
    assert [line.split("`")[1] for line in body.splitlines() if line.startswith("| ❌")] == [
        "linux/arm64"
    ]
    assert ended.summary == body
    assert ended.outputs["outcome"] == "over-budget"
    assert ended.outputs["comment_url"] == api.comments[-1]["html_url"]
    images = json.loads(ended.outputs["images"])["listener"]
    assert {platform: platform_of(reference) for platform, reference in images.items()} == {
        platform: platform for platform in PLATFORMS
    }
    assert keeps_secrets(ended)


def platform_of(reference: str) -> str:
    """The platform of an image in the daemon, as its config says it."""
    form = "{{.Os}}/{{.Architecture}}{{with .Variant}}/{{.}}{{end}}"
    shown = subprocess.run(
        ["docker", "image", "inspect", "--format", form, reference],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return shown.stdout.strip()


def test_a_fork_s_report_is_kept_and_its_follow_up_posts_it_once(
    image: str, api: GitHubApi, tmp_path: Path
) -> None:
    discussion(api)
    work = checkout(tmp_path)
    event = pull_request(head="stranger/octo-repo")
    given = {**GIVEN, "token": READ_ONLY_TOKEN, "platforms": "linux/arm/v6, linux/arm64"}
    ended = runner.step(image, work, event, variables(api), given)
    assert ended.code == 0, ended.log
    assert "::notice title=ci-slim::no comment: the token may only read" in ended.log
    assert errors(ended.log) == []
    assert (ended.outputs["outcome"], ended.outputs["comment_url"]) == ("passed", "")
    assert (work / "workspace" / ended.outputs["report"]).read_bytes() == report_of(work)
    assert api.bodies() == []
    assert "within budget;" in ended.summary

    api.artifact(55, packed(report_of(work)), name=ended.outputs["artifact"])
    api.pull(7, "stranger", "topic", SHA)
    api.calls.clear()
    for _ in range(2):  # a run that is started once more finds its comment unchanged
        later = runner.step(
            image, tmp_path / "later", finished_run(),
            variables(api, GITHUB_EVENT_NAME="workflow_run"),
            {"token": TOKEN, "comment": "true", "key": "default"}, socket=False,
        )  # fmt: skip
        assert later.code == 0, later.log
        assert "comment_url" in later.outputs, later.log
        assert later.outputs["comment_url"] == api.comments[-1]["html_url"]
        assert later.outputs["outcome"] == "passed"
    (body,) = api.bodies()
    assert "reported by the fork's own run" in body
    assert rows_of(body) == rows_of(ended.summary) != []
    assert api.made("POST", "PATCH", "DELETE") == [f"POST {COMMENTS}"]
    assert keeps_secrets(ended)
    assert keeps_secrets(later)


def together(api: GitHubApi, jobs: int) -> None:
    """The jobs create their comments at the same moment: each has seen that there is none."""
    barrier = threading.Barrier(jobs)

    def meet(call: Call) -> None:
        if (call.method, call.path) == ("POST", COMMENTS):
            barrier.wait(timeout=300)

    api.on_call = meet


def test_jobs_at_once_have_a_comment_for_each_key_and_one_for_a_key_that_they_share(
    image: str, api: GitHubApi, tmp_path: Path
) -> None:
    discussion(api)
    jobs = {platform: checkout(tmp_path / platform) for platform in PLATFORMS[:2]}

    def matrix(platform: str) -> runner.Ended:
        given = {**GIVEN, "platforms": platform, "key": platform}
        return runner.step(image, jobs[platform], pull_request(), variables(api), given)

    def shared(platform: str) -> runner.Ended:
        given = {**GIVEN, "reports": "ci-slim/report.json", "key": "both"}
        return runner.step(
            image, jobs[platform], pull_request(), variables(api), given, socket=False
        )

    with ThreadPoolExecutor() as pool:
        apart = list(pool.map(matrix, jobs))
        assert [ended.code for ended in apart] == [0, 0], "\n".join(each.log for each in apart)
        assert api.made("POST", "PATCH", "DELETE") == [f"POST {COMMENTS}"] * 2
        for platform, ended in zip(jobs, apart, strict=True):
            (body,) = [body for body in api.bodies() if marker(platform) in body]
            assert body == ended.summary
            assert [name for name in PLATFORMS if f"✅ `{name}`" in body] == [platform]
        assert len({ended.outputs["artifact"] for ended in apart}) == 2
        assert len({ended.outputs["comment_url"] for ended in apart}) == 2

        # Builds end at different times, and nobody waits for an answer longer than 15 s: only jobs
        # that do nothing but show a report can be held until all are about to create it.
        api.calls.clear()
        together(api, len(jobs))
        one = list(pool.map(shared, jobs))
    assert [ended.code for ended in one] == [0, 0], "\n".join(each.log for each in one)
    assert api.made("POST") == [f"POST {COMMENTS}"] * 2, "both created one"
    (kept,) = [item for item in api.comments if marker("both") in item["body"]]
    assert kept["body"] in {ended.summary for ended in one}
    assert {ended.outputs["comment_url"] for ended in one} == {kept["html_url"]}
    assert len(api.bodies()) == 3
    assert all(keeps_secrets(ended) for ended in (*apart, *one))


WORKFLOW = f"""\
on: pull_request
jobs:
  image:
    runs-on: ubuntu-latest
    permissions: {{contents: read, pull-requests: write}}
    steps:
      - uses: actions/checkout@v4
      - id: first
        uses: ./.github/actions/ci-slim
        with: {{config: {SETTINGS}}}
      - id: again
        uses: ./.github/actions/ci-slim
        with: {{reports: ci-slim/report.json, output: joined}}
      - run: >-
          echo "said ${{{{ steps.first.outputs.outcome }}}}, ${{{{ steps.again.outcome }}}},
          ${{{{ steps.again.outputs.comment_url == steps.first.outputs.comment_url }}}}"
      - id: broken
        uses: ./.github/actions/ci-slim
        with: {{config: {SETTINGS}, platforms: linux/arm/v6, budget: "pull: 1 MB"}}
      - if: always()
        run: >-
          echo "said ${{{{ steps.broken.outcome }}}}, ${{{{ steps.broken.outputs.outcome }}}},
          ${{{{ steps.broken.outputs.comment_url == steps.first.outputs.comment_url }}}}"
"""


def test_under_act_it_is_created_left_alone_and_updated_and_the_job_fails(
    image: str, api: GitHubApi, first: First, tmp_path: Path
) -> None:
    discussion(api)
    created: list[str] = []
    api.after_create.append(lambda: created.extend(api.bodies()))
    done = under_act(checkout(tmp_path), image, api, WORKFLOW, pull_request())
    assert done.returncode == 1, done.stdout
    assert "said passed, success, true" in done.stdout
    assert "said failure, over-budget, true" in done.stdout
    (error,) = [line for line in errors(done.stdout) if DOCKERFILE in line]
    assert f"file={DOCKERFILE},line={line_of_the_program()}::listener on linux/arm/v6: " in error
    (body,) = created
    assert of_any_run(body) == of_any_run(first.comment)
    number = api.comments[-1]["id"]
    assert api.made("POST", "PATCH", "DELETE") == [
        f"POST {COMMENTS}",
        f"PATCH {ONE_COMMENT}/{number}",
    ]
    assert "over budget;" in api.bodies()[0]
    assert "debug: urllib3.connectionpool" in done.stdout, "debug logging is on"
    assert TOKEN not in done.stdout
