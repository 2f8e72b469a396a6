"""Runs the component as a GitLab runner does: the job in ci-slim's image, the daemon in a
service."""

import base64
import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gitlab_api
import gitlab_runner
import pytest
import riscv
from certificates import SERVER, Authority
from daemons import Store
from gitlab_api import FORK, IID, JOB_TOKEN, TOKEN, GitLabApi
from gitlab_runner import ADDRESS, Ended, Runner
from recipes import LISTENER
from registries import PASSWORD, USER, Served, served

from ci_slim.forges.gitlab import reports

TEMPLATES = Path(__file__).parents[2] / "gitlab/templates"
PIPELINE = """\
include:
  - local: templates/ci-slim.yml
    inputs:
"""
PLATFORMS = ["linux/arm/v6", "linux/arm64", "linux/amd64"]
SMALL = """\
FROM scratch
ARG TARGETARCH
COPY ballast /ballast
COPY $TARGETARCH /listener
ENV MY_NODE_NAME=n MONGO_CONN=mongodb://mongo:80
EXPOSE 5000
ENTRYPOINT ["/listener"]
"""
ON_DEBIAN = SMALL.replace("FROM scratch", "FROM debian:trixie-slim")
"""The ballast is the user's own: kept unless the settings are tight. What Debian brings is not."""
SMALL_SETTINGS = """\
version: 1
images:
  listener:
    build: {context: .}
    probes: [http: /]
    slim: {safety: tight}
"""
AUTH = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@pytest.fixture(scope="module")
def runner(overlay2: Store) -> Iterator[Runner]:
    with gitlab_runner.started(overlay2) as ready:
        yield ready


@pytest.fixture(scope="module")
def authority() -> Authority:
    """The company's own: of its GitLab and of its registry."""
    return Authority()


@pytest.fixture
def api(runner: Runner, authority: Authority, tmp_path: Path) -> Iterator[GitLabApi]:
    """A GitLab below a path of its host, with a certificate of the company's."""
    for name, content in zip(("cert", "key"), authority.signed(SERVER, [ADDRESS]), strict=True):
        (tmp_path / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    for server in gitlab_api.started(host=ADDRESS, below="/gitlab"):
        server.wrap(context)
        yield server


@pytest.fixture
def storage(overlay2: Store) -> Iterator[str]:
    """A volume that is gone after the test."""
    yield f"{gitlab_runner.NETWORK}-storage"
    overlay2.docker("volume", "rm", "--force", f"{gitlab_runner.NETWORK}-storage")


def repository(folder: Path, files: Mapping[str, str], **inputs: Any) -> Path:
    """A project that includes the component, beside what lies in the folder already."""
    shutil.copytree(TEMPLATES, folder / "templates")
    given = {"image": gitlab_runner.JOB, "docker_image": gitlab_runner.SERVICE} | inputs
    lines = [f"      {name}: {json.dumps(value)}\n" for name, value in given.items()]
    for name, text in {".gitlab-ci.yml": PIPELINE + "".join(lines), **files}.items():
        (folder / name).write_text(text)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    for words in (
        ["init", "-q", "-b", "topic"],
        ["add", "."],
        ["commit", "-q", "-m", "a project"],
        ["remote", "add", "origin", "git@gitlab.example:group/project.git"],
    ):
        subprocess.run([*git, *words], check=True)
    return folder


def small(
    overlay2: Store,
    folder: Path,
    architectures: tuple[str, ...],
    *,
    settings: bool = True,
    dockerfile: str = SMALL,
    **inputs: Any,
) -> Path:
    """The listener alone, built already, with something that it never reads."""
    folder.mkdir()
    for name in architectures:
        to = folder.parent / f"built-{name}"
        overlay2.docker(
            *("buildx", "build", f"--platform=linux/{name}", f"--output=type=local,dest={to}"),
            *(f"--file={LISTENER / 'Dockerfile.scratch'}", str(LISTENER)),
        )
        shutil.copy2(to / "usr/local/bin/listener", folder / name)
    (folder / "ballast").write_bytes(bytes(range(256)) * 12_000)
    files = {"Dockerfile": dockerfile} | ({".ci-slim.yml": SMALL_SETTINGS} if settings else {})
    platforms = [f"linux/{name}" for name in architectures]
    return repository(folder, files, platforms=platforms, **inputs)


def job(
    runner: Runner,
    project: Path,
    api: GitLabApi,
    authority: Authority,
    registries: tuple[Served, ...] = (),
    storage: str = "",
    **changed: str,
) -> Ended:
    """The job of the merge request's pipeline; nobody learns a secret from it."""
    variables = gitlab_api.environment(
        api, CI_PIPELINE_SOURCE="merge_request_event", CI_SLIM_TOKEN=TOKEN, **changed
    )
    done = runner.run(
        project,
        variables,
        files={"CI_SERVER_TLS_CA_FILE": authority.pem},
        ca_bundle={each.host: authority.pem for each in registries},
        storage=storage,
    )
    print(done.log)
    written = [path.read_bytes() for path in done.left.glob("*.*") if path.is_file()]
    told = b"".join((*written, done.log.encode(), *(note.encode() for note in api.bodies())))
    for secret in (TOKEN, JOB_TOKEN, PASSWORD, AUTH):
        assert secret.encode() not in told
    return done


def platforms(done: Ended) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.text("report.json"))["images"][0]["platforms"]
    return found


def notes(project: int) -> str:
    return f"/gitlab/api/v4/projects/{project}/merge_requests/{IID}/notes"


@pytest.mark.timeout(1200)
def test_a_merge_request_gets_its_images_one_note_that_follows_it_and_a_push(
    runner: Runner, api: GitLabApi, authority: Authority, storage: str, tmp_path: Path
) -> None:
    for number in range(150):
        api.note(f"remark {number}")
    shutil.copytree(LISTENER, tmp_path / "project")
    settings = (LISTENER / ".ci-slim.yml").read_text()
    with served(tmp_path / "registry", closed=True, address=ADDRESS, authority=authority) as held:
        tag = f"{held.host}/group/project/listener"
        settings = settings.replace("  listener:\n", f"  listener:\n    tag: {tag}:{{version}}\n")
        project = repository(
            tmp_path / "project",
            {".ci-slim.yml": settings},
            platforms=PLATFORMS,
            push="always",
            image_version="1.2",
        )
        login = {
            "CI_REGISTRY": held.host,
            "CI_REGISTRY_USER": USER,
            "CI_REGISTRY_PASSWORD": PASSWORD,
        }
        first = job(runner, project, api, authority, (held,), storage, **login)
        assert first.code == 0, first.log
        slimmed = platforms(first)
        assert [(p["platform"], p["emulated"], p["outcome"], p["verified"]) for p in slimmed] == [
            ("linux/arm/v6", True, "slimmed", True),
            ("linux/arm64", True, "slimmed", True),
            ("linux/amd64", False, "slimmed", True),
        ]
        (note,) = api.bodies()
        assert "within budget;" in note
        assert json.loads(first.text("codequality.json")) == []
        pushed = held.index("group/project/listener", "1.2")["manifests"]
        assert {each["digest"] for each in pushed} == {p["slim"]["digest"] for p in slimmed}

        # The target branch has this report now; then a commit breaks the budget.
        api.keep(first.text("report.json").encode())
        broken = settings.replace("pull: 4 MB", "pull: 1 MB").replace("{version}", "broken")
        (project / ".ci-slim.yml").write_text(broken)
        second = job(runner, project, api, authority, (held,), storage, **login)
        assert second.code == 1, second.log
        assert held.tags("group/project/listener") == ["1.2"]
    (note,) = api.bodies()
    assert "over budget on all 3 platforms" in note
    assert api.made("POST") == [f"POST {notes(gitlab_api.PROJECT)}"]
    lines = (LISTENER / "Dockerfile").read_text().splitlines()
    heaviest = "COPY --from=build /out/listener /usr/local/bin/listener"
    line = lines.index(heaviest, lines.index("FROM fat-${TARGETARCH}")) + 1
    assert [issue["location"] for issue in json.loads(second.text("codequality.json"))] == 3 * [
        {"path": "Dockerfile", "lines": {"begin": line}}
    ]
    assert [p["baseline"]["pull_bytes"] for p in platforms(second)] == [
        p["slim"]["pull_bytes"] for p in slimmed
    ]
    assert second.text("outputs.env").startswith("CI_SLIM_OUTCOME=over-budget\n")


def test_without_settings_tls_and_token_the_job_slims_and_says_how_to_get_a_note(
    overlay2: Store, runner: Runner, api: GitLabApi, authority: Authority, tmp_path: Path
) -> None:
    without = {"docker": "plain", "token_variable": "NO_TOKEN_HERE", "artifacts": "reports"}
    project = small(
        overlay2, tmp_path / "project", ("amd64",), settings=False, dockerfile=ON_DEBIAN, **without
    )
    done = job(runner, project, api, authority)
    assert done.code == 0, done.log
    assert [(p["outcome"], p["verified"]) for p in platforms(done)] == [("slimmed", True)]
    assert "no .ci-slim.yml here: building Dockerfile" in done.log
    kept = {path.name for path in done.left.rglob("*") if path.is_file()}
    assert {"report.json", "comment.md", "index.json", *reports.FILES} <= kept
    assert not [path for path in done.left.rglob("*") if "blobs" in path.parts and path.is_file()]
    assert "the job's own token cannot write notes" in done.log
    assert "NO_TOKEN_HERE" in done.log
    assert api.bodies() == []


@pytest.mark.timeout(900)
def test_a_change_that_grows_the_image_is_said_with_the_file_and_the_line_that_made_it(
    overlay2: Store,
    runner: Runner,
    api: GitLabApi,
    authority: Authority,
    storage: str,
    tmp_path: Path,
) -> None:
    dockerfile = SMALL.replace("$TARGETARCH", "amd64")
    project = small(overlay2, tmp_path / "project", ("amd64",), dockerfile=dockerfile)
    first = job(runner, project, api, authority, storage=storage)
    assert first.code == 0, first.log
    (note,) = api.bodies()
    assert "No baseline yet" in note
    api.keep(first.text("report.json").encode())
    with (project / "amd64").open("ab") as program:  # a linker would put a larger table there
        program.write(os.urandom(500_000))
    second = job(runner, project, api, authority, storage=storage)
    assert second.code == 0, second.log
    (note,) = api.bodies()
    line = dockerfile.splitlines().index("COPY amd64 /listener") + 1
    assert "pull +500." in note.splitlines()[1], note
    assert "What grew" in note
    assert "/listener" in note
    assert f"Dockerfile:{line}" in note


@pytest.mark.trial
def test_a_fork_s_job_registers_emulators_and_notes_in_the_project_of_the_merge_request(
    overlay2: Store, runner: Runner, api: GitLabApi, authority: Authority, tmp_path: Path
) -> None:
    with (
        served(tmp_path / "registry", address=ADDRESS, authority=authority) as held,
        riscv.emulators(tmp_path / "binfmt", f"{gitlab_runner.NETWORK}/binfmt:1") as built,
        riscv.unregistered() as handler,
    ):
        image = f"{held.host}/group/binfmt:1"
        held.copy(f"docker-daemon:{built}", "group/binfmt:1")
        project = small(overlay2, tmp_path / "project", ("amd64", "riscv64"), emulators=image)
        fork = {"CI_PROJECT_ID": str(FORK), "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(FORK)}
        done = job(runner, project, api, authority, (held,), **fork)
        assert handler.exists(), "nothing was registered"
    assert done.code == 0, done.log
    assert f"registering QEMU handlers for riscv64 on the daemon's machine with {image}" in done.log
    assert [(p["platform"], p["emulated"], p["verified"]) for p in platforms(done)] == [
        ("linux/amd64", False, True),
        ("linux/riscv64", True, True),
    ]
    assert api.made("POST") == [f"POST {notes(gitlab_api.PROJECT)}"]
