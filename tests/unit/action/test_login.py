"""Which registries a step logs in to, and with which passwords."""

import json
from pathlib import Path

import pytest

from ci_slim.action import inputs, job, login, step_request
from ci_slim.action.step_request import StepRequest
from ci_slim.engine.login import Login
from ci_slim.engine.login import login as login_of
from ci_slim.errors import UsageError


def request(**given: str) -> StepRequest:
    named = {f"INPUT_{name.upper()}": value for name, value in given.items()}
    return step_request.request(inputs.read(named), "out")


ONE = {"registry": "ghcr.io", "username": "me", "password": "p4ss"}
SEVERAL = "r.example:5000=me:p4:ss\n\n docker.io = you : word "
GIVEN = {
    "none": ({}, {}),
    "one": (ONE, {"ghcr.io": Login("me", "p4ss")}),
    "several": (
        {"registries": SEVERAL},
        {"r.example:5000": Login("me", "p4:ss"), "docker.io": Login("you", "word")},
    ),
    "both": (
        {**ONE, "registries": "r.example=a:b"},
        {"ghcr.io": Login("me", "p4ss"), "r.example": Login("a", "b")},
    ),
    "a secret that is empty": ({"registries": "ghcr.io=me:"}, {"ghcr.io": Login("me", "")}),
}  # fmt: skip


@pytest.mark.parametrize(("given", "found"), GIVEN.values(), ids=GIVEN)
def test_logins_are_those_of_the_inputs(given: dict[str, str], found: dict[str, Login]) -> None:
    assert login.logins(request(**given)) == found


@pytest.mark.parametrize("line", ["ghcr.io", "ghcr.io=s3cret", "s3cret:x", "=me:s3cret"])
def test_a_line_that_is_not_a_login_is_refused_without_showing_it(line: str) -> None:
    with pytest.raises(UsageError) as error:
        login.logins(request(registries=f"a=b:c\n{line}"))
    assert error.value.message == "line 2 is not a login"
    assert "s3cret" not in str(error.value) + repr(error.value)


WHOLE, HALF = Login("me", "p4ss"), Login("me", "")


def test_where_secrets_are_withheld_a_login_without_a_password_is_left_out() -> None:
    given = {"ghcr.io": WHOLE, "": HALF}
    assert login.usable(given, withheld=True) == ({"ghcr.io": WHOLE}, ("",))
    with pytest.raises(UsageError, match="there is no password for the registry Docker Hub"):
        login.usable(given, withheld=False)
    with pytest.raises(UsageError, match=r"there is no username for the registry ghcr\.io"):
        login.usable({"ghcr.io": Login("", "p4ss")}, withheld=False)


def test_the_given_logins_are_added_to_those_of_docker_config(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"old": {"auth": "YTpi"}}}))
    (tmp_path / "scratch").mkdir()
    folder = login.log_in({"new.example": WHOLE}, tmp_path / "scratch", str(tmp_path))
    assert folder is not None
    environment = {"DOCKER_CONFIG": folder}
    assert login_of("new.example", environment) == WHOLE
    assert login_of("old", environment) == Login("a", "b")
    assert login.log_in({}, tmp_path, None) is None


@pytest.mark.parametrize(
    ("config", "refused"),
    [
        ("/github/runner_temp/docker", False),
        ("other/.docker", False),
        ("app/.docker", True),
        ("other/../app", True),
        (None, False),
    ],
)
def test_docker_s_configuration_may_not_lie_in_a_build_context(
    config: str | None, refused: bool, tmp_path: Path
) -> None:
    contexts = (str(tmp_path / "app"), str(tmp_path / "lib"))
    if refused:
        with pytest.raises(UsageError, match="a Dockerfile could copy them into the image"):
            login.refuse_in_context(config, contexts, tmp_path)
    else:
        login.refuse_in_context(config, contexts, tmp_path)


RUNNER = {
    "ACTIONS_RUNTIME_TOKEN": "t0ken", "ACTIONS_RESULTS_URL": "https://results.example/",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "id", "GITHUB_TOKEN": "t", "INPUT_PASSWORD": "p",
    "PATH": "/bin",
}  # fmt: skip


def test_the_cache_service_is_for_buildx_alone_and_not_for_forks() -> None:
    assert job.withhold(RUNNER) == {"PATH": "/bin"}
    assert job.cache_service(RUNNER, fork=True) == {}
    assert job.cache_service({"PATH": "/bin"}, fork=False) == {}
    assert job.cache_service(RUNNER, fork=False) == {
        "ACTIONS_CACHE_SERVICE_V2": "true",
        "ACTIONS_RESULTS_URL": "https://results.example/",
        "ACTIONS_RUNTIME_TOKEN": "t0ken",
    }
