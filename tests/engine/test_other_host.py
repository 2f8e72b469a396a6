"""A daemon on another host, over TLS, and a ci-slim that is started by hand.

The component's job, in a container next to its service, is tested in test_gitlab_job.py.
"""

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
COPY ballast listener /
EXPOSE 5000
ENTRYPOINT ["/listener"]
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Store]:
    with other_host() as started:
        yield started


def test_an_image_is_slimmed_on_another_host_whatever_authorities_web_servers_have(
    host: Store, programs: Path, tmp_path: Path
) -> None:
    app = tmp_path / "app"
    app.mkdir()
    shutil.copy2(programs / "amd64/listener", app)
    (app / "ballast").write_bytes(bytes(range(256)) * 12_000)
    (app / "Dockerfile").write_text(DOCKERFILE)
    host.docker(
        *("buildx", "build", "--load", "--provenance=false", "--tag", "engine-tests/app", str(app))
    )
    done = ci_slim(
        host,
        [
            *("slim", "engine-tests/app", "--env=MY_NODE_NAME=n", "--safety=tight"),
            *("--env=MONGO_CONN=mongodb://mongo:80", "--http-probe=GET /"),
            *("--tag=engine-tests/app:slim", f"--output={tmp_path / 'out'}"),
        ],
        tmp_path,
        environment={"REQUESTS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"},
    )
    assert done.code == 0, done.stderr
    (platform,) = done.platforms
    assert (platform["outcome"], platform["verified"]) == ("slimmed", True)
    assert (tmp_path / "out" / platform["artifacts"]["oci_layout"] / "index.json").is_file()
    assert host.text("run", "--rm", "engine-tests/app:slim", "--version")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": ""}, "no Docker daemon answers"),
        ({"DOCKER_CERT_PATH": "/nowhere"}, "its certificates are missing in /nowhere"),
    ],
)
def test_without_the_certificates_no_daemon_answers(
    host: Store, tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    store = Store("no certificates", {**host.environment, **changed})
    done = ci_slim(store, ["slim", "engine-tests/app"], tmp_path)
    assert done.code == 4, done.stderr
    assert message in done.stderr
