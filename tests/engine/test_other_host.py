"""A daemon on another host, over TLS: what GitLab's docker-in-docker service is to a job."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import ci_slim
from daemons import Store
from other_host import other_host

DOCKERFILE = """\
# The listener of examples/, with something that it never reads.
FROM scratch
ARG TARGETARCH
COPY ballast /ballast
COPY $TARGETARCH/listener /listener
EXPOSE 5000
ENTRYPOINT ["/listener"]
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Store]:
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


def test_an_image_is_slimmed_on_another_host_over_tls(
    host: Store, app: Path, tmp_path: Path
) -> None:
    slim_there(host, app, tmp_path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": ""}, "no Docker daemon answers"),
        ({"DOCKER_CERT_PATH": "/nowhere"}, "no Docker daemon answers"),
    ],
)
def test_without_the_certificates_no_daemon_answers(
    host: Store, tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    store = Store("no certificates", {**host.environment, **changed})
    done = ci_slim(store, ["slim", "engine-tests/app"], tmp_path)
    assert done.code == 4, done.stderr
    assert message in done.stderr
