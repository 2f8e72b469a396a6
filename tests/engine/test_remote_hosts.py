"""Platforms that are proved on other Docker hosts: over ssh, over TLS, and one of them here."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import ci_slim, owned
from daemons import Store
from listener_project import write_project
from other_host import ADDRESS, URL, SshServer, ssh_server, started
from recipes import AMD64, ARM64, ARMV6

Settings = Callable[[tuple[str, ...], dict[str, str]], str]


@dataclass(frozen=True, slots=True)
class Board:
    """The other host, over TLS and over ssh."""

    store: Store
    ssh: SshServer

    @property
    def environment(self) -> dict[str, str]:
        """What a job is given to reach it; its own daemon stays the one that answers here."""
        return {
            "DOCKER_CERT_PATH": self.store.environment["DOCKER_CERT_PATH"],
            "CI_SLIM_SSH_KEY": self.ssh.key,
            "CI_SLIM_SSH_KNOWN_HOSTS": self.ssh.known_hosts,
        }


@pytest.fixture(scope="module")
def board() -> Iterator[Board]:
    with started() as (store, folder), ssh_server(folder) as ssh:
        yield Board(store, ssh)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder with a short path, because it holds a socket. If several processes share the tests,
    pytest's own is too long for that."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def settings(programs: Path, tmp_path: Path) -> Settings:
    """Writes the project with these hosts."""

    def write(platforms: tuple[str, ...], hosts: dict[str, str]) -> str:
        named = ", ".join(f"{platform}: {host}" for platform, host in hosts.items())
        more = f"remote:\n  hosts: {{{named}}}\n"
        return write_project(programs, tmp_path / "app", platforms, more)

    return write


def test_one_platform_over_ssh_one_over_tls_and_one_here(
    overlay2: Store, board: Board, settings: Settings, tmp_path: Path
) -> None:
    before = owned_there(board)
    config = settings((AMD64, ARM64, ARMV6), {AMD64: board.ssh.url, ARM64: URL})
    done = ci_slim(
        overlay2,
        ["run", f"--config={config}", "--baseline=none", f"--output={tmp_path / 'out'}"],
        tmp_path,
        environment=board.environment,
    )
    assert done.code == 0, done.stderr
    assert [(p["platform"], p["host"], p["emulated"], p["verified"]) for p in done.platforms] == [
        (AMD64, f"ssh://{ADDRESS}", False, True),
        (ARM64, f"tcp://{ADDRESS}:2376", True, True),
        (ARMV6, "", True, True),
    ]
    assert f"(on ssh:&#8203;//{ADDRESS})" in (tmp_path / "out/comment.md").read_text()
    assert owned_there(board) == before
    assert "PRIVATE KEY" not in done.stderr + (tmp_path / "out/report.json").read_text()


def owned_there(board: Board) -> dict[str, set[str]]:
    """What the other daemon has, asked through its socket."""
    return owned(Store("board", {"DOCKER_HOST": f"unix://{board.ssh.socket}"}))


@pytest.mark.parametrize(
    ("host", "changed", "message"),
    [
        (
            "ssh://root@172.31.250.2:9",
            {},
            "the Docker host cannot be reached: ssh: connect",
        ),
        ("{ssh}", {"CI_SLIM_SSH_KNOWN_HOSTS": "other ssh-ed25519 AAAA"}, "Host key verification"),
        ("{ssh}", {"CI_SLIM_SSH_KEY": "no key"}, "Permission denied"),
        ("ssh://root@172.31.250.2/no.sock", {}, "ssh reaches the host, but no Docker daemon"),
        ("tcp://172.31.250.2:2376", {"DOCKER_CERT_PATH": "/nowhere"}, "no certificates"),
        ("tcp://172.31.250.2:22", {}, "it does not speak TLS"),
        ("nowhere", {}, "there is no such docker context"),
    ],
)
def test_a_host_that_cannot_be_used_is_told_before_anything_is_built(
    overlay2: Store,
    board: Board,
    settings: Settings,
    tmp_path: Path,
    host: str,
    changed: dict[str, str],
    message: str,
) -> None:
    config = settings((AMD64,), {AMD64: host.format(ssh=board.ssh.url)})
    done = ci_slim(
        overlay2,
        ["run", f"--config={config}", "--baseline=none"],
        tmp_path,
        environment={**board.environment, **changed},
    )
    assert done.code == 4, done.stderr
    assert message in done.stderr
    assert f"remote.hosts, {AMD64}: " in done.stderr
    assert "build" not in done.stderr.partition("remote.hosts")[0]


def test_a_fork_uses_no_host(
    overlay2: Store, board: Board, settings: Settings, tmp_path: Path
) -> None:
    config = settings((AMD64,), {AMD64: board.ssh.url})
    fork = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": "https://gitlab.example/api/v4",
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": "1",
        "CI_MERGE_REQUEST_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "9",
    }
    done = ci_slim(
        overlay2,
        ["run", f"--config={config}", "--baseline=none"],
        tmp_path,
        environment={**board.environment, **fork},
    )
    assert done.code == 0, done.stderr
    assert [p["host"] for p in done.platforms] == [""]
    assert "remote hosts are not used for the code of a fork" in done.stderr
