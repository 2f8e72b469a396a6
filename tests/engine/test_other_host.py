"""A daemon on another host, over TLS: what GitLab's docker-in-docker service is to a job."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import PROJECT, ci_slim
from daemons import Store
from gitlab_api import JOB_TOKEN, TOKEN, GitLabApi, environment, started
from other_host import OtherHost, other_host

LOCAL = PROJECT / "build/gitlab-ci-local/node_modules/.bin/gitlab-ci-local"
DOCKERFILE = """\
# The listener of examples/, with something that it never reads.
FROM scratch
ARG TARGETARCH
COPY ballast /ballast
COPY $TARGETARCH/listener /listener
EXPOSE 5000
ENTRYPOINT ["/listener"]
"""
SETTINGS = """\
version: 1
images:
  listener:
    build: {context: app}
    run: {env: {MY_NODE_NAME: test_node, MONGO_CONN: "mongodb://mongo:80"}}
    probes:
      - http: POST /poc/api/v1.0/post
        headers: {Content-Type: application/json}
        body: '{"key1": "value1"}'
        expect: {status: 200}
    budget: {pull: LIMIT}
"""
PIPELINE = """\
include:
  - local: templates/ci-slim.yml
    inputs:
      platforms: [linux/arm/v6, linux/arm64, linux/amd64]
      rules: always
      emulators: ""

# The other host is the service here.
ci-slim: {services: []}
"""


@pytest.fixture(scope="module")
def host() -> Iterator[OtherHost]:
    with other_host() as started_host:
        yield started_host


@pytest.fixture(scope="module")
def app(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context: the listener for every architecture."""
    folder = tmp_path_factory.mktemp("app")
    for name in ("amd64", "arm64", "arm"):
        (folder / name).mkdir()
        shutil.copy2(programs / name / "listener", folder / name / "listener")
    (folder / "ballast").write_bytes(bytes(range(256)) * 12_000)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return folder


def slim_there(store: Store, app: Path, folder: Path) -> None:
    """`ci-slim slim` of the listener, with the certificates of some company's servers trusted."""
    store.docker(
        *("buildx", "build", "--load", "--provenance=false", "--tag", "engine-tests/app", str(app))
    )
    done = ci_slim(
        store,
        [
            *("slim", "engine-tests/app", "--env=MY_NODE_NAME=n"),
            *("--env=MONGO_CONN=mongodb://mongo:80", "--http-probe=GET /"),
            *("--tag=engine-tests/app:slim", f"--output={folder / 'out'}"),
        ],
        folder,
        environment={"REQUESTS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"},
    )
    assert done.code == 0, done.stderr
    (platform,) = done.platforms
    assert (platform["outcome"], platform["verified"]) == ("slimmed", True)
    assert (folder / "out" / platform["artifacts"]["oci_layout"] / "index.json").is_file()
    assert store.text("run", "--rm", "engine-tests/app:slim", "--version")


def test_an_image_is_slimmed_on_another_host_without_tls(app: Path, tmp_path: Path) -> None:
    with other_host(tls=False) as plain:
        assert plain.store.environment == {"DOCKER_HOST": "tcp://172.31.250.2:2375"}
        slim_there(plain.store, app, tmp_path)


def test_an_image_is_slimmed_on_another_host_over_tls(
    host: OtherHost, app: Path, tmp_path: Path
) -> None:
    slim_there(host.store, app, tmp_path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": ""}, "no Docker daemon answers"),
        ({"DOCKER_CERT_PATH": "/nowhere"}, "no Docker daemon answers"),
    ],
)
def test_without_the_certificates_no_daemon_answers(
    host: OtherHost, tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    store = Store("no certificates", {**host.store.environment, **changed})
    done = ci_slim(store, ["slim", "engine-tests/app"], tmp_path)
    assert done.code == 4, done.stderr
    assert message in done.stderr


# -- the component ---------------------------------------------------------------------------------


@pytest.fixture
def api() -> Iterator[GitLabApi]:
    yield from started()


@pytest.fixture
def project(app: Path, tmp_path: Path) -> Path:
    """A repository that includes the component."""
    subprocess.run([PROJECT / "tests/contract/gitlab_ci_local.sh"], check=True, timeout=300)
    folder = tmp_path / "project"
    shutil.copytree(app, folder / "app")
    shutil.copytree(PROJECT / "gitlab/templates", folder / "templates")
    (folder / ".gitlab-ci.yml").write_text(PIPELINE)
    (folder / ".ci-slim.yml").write_text(SETTINGS.replace("LIMIT", "9 MB"))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "templates", ".gitlab-ci.yml", ".ci-slim.yml"],
        ["commit", "-q", "-m", "a project"],
        ["remote", "add", "origin", "git@gitlab.example:group/project.git"],
    ):
        subprocess.run([*git, *words], check=True)
    return folder


def pipeline(
    project: Path, host: OtherHost, api: GitLabApi, **changed: str
) -> "subprocess.CompletedProcess[str]":
    """The merge request's pipeline, with the daemon of the other host as its service."""
    variables = environment(api, CI_SLIM_TOKEN=TOKEN, **changed) | dict(host.store.environment)
    given = [word for key, value in variables.items() for word in ("--variable", f"{key}={value}")]
    done = subprocess.run(
        [LOCAL, "--home", "home", "--force-shell-executor", *given, "ci-slim"],
        env={
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(project),
        },
        cwd=project,
        capture_output=True,
        text=True,
        timeout=400,
    )
    for secret in (TOKEN, JOB_TOKEN):
        assert secret not in done.stdout + done.stderr
    return done


def test_a_merge_request_gets_its_images_and_one_note_that_follows_it(
    host: OtherHost, api: GitLabApi, project: Path
) -> None:
    for number in range(150):
        api.note(f"remark {number}")
    first = pipeline(project, host, api)
    assert first.returncode == 0, first.stdout + first.stderr
    report = (project / "ci-slim/report.json").read_bytes()
    platforms = json.loads(report)["images"][0]["platforms"]
    assert [(p["platform"], p["outcome"], p["verified"]) for p in platforms] == [
        (name, "slimmed", True) for name in ("linux/arm/v6", "linux/arm64", "linux/amd64")
    ]
    (note,) = api.bodies()
    assert "within budget on all 3 platforms" in note
    assert json.loads((project / "ci-slim/codequality.json").read_bytes()) == []

    # The target branch has this report now; then a commit breaks the budget.
    api.keep(report)
    (project / ".ci-slim.yml").write_text(SETTINGS.replace("LIMIT", "1 MB"))
    second = pipeline(project, host, api)
    assert second.returncode == 1, second.stdout + second.stderr
    (note,) = api.bodies()
    assert "over budget on all 3 platforms" in note
    assert len(api.made("POST")) == 1
    issues = json.loads((project / "ci-slim/codequality.json").read_bytes())
    assert [issue["location"] for issue in issues] == 3 * [
        {"path": "app/Dockerfile", "lines": {"begin": 2}}
    ]
    after = json.loads((project / "ci-slim/report.json").read_bytes())["images"][0]["platforms"]
    assert [p["baseline"]["pull_bytes"] for p in after] == [
        p["slim"]["pull_bytes"] for p in platforms
    ]
    variables = (project / "ci-slim/outputs.env").read_text()
    assert variables.startswith("CI_SLIM_OUTCOME=over-budget\nCI_SLIM_LEFT_OUT=0\n")


def test_without_a_token_the_job_judges_and_says_how_to_get_a_note(
    host: OtherHost, api: GitLabApi, project: Path
) -> None:
    (project / ".gitlab-ci.yml").write_text(re.sub(r"\[linux.*\]", "[linux/amd64]", PIPELINE))
    done = pipeline(project, host, api, CI_SLIM_NOTE_VARIABLE="NO_TOKEN_HERE")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the job's own token cannot write notes" in done.stdout + done.stderr
    assert "NO_TOKEN_HERE" in done.stdout + done.stderr
    assert api.bodies() == []
    assert (project / "ci-slim/report.json").is_file()
