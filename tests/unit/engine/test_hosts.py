"""How other hosts are reached: the call of ssh, docker contexts, and what is said of a failure."""

import hashlib
import json
import stat
from pathlib import Path

import pytest

from ci_slim.cleanup import Closable
from ci_slim.engine import contexts, hosts
from ci_slim.engine.contexts import Context
from ci_slim.engine.hosts import Reach
from ci_slim.engine.process import Running
from ci_slim.engine.ssh_access import SshAccess
from ci_slim.engine.tunnel import command
from ci_slim.errors import EngineError


def test_ssh_forwards_the_docker_socket_and_asks_nothing(tmp_path: Path) -> None:
    argv = command("ssh://pi@board:2222", SshAccess(), tmp_path)
    assert argv[:4] == ["ssh", "-T", "-a", "-x"]
    assert "BatchMode=yes" in argv
    assert argv[-9:] == [
        *("-p", "2222", "-l", "pi", "-L", f"{tmp_path}/docker.sock:/var/run/docker.sock"),
        *("--", "board", "cat"),
    ]
    assert "-i" not in argv


def test_a_key_of_a_variable_is_for_its_owner_alone(tmp_path: Path) -> None:
    access = SshAccess("-----BEGIN KEY-----\r\nabc\r\n", "board ssh-ed25519 AAAA")
    argv = command("ssh://board/run/user/1000/docker.sock", access, tmp_path)
    key = tmp_path / "key"
    assert key.read_text() == "-----BEGIN KEY-----\nabc\n"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert argv[argv.index("-i") :][:4] == ["-i", str(key), "-o", "IdentitiesOnly=yes"]
    assert f"UserKnownHostsFile={tmp_path / 'known_hosts'}" in argv
    assert f"{tmp_path}/docker.sock:/run/user/1000/docker.sock" in argv
    assert "abc" not in repr(access)


def test_a_variable_may_name_a_file_as_on_gitlab(tmp_path: Path) -> None:
    given = tmp_path / "BOARD_KEY"
    given.write_text("-----BEGIN KEY-----\nabc\n")
    folder = tmp_path / "run"
    folder.mkdir()
    command("ssh://board", SshAccess(str(given)), folder)
    assert (folder / "key").read_text() == given.read_text()
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600


def context(folder: Path, name: str, endpoint: dict[str, object], *, tls: bool = False) -> None:
    identity = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts/meta" / identity
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": endpoint}}))
    if tls:
        (folder / "contexts/tls" / identity / "docker").mkdir(parents=True)


def test_a_context_is_found_with_its_certificates(tmp_path: Path) -> None:
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    context(tmp_path, "plain", {"Host": "ssh://pi@board"})
    context(tmp_path, "office", {"Host": "tcp://board:2376", "SkipTLSVerify": True}, tls=True)
    context(tmp_path, "broken", {})
    assert contexts.find("plain", environment) == Context("ssh://pi@board", None)
    found = contexts.find("office", environment)
    assert found is not None and found.certificates is not None and not found.verify
    assert contexts.find("broken", environment) is None
    assert contexts.find("other", environment) is None


def test_the_chosen_context_is_the_variable_s_or_the_one_in_use(tmp_path: Path) -> None:
    context(tmp_path, "a", {"Host": "unix:///a"})
    context(tmp_path, "b", {"Host": "unix:///b"})
    environment = {"DOCKER_CONFIG": str(tmp_path)}
    assert contexts.chosen(environment) is None
    (tmp_path / "config.json").write_text('{"currentContext": "a"}')
    assert contexts.chosen(environment) == Context("unix:///a", None)
    assert contexts.chosen({**environment, "DOCKER_CONTEXT": "b"}) == Context("unix:///b", None)


def test_a_host_is_shown_without_its_user() -> None:
    assert hosts.shown("ssh://pi@board:22/run/docker.sock") == "ssh://board:22"
    assert hosts.shown("tcp://board:2376") == "tcp://board:2376"
    assert hosts.shown("office") == "the docker context office"


def reach(folder: Path, held: list[Closable]) -> Reach:
    return Reach({"DOCKER_CONFIG": str(folder)}, SshAccess(), folder, held.append)


def test_an_unknown_context_and_a_closed_port_are_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="office: there is no such docker context") as caught:
        hosts.connect("office", reach(tmp_path, []))
    assert "docker context create" in caught.value.hint
    with pytest.raises(EngineError, match=r"tcp://127\.0\.0\.1:1: the Docker host cannot"):
        hosts.connect("tcp://127.0.0.1:1", reach(tmp_path, []))


def test_a_program_in_the_background_is_ended_and_reads_the_end_of_its_input(
    tmp_path: Path,
) -> None:
    running = Running(["sh", "-c", "echo started; sleep 600"], tmp_path / "log", tmp_path)
    assert not running.ended
    running.close()
    running.close()
    assert running.ended
    reader = Running(["cat"], tmp_path / "log", tmp_path)
    assert not reader.ended
    reader.close()
    assert reader.ended
    with pytest.raises(EngineError, match="no-such-program"):
        Running(["no-such-program"], tmp_path / "log", tmp_path)
