"""`remote:` names a Docker host for a platform, and never shows what is wrong with it in full."""

import pytest
from settings_texts import flags

from ci_slim.errors import UsageError
from ci_slim.platforms import parse as platform
from ci_slim.settings import parse
from ci_slim.settings.remote import with_hosts
from ci_slim.settings.values import RemoteSettings

IMAGES = "version: 1\nimages: {app: {image: app}}\n"
BOARD = platform("linux/arm/v6")


def read(remote: str) -> RemoteSettings:
    return parse(f"{IMAGES}remote: {remote}\n", "f.yml", {}).remote


@pytest.mark.parametrize(
    "host",
    [
        "ssh://pi@board",
        "ssh://board:2222",
        "ssh://pi@10.0.0.7/run/user/1000/docker.sock",
        "ssh://pi@[fe80::1]:22",
        "tcp://board.example:2376",
        "office-board",
    ],
)
def test_a_host_is_ssh_or_tcp_or_a_context(host: str) -> None:
    assert read(f'{{hosts: {{linux/arm/v6: "{host}"}}}}').hosts == {BOARD: host}


@pytest.mark.parametrize(
    ("host", "message", "hint"),
    [
        ("ssh://pi:secret@board", "the Docker host of linux/arm/v6 has a password in it", "a key"),
        ("tcp://u:secret@board:2376", "the Docker host of linux/arm/v6 has a password", "remove"),
        ("tcp://board", "this is no Docker host for linux/arm/v6", "tcp://host:2376"),
        ("unix:///run/docker.sock", "this is no Docker host", "ssh://user@host"),
        ("ssh://-oProxyCommand=x", "this is no Docker host", "ssh://user@host"),
        ("ssh://-l@board", "this is no Docker host", "ssh://user@host"),
        ("-H evil", "this is no Docker host", "docker context"),
    ],
)
def test_anything_else_is_refused_and_no_password_shown(host: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(f'{{hosts: {{linux/arm/v6: "{host}"}}}}')
    assert caught.value.message.startswith(message)
    assert hint in caught.value.hint
    assert caught.value.where == "f.yml:3:18"
    assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_a_platform_has_one_host() -> None:
    with pytest.raises(UsageError, match="linux/arm/v7 has two hosts"):
        read("{hosts: {linux/arm/v7: a, arm: b}}")


def test_the_flag_takes_the_place_of_the_file_s_host() -> None:
    found = parse(f"{IMAGES}remote: {{hosts: {{arm64: a, arm/v6: b}}}}\n", "f.yml", {})
    merged = with_hosts(found, ("linux/arm/v6=ssh://pi@board",), "--remote-host")
    assert merged.remote.hosts == {platform("arm64"): "a", BOARD: "ssh://pi@board"}
    with pytest.raises(UsageError, match="--remote-host: there is no host in it"):
        with_hosts(found, ("linux/arm/v6",), "--remote-host")


def test_the_flag_is_one_of_run_and_slim() -> None:
    assert flags(remote_host=("linux/arm/v6=a",)).texts("remote_host") == ("linux/arm/v6=a",)
    assert flags("slim", remote_host=("linux/arm64=a",)).gave("remote_host")
