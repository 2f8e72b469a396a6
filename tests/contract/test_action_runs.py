"""The action as GitHub's runner starts it, and under act, from the event to what GitHub shows."""

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import runner
from action_jobs import keeps_secrets, packed, report_of, under_act, variables
from github_api import READ_ONLY, SHA, TOKEN, GitHubApi, started
from github_jobs import finished_run, pull_request

pytest_plugins = ["action_image"]

ROOT = Path(__file__).parents[2]
COMMENTS = "/repos/octo-org/octo-repo/issues/7/comments"
DOCKERFILE = """\
FROM debian:trixie-slim
# three megabytes that do not compress
RUN head -c 3000000 /dev/urandom > /srv/blob
CMD ["sh", "-c", "cat /srv/blob > /dev/null; sleep 60"]
"""
GIVEN = {
    "slim": "true", "comment": "true", "push": "false", "config": ".ci-slim.yml",
    "fail_on": "budget", "output": "ci-slim", "token": TOKEN,
    "ready": "none", "probes": "- exec: ls /srv",
}  # fmt: skip


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    yield from started(host=runner.bridge())


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A job's folder with one Dockerfile in the checkout, and no settings file."""
    folder = tmp_path / "workspace/app"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def test_a_pull_request_is_slimmed_and_shown_then_a_broken_budget_fails_it(
    image: str, api: GitHubApi, work: Path
) -> None:
    # Variables that sound secret and hold words of the report: it must stay one.
    given = {**GIVEN, "budget": "pull: 12 MB", "env": "AUTH_ENABLED=true\nDB_PASSWORD=digest"}
    first = runner.step(image, work, pull_request(), variables(api), given)
    assert first.code == 0, first.log
    assert first.outputs["outcome"] == "passed"
    assert first.outputs["report"] == "ci-slim/report.json"
    assert first.outputs["page"] == "ci-slim/report.html"
    assert first.outputs["pushed"] == "{}"
    assert first.outputs["artifact"] == "ci-slim-report-ci-image"
    assert json.loads(report_of(work))["outcome"] == "passed"
    (sizes,) = json.loads(first.outputs["sizes"])["octo-repo"].values()
    assert sizes["outcome"] == "slimmed"
    assert sizes["slim"]["pull_bytes"] < sizes["fat"]["pull_bytes"] / 4
    assert "within budget;" in first.summary
    assert api.made("POST", "PATCH") == [f"POST {COMMENTS}"]
    owner = (work / "workspace").stat().st_uid
    assert (work / "workspace/ci-slim/report.json").stat().st_uid == owner

    given["budget"] = "{pull: 1 MB, disk: 100 MB}"
    second = runner.step(image, work, pull_request(), variables(api), given)
    assert second.code == 1, second.log
    assert second.outputs["outcome"] == "over-budget"
    assert second.outputs["comment_url"] == first.outputs["comment_url"]
    (error,) = [line for line in second.log.splitlines() if line.startswith("::error")]
    assert error.startswith(
        "::error title=ci-slim%3A pull over budget,file=app/Dockerfile,line=3::octo-repo on linux/"
    )
    assert api.made("PATCH")
    assert len(api.bodies()) == 1
    assert "over budget;" in api.bodies()[0]
    assert keeps_secrets(first)
    assert keeps_secrets(second)


def test_a_step_that_ends_early_takes_the_place_of_what_was_said_before(
    image: str, api: GitHubApi, work: Path
) -> None:
    first = runner.step(image, work, pull_request(), variables(api), GIVEN)
    assert first.code == 0, first.log
    (work / "workspace/.ci-slim.yml").write_text("version: 1\nimages:\n  app:\n    bild: {}\n")
    second = runner.step(image, work, pull_request(), variables(api), GIVEN)
    assert (second.code, second.outputs["outcome"]) == (2, "failed")
    (body,) = api.bodies()
    assert "nothing was measured" in body
    assert "unknown key" in body
    assert "nothing was measured" in second.summary
    assert second.outputs["comment_url"] == first.outputs["comment_url"]
    (error,) = [line for line in second.log.splitlines() if line.startswith("::error")]
    assert "file=.ci-slim.yml,line=4::" in error
    assert json.loads(report_of(work))["problems"][0]["where"] == ".ci-slim.yml:4:5"
    assert keeps_secrets(second)


def test_a_fork_ends_well_with_its_report_and_the_follow_up_posts_it(
    image: str, api: GitHubApi, work: Path
) -> None:
    api.fail("POST", COMMENTS, status=403, body=READ_ONLY, times=9)
    event = pull_request(head="stranger/octo-repo")
    ended = runner.step(image, work, event, variables(api), {**GIVEN, "slim": "false"})
    assert ended.code == 0, ended.log
    assert "::notice title=ci-slim::no comment: the token may only read" in ended.log
    assert (ended.outputs["comment_url"], api.bodies()) == ("", [])
    assert keeps_secrets(ended)

    api.faults.clear()
    api.artifact(55, packed(report_of(work)))
    api.pull(7, "stranger", "topic", SHA)
    given = {"token": TOKEN, "comment": "true"}
    later = runner.step(
        image, work, finished_run(), variables(api, GITHUB_EVENT_NAME="workflow_run"), given,
        socket=False,
    )  # fmt: skip
    assert later.code == 0, later.log
    assert len(api.bodies()) == 1
    assert "reported by the fork's own run" in api.bodies()[0]
    assert "actions/runs/55>" in api.bodies()[0]
    assert later.outputs["comment_url"].endswith(f"#issuecomment-{api.comments[0]['id']}")
    assert keeps_secrets(later)


RULES = """\
version: 1
protect: true
approval: {label: size-approved}
images: {app: {build: {context: app}, budget: {pull: 1 MB}}}
"""


def test_a_change_that_edits_its_workflow_does_not_get_past_the_required_one(
    image: str, api: GitHubApi, work: Path
) -> None:
    api.files["main", ".ci-slim.yml"] = RULES.encode()
    (work / "workspace/.ci-slim.yml").write_text(RULES.replace("1 MB", "900 MB"))
    (work / "workspace/free.yml").write_text(RULES.replace("1 MB", "900 MB"))
    given = {"slim": "false", "comment": "true", "push": "false", "token": TOKEN}

    edited = {**given, "config": "free.yml", "fail_on": "never", "comment": "false"}
    own = runner.step(image, work, pull_request(), variables(api), edited)
    assert own.code == 0, own.log

    required = runner.step(image, work, pull_request(), variables(api), given)
    assert (required.code, required.outputs["outcome"]) == (1, "over-budget"), required.log
    (body,) = api.bodies()
    said = "This change loosens the rules of main, and is not approved"
    assert said in body
    assert said in required.summary
    verdicts = json.loads(report_of(work))["images"][0]["platforms"][0]["verdicts"]
    assert [verdict["limit"] for verdict in verdicts] == [1_000_000]

    api.labels = ["size-approved"]
    approved = runner.step(image, work, pull_request(), variables(api), given)
    assert (approved.code, approved.outputs["outcome"]) == (0, "passed"), approved.log
    assert "approved by the label size-approved" in api.bodies()[0]


def test_a_run_that_follows_a_push_builds_as_any_other(
    image: str, api: GitHubApi, work: Path
) -> None:
    event = finished_run(owner="octo-org", branch="main", event="push")
    given = {"slim": "false", "token": TOKEN, "comment": "true", "push": "false"}
    built = runner.step(image, work, event, variables(api, GITHUB_EVENT_NAME="workflow_run"), given)
    # The checkout here has no commit that is known, as a stranger's would be.
    assert built.code == 2, built.log
    assert "would build code of the run 55 that it follows" in built.log
    git = work / "workspace/.git"
    git.mkdir()
    (git / "HEAD").write_text(SHA)
    built = runner.step(image, work, event, variables(api, GITHUB_EVENT_NAME="workflow_run"), given)
    assert (built.code, built.outputs["outcome"]) == (0, "passed"), built.log
    assert api.bodies() == []


def test_a_forged_report_is_not_posted(image: str, api: GitHubApi, work: Path) -> None:
    api.artifact(55, packed('{"schema": "ci-slim/report/v1", "images": "<script>"}'))
    api.pull(7, "stranger", "topic", SHA)
    ended = runner.step(
        image, work, finished_run(), variables(api, GITHUB_EVENT_NAME="workflow_run"),
        {"token": TOKEN}, socket=False,
    )  # fmt: skip
    assert ended.code == 2, ended.log
    assert api.bodies() == []
    assert keeps_secrets(ended)


def test_pull_request_target_does_not_build_a_strangers_code(
    image: str, api: GitHubApi, work: Path
) -> None:
    git = work / "workspace/.git"
    git.mkdir()
    (git / "HEAD").write_text(f"{SHA}\n")
    event = pull_request(head="stranger/octo-repo")
    changed = {"GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_SHA": "0" * 40}
    ended = runner.step(image, work, event, variables(api, **changed), GIVEN)
    assert ended.code == 2
    assert "would build code of the fork stranger/octo-repo" in ended.log
    assert "build …" not in ended.log
    assert ended.outputs["outcome"] == "failed"
    (body,) = api.bodies()
    assert "would build code of the fork" in body
    assert keeps_secrets(ended)

    # The base branch's own checkout, and the stranger's in a folder below it.
    (git / "HEAD").write_text("0" * 40)
    stranger = work / "workspace/pr/.git"
    stranger.mkdir(parents=True)
    (stranger / "HEAD").write_text(f"{SHA}\n")
    given = {**GIVEN, "dockerfile": "app/Dockerfile"}
    below = runner.step(image, work, event, variables(api, **changed), given)
    assert below.code == 2
    assert f"checkout at {SHA}" in below.log


@pytest.mark.parametrize("name", ["INPUT_TOKEN", "GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN"])
def test_settings_of_a_fork_cannot_name_a_token(
    image: str, api: GitHubApi, work: Path, name: str
) -> None:
    text = f"version: 1\nimages:\n  a:\n    build: {{args: {{X: '${{{name}}}'}}}}\n"
    (work / "workspace/.ci-slim.yml").write_text(text)
    event = pull_request(head="stranger/octo-repo")
    ended = runner.step(image, work, event, variables(api, GITHUB_TOKEN=TOKEN), GIVEN)
    assert ended.code == 2, ended.log
    assert "::error title=ci-slim,file=.ci-slim.yml,line=4::" in ended.log
    assert f"`{name}` is not set" in ended.log
    assert keeps_secrets(ended)


MODULES = ("ci_slim/__init__.py", "json.py", "click.py", "sitecustomize.py", "docker/__init__.py")


@pytest.mark.parametrize("variables_of_the_job", [{}, {"PYTHONPATH": ".", "PYTHONSTARTUP": "x.py"}])
def test_no_code_of_the_checkout_is_imported(
    image: str, api: GitHubApi, work: Path, variables_of_the_job: dict[str, str]
) -> None:
    for module in MODULES:
        path = work / "workspace" / module
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"print('the checkout runs', {module!r})\n")
    given = {**GIVEN, "config": "none.yml"}
    environment = variables(api, **variables_of_the_job)
    ended = runner.step(image, work, pull_request(), environment, given)
    assert "the checkout runs" not in ended.log
    assert ended.code == 2, ended.log
    assert "none.yml" in ended.log


def test_files_that_settings_of_a_fork_name_hold_no_token(
    image: str, api: GitHubApi, work: Path
) -> None:
    """What a process was started with stays readable in /proc, whatever it removed since."""
    never_cached = uuid.uuid4().hex
    dockerfile = (
        "FROM debian:trixie-slim\n"
        f"RUN --mount=type=secret,id=x : {never_cached}; "
        "tr '\\0' '\\n' < /run/secrets/x | sed 's/./&_/g'\n"
        'CMD ["sleep", "60"]\n'
    )
    (work / "workspace/Dockerfile").write_text(dockerfile)
    secrets = "secrets: ['id=x,src=/proc/1/environ']"
    text = f"version: 1\nimages:\n  a:\n    build: {{{secrets}}}\n    slim: {{enabled: false}}\n"
    (work / "workspace/.ci-slim.yml").write_text(text)
    event = pull_request(head="stranger/octo-repo")
    given = {name: GIVEN[name] for name in GIVEN if name not in ("ready", "probes")}
    ended = runner.step(image, work, event, variables(api, GITHUB_TOKEN=TOKEN), given)
    assert ended.code == 0, ended.log
    seen = ended.log.replace("_", "")
    assert "GITHUBWORKSPACE=/github/workspace" in seen
    for secret in (TOKEN, *runner.RUNNER_TOKENS.values()):
        assert secret.replace("_", "") not in seen


def test_a_runner_without_docker_is_told_so(image: str, api: GitHubApi, work: Path) -> None:
    ended = runner.step(image, work, pull_request(), variables(api), GIVEN, socket=False)
    assert ended.code == 4
    assert "there is no Docker here: /var/run/docker.sock is not mounted" in ended.log
    assert ended.outputs["outcome"] == "failed"


def test_a_step_that_ends_early_leaves_nothing_that_the_next_checkout_cannot_remove(
    image: str, api: GitHubApi, work: Path
) -> None:
    owner = 4321
    os.chown(work / "workspace", owner, owner)
    given = {**GIVEN, "baseline": "none.json"}
    ended = runner.step(image, work, pull_request(), variables(api), given)
    assert ended.code == 2
    assert "none.json: the baseline cannot be read" in ended.log
    assert ended.outputs["outcome"] == "failed"
    for path in (work / "workspace/ci-slim", work / "workspace/ci-slim/report.json"):
        assert path.stat().st_uid == owner


def test_a_file_where_the_output_belongs_is_said(image: str, api: GitHubApi, work: Path) -> None:
    (work / "workspace/ci-slim").write_text("a program of that name")
    ended = runner.step(image, work, pull_request(), variables(api), GIVEN)
    assert ended.code == 2
    assert "ci-slim: cannot write" in ended.log
    assert "this is a bug" not in ended.log


def test_reports_of_a_matrix_are_shown_as_one(image: str, api: GitHubApi, work: Path) -> None:
    for name in ("a", "b"):
        report = (ROOT / "tests/contract/report.json").read_text()
        place = work / f"workspace/reports/{name}"
        place.mkdir(parents=True)
        (place / "report.json").write_text(
            report.replace('"name": "listener"', f'"name": "{name}"')
        )
    given = {"token": TOKEN, "comment": "true", "reports": "reports/*/report.json", "key": "all"}
    ended = runner.step(image, work, pull_request(), variables(api), given, socket=False)
    assert ended.code == 0, ended.log
    assert set(json.loads(ended.outputs["sizes"])) == {"a", "b"}
    assert ended.outputs["artifact"] == "ci-slim-report-all"
    assert len(api.bodies()) == 1


def test_a_job_of_a_matrix_that_left_no_report_is_missed(
    image: str, api: GitHubApi, work: Path
) -> None:
    (work / "workspace/.ci-slim.yml").write_text("version: 1\nimages:\n  app:\n    bild: {}\n")
    part = {**GIVEN, "part": "2/3", "output": "reports/2"}
    first = runner.step(image, work, pull_request(), variables(api), part)
    assert first.code == 2, first.log
    made = json.loads((work / "workspace/reports/2/report.json").read_text())
    assert made["part"] == {"job": "image", "number": 3, "total": 3}
    given = {"token": TOKEN, "comment": "true", "reports": "reports/*/report.json", "key": "all"}
    ended = runner.step(image, work, pull_request(), variables(api), given, socket=False)
    assert ended.outputs["outcome"] == "failed"
    for number in (1, 2):
        assert f"job {number} of 3 left no report" in ended.summary


WORKFLOW = """\
on: pull_request
jobs:
  image:
    runs-on: ubuntu-latest
    permissions: {contents: read, pull-requests: write}
    steps:
      - uses: actions/checkout@v4
      - id: slim
        uses: ./.github/actions/ci-slim
        with:
          ready: none
          probes: "- exec: ls /srv"
          budget: "pull: 1 MB"
          part: 0/2 # which act does not tell
      - if: always()
        run: tr -d ' \\n' <ci-slim/report.json | grep -o '"part":.*'
      - if: always()
        run: echo "it says ${{ steps.slim.outputs.outcome }} in ${{ steps.slim.outputs.report }}"
"""


def test_under_act_a_workflow_goes_from_the_event_to_its_outputs(
    image: str, api: GitHubApi, work: Path
) -> None:
    done = under_act(work, image, api, WORKFLOW, pull_request())
    assert done.returncode == 1, done.stdout
    assert "it says over-budget in ci-slim/report.json" in done.stdout
    assert '"part":{"job":"image","number":1,"total":2}' in done.stdout
    assert "file=app/Dockerfile,line=3::octo-repo on linux/" in done.stdout
    assert api.made("POST") == [f"POST {COMMENTS}"]
    assert TOKEN not in done.stdout
