import pytest

from ci_slim.engine.images import split_reference
from ci_slim.errors import UsageError
from ci_slim.image.config import ImageConfig
from ci_slim.observe.running import command_of, exposed_port, healthcheck, loader_settings
from ci_slim.settings.plans import RunPlan


def config(**values: object) -> ImageConfig:
    return ImageConfig({"config": values})


@pytest.mark.parametrize(
    ("image", "run", "command"),
    [
        ({"Cmd": ["sh"]}, RunPlan(), ["sh"]),
        ({"Entrypoint": ["app"], "Cmd": ["-v"]}, RunPlan(), ["app", "-v"]),
        ({"Entrypoint": ["app"], "Cmd": ["-v"]}, RunPlan(command=("-q",)), ["app", "-q"]),
        ({"Entrypoint": ["app"], "Cmd": ["-v"]}, RunPlan(entrypoint=("sh",)), ["sh"]),
        ({"Entrypoint": ["app"]}, RunPlan(entrypoint=(), command=("ls",)), ["ls"]),
        ({"Entrypoint": None, "Cmd": ["a"]}, RunPlan(), ["a"]),
    ],
)
def test_the_command_is_what_docker_run_would_start(
    image: dict[str, object], run: RunPlan, command: list[str]
) -> None:
    assert command_of(config(**image), run, "x") == command


def test_an_image_without_a_command_says_what_to_do() -> None:
    with pytest.raises(UsageError) as error:
        command_of(config(), RunPlan(), "x:1")
    assert str(error.value) == "x:1: the image has no command to run"
    assert "--command" in error.value.hint


@pytest.mark.parametrize(
    ("ports", "port"),
    [
        ({"8080/tcp": {}, "53/udp": {}, "443/tcp": {}}, 443),
        ({"53/udp": {}}, None),
        ({"80": {}}, 80),
        ({"odd/tcp": {}}, None),
        (None, None),
    ],
)
def test_the_lowest_exposed_tcp_port_is_the_one_to_ask(ports: object, port: int | None) -> None:
    assert exposed_port(config(ExposedPorts=ports)) == port


@pytest.mark.parametrize(
    ("declared", "command"),
    [
        ({"Test": ["CMD", "curl", "-f", "localhost"]}, ("curl", "-f", "localhost")),
        ({"Test": ["CMD-SHELL", "curl localhost || exit 1"]},
         ("/bin/sh", "-c", "curl localhost || exit 1")),
        ({"Test": ["NONE"]}, None),
        ({"Test": []}, None),
        ({"Test": ["CMD"]}, None),
        (None, None),
    ],
)  # fmt: skip
def test_the_health_check_of_the_image_is_a_probe(
    declared: object, command: tuple[str, ...] | None
) -> None:
    check = healthcheck(config(Healthcheck=declared))
    assert (check.command if check else None) == command


def test_a_health_check_has_its_shell_and_its_time() -> None:
    check = healthcheck(
        config(
            Healthcheck={"Test": ["CMD-SHELL", "true"], "Timeout": 3_000_000_000},
            Shell=["/bin/bash", "-ec"],
        )
    )
    assert check is not None
    assert (check.command, check.timeout) == (("/bin/bash", "-ec", "true"), 3.0)


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("x", ("x", "latest")),
        ("x:1", ("x", "1")),
        ("host:5000/x", ("host:5000/x", "latest")),
        ("host:5000/x:1", ("host:5000/x", "1")),
    ],
)
def test_the_port_of_a_registry_is_no_tag(reference: str, parts: tuple[str, str]) -> None:
    assert split_reference(reference) == parts


@pytest.mark.parametrize(
    ("image", "plan", "meant"),
    [
        (["LD_PRELOAD=/opt/a.so", "PATH=/bin"], {}, {"LD_PRELOAD": "/opt/a.so"}),
        (["LD_PRELOAD=/opt/a=b.so"], {}, {"LD_PRELOAD": "/opt/a=b.so"}),
        (["LD_PRELOAD=/opt/a.so"], {"LD_PRELOAD": "/b.so"}, {"LD_PRELOAD": "/b.so"}),
        (["LD_PRELOAD=/opt/a.so"], {"LD_PRELOAD": ""}, {}),
        ([], {"LD_AUDIT": "/c.so", "LD_DEBUG": "all"}, {"LD_AUDIT": "/c.so", "LD_DEBUG": "all"}),
        (None, {"LD_LIBRARY_PATH": "/opt"}, {}),  # the carried loader is told its own
    ],
)
def test_loader_settings_of_the_application_are_found(
    image: object, plan: dict[str, str], meant: dict[str, str]
) -> None:
    assert loader_settings(config(Env=image), RunPlan(env=plan)) == meant
