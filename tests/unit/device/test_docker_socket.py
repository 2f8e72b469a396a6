"""What ci-slim-update makes of a daemon that gives odd, hostile or cut-off answers."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from daemon_double import chunked, http, says

from ci_slim.device import ci_slim_update as update

REGISTRY = update.Registry("r.example/app", False, Path("none"))


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> update.Docker:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    return update.Docker()


def problem(call: Any) -> str:
    with pytest.raises(update.Problem) as raised:
        call()
    return str(raised.value)


def pull(docker: update.Docker) -> None:
    docker.pull("r.example/app", "stable", "linux/arm/v6", REGISTRY)


def load(docker: update.Docker) -> None:
    docker.load(lambda out: out.write(b"archive"))


@pytest.mark.parametrize(
    ("host", "wanted"),
    [("", "/var/run/docker.sock"), ("unix:///run/user/1/docker.sock", "/run/user/1/docker.sock")],
)
def test_the_socket_is_the_usual_one_or_that_of_docker_host(host: str, wanted: str) -> None:
    assert update.socket_path(host) == wanted


@pytest.mark.parametrize("host", ["tcp://10.0.0.1:2376", "ssh://pi@board", "unix://docker.sock"])
def test_another_docker_host_is_refused_with_what_to_set(host: str) -> None:
    told = problem(lambda: update.socket_path(host))
    assert host in told and "set unix:///path" in told


def test_without_a_daemon_it_says_where_it_looked(docker: update.Docker, tmp_path: Path) -> None:
    told = problem(lambda: docker.image_id("app"))
    assert f"docker does not answer at {tmp_path}/docker.sock: [Errno 2]" in told
    assert "A container needs it as a volume" in told


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (http(b'{"message":"no \\u001b[31mspace"}', "500 X"), "docker says: no [31mspace"),
        (http(b"<html>" * 9999, "502 X"), "docker says: <html>"),
        (http(b"", "500 X"), "docker says: status 500"),
        (http(b"[" * 10_000, "500 X"), "docker says: [[["),
        (http(b"null"), "no document for /images/app/json"),
        (http(b"[" * 200_000), "no JSON"),
        (http(b'{"Id": "' + b"x" * update.DAEMON_MOST), f"longer than {update.DAEMON_MOST} bytes"),
        (chunked(b'{"Id":', end=False), "ends too early"),
        (b"SSH-2.0-OpenSSH\r\n", "docker does not answer"),
        (b"", "docker does not answer"),
    ],
)
def test_an_odd_answer_is_one_line_of_the_log(
    answer: bytes, wanted: str, docker: update.Docker, tmp_path: Path
) -> None:
    with says(answer, tmp_path):
        told = problem(lambda: docker.image_id("app"))
    assert wanted in told
    assert len(told) < 700 and told.isprintable()


def test_an_image_that_is_not_there_has_no_id(docker: update.Docker, tmp_path: Path) -> None:
    with says(http(b'{"message":"No such image"}', "404 Not Found"), tmp_path):
        assert docker.image_id("app") == ""
        assert not docker.remove("app")


@pytest.mark.parametrize("stream", [pull, load])
@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (
            chunked(b'{"status":"Pulling"}\r\n{"error":"no space left\\n","errorDetail":{}}\r\n'),
            "docker says: no space left",
        ),
        (chunked(b'{"status":"1"}{"error":"two on a line"}'), "docker says: two on a line"),
        (chunked(b'{"status":"Pulling"}\r\n', end=False), "the daemon's answer is damaged"),
        (chunked(b'{"status":'), "the daemon's answer is damaged"),
        (chunked(b"x" * (update.LINE_MOST + 2)), f"a line is longer than {update.LINE_MOST} bytes"),
        (chunked(b"[" * 100_000), "the daemon's answer is damaged"),
        (http(b'{"message":"not found"}', "404 Not Found"), "docker says: not found"),
    ],
)
def test_an_error_in_a_stream_or_a_stream_that_is_cut_off_is_a_failure(
    stream: Any, answer: bytes, wanted: str, docker: update.Docker, tmp_path: Path
) -> None:
    with says(answer, tmp_path):
        told = problem(lambda: stream(docker))
    assert wanted in told
    assert told.startswith(("r.example/app cannot be pulled: ", "the new image cannot be loaded: "))


def test_a_stream_without_an_error_is_a_success(docker: update.Docker, tmp_path: Path) -> None:
    with says(chunked(b'{"status":"a"}\r\n', b'{"status":"b"}\r\n"odd"\r\n'), tmp_path):
        pull(docker)
        load(docker)


def test_an_archive_that_is_cut_off_is_no_saved_image(
    docker: update.Docker, tmp_path: Path
) -> None:
    with says(chunked(b"part", end=False), tmp_path):
        told = problem(lambda: docker.save("sha256:1", tmp_path / "saved"))
    assert told.startswith("the old image cannot be saved: the daemon's answer ends too early")


def test_a_disk_that_is_full_is_a_reason_why_the_image_cannot_be_saved(
    docker: update.Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with says(chunked(b"part"), tmp_path):
        told = problem(lambda: docker.save("sha256:1", tmp_path / "saved"))
    assert told == "the old image cannot be saved: [Errno 28] No space left on device"


def test_what_was_saved_in_no_known_form_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "old.tar"
    path.write_bytes(b'{"errorDetail":{}}' * 100)
    assert "saved the old image in no known form" in problem(lambda: update._opened(path))


def test_the_daemon_gets_the_same_credentials(tmp_path: Path) -> None:
    def told(name: str) -> Any:
        login = update.Registry(name, False, config).docker_login
        return json.loads(base64.urlsafe_b64decode(login)) if login else None

    config = tmp_path / "config.json"
    auth = base64.b64encode("me:pä:ss".encode()).decode()
    config.write_text(
        json.dumps({"auths": {"r.example": {"auth": auth}, "docker.io": {"auth": auth}}})
    )
    mine = {"username": "me", "password": "pä:ss", "serveraddress": "r.example"}
    assert told("r.example/app") == mine
    assert told("app") == {**mine, "serveraddress": "https://index.docker.io/v1/"}
    assert told("other.example/app") is None
