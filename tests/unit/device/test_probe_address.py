"""A probe of ci-slim-update: an address, or a command."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ci_slim.device import ci_slim_update as update


class Answers(BaseHTTPRequestHandler):
    """Answers with the status that is the path. A redirect goes to an error."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.send_header("Location", "/500")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "wanted"),
    [(200, True), (204, True), (301, True), (302, True), (404, False), (500, False), (503, False)],
)
def test_an_address_worked_with_2xx_and_3xx(address: str, status: int, wanted: bool) -> None:
    assert update.failure_of(f"{address}/{status}", 1) == ("" if wanted else f"it answers {status}")


def test_a_proxy_of_the_environment_is_not_asked(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert update.failure_of(f"{address}/200", 1) == ""


def test_an_address_at_which_nobody_answers_did_not_work(address: str) -> None:
    for wrong in ("http://127.0.0.1:9/", f"https{address[4:]}/200", "http://[", "http://x:y/"):
        assert update.failure_of(wrong, 1)


def test_a_command_worked_when_it_ends_with_0() -> None:
    assert update.failure_of("true", 1) == ""
    assert update.failure_of("exit 3", 1) == "it ended with 3"


def test_a_command_that_does_not_end_is_killed_with_what_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(update, "PROBE_SECONDS", 0.3)
    pid = tmp_path / "pid"
    assert "did not end" in update.failure_of(f"sleep 60 & echo $! >{pid}; wait", 0)
    state = Path("/proc", pid.read_text().strip(), "stat")
    for _ in range(100):
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    raise AssertionError("it still runs")


def test_a_password_in_the_address_is_refused_before_anything_is_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        update.main(["app:1", "--probe", "http://me:secret@127.0.0.1:5000/"])
    told = capsys.readouterr().err
    assert "probe with a command" in told and "secret" not in told
    options = update._options(["app:1", "--probe", "http://127.0.0.1/?mail=a@b"])
    assert options.probe == "http://127.0.0.1/?mail=a@b"


def test_podman_makes_no_containers_anew(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        update.main(["app:1", "--engine", "podman", "--recreate", "app"])
    assert (ended.value.code, "for docker only" in capsys.readouterr().err) == (2, True)
