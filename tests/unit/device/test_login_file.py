"""Where ci-slim-update looks for the registry's credentials, and where it works, by default."""

from pathlib import Path

import pytest

from ci_slim.device import ci_slim_update as update


@pytest.mark.parametrize(
    ("engine", "more", "wanted"),
    [
        ("docker", {}, "home/.docker/config.json"),
        ("docker", {"DOCKER_CONFIG": "own"}, "own/config.json"),
        ("podman", {}, "run/containers/auth.json"),
        ("podman", {"XDG_RUNTIME_DIR": "gone"}, "home/.config/containers/auth.json"),
        (
            "podman",
            {"XDG_RUNTIME_DIR": "gone", "XDG_CONFIG_HOME": "own"},
            "own/containers/auth.json",
        ),
        (
            "podman",
            {"XDG_RUNTIME_DIR": "gone", "XDG_CONFIG_HOME": "gone"},
            "home/.docker/config.json",
        ),
        ("podman", {"REGISTRY_AUTH_FILE": "own/auth.json"}, "own/auth.json"),
    ],
)
def test_the_login_is_where_the_engine_leaves_it(
    engine: str, more: dict[str, str], wanted: str, tmp_path: Path
) -> None:
    for folder in ("run/containers", "home/.config/containers", "own/containers"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "auth.json").write_text("{}")
    environment = {"HOME": "home", "XDG_RUNTIME_DIR": "run", **more}
    found = update.login_file(engine, {key: f"{tmp_path}/{x}" for key, x in environment.items()})
    assert found == tmp_path / wanted


@pytest.mark.parametrize(
    ("user", "state", "wanted"),
    [
        (0, "/state", "/var/lib/ci-slim-update"),
        (1000, "/state", "/state/ci-slim-update"),
        (1000, "", "/home/pi/.local/state/ci-slim-update"),
    ],
)
def test_a_user_works_in_a_folder_of_his_own(
    user: int, state: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setenv("HOME", "/home/pi")
    monkeypatch.setenv("XDG_STATE_HOME", state)
    assert update._options(["app:1"]).folder == wanted
