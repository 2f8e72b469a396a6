"""A config as instructions, and what no instruction can say."""

import pytest

from ci_slim.errors import UsageError
from ci_slim.recipe.instructions import instructions

SECOND = 1_000_000_000


def test_every_field_has_its_instruction() -> None:
    config = {
        "Env": ["PATH=/bin", 'SAID=a "b" $HOME \\', "EMPTY="],
        "Labels": {"org.example": "x | y", "a": ""},
        "ExposedPorts": {"9/udp": {}, "80/tcp": {}},
        "Volumes": {"/b $x": {}, "/a": {}},
        "WorkingDir": "/srv/my data",
        "User": "10:20",
        "StopSignal": "SIGQUIT",
        "Shell": ["/bin/bash", "-c"],
        "Healthcheck": {
            "Test": ["CMD-SHELL", "test -e $FILE"],
            "Interval": 7 * SECOND,
            "Retries": 4,
        },
        "OnBuild": ["RUN true"],
        "Entrypoint": ["/app", 'it\'s "quoted" $HOME'],
        "Cmd": ["--port", "80"],
    }
    assert instructions(config, "app") == [
        'ENV PATH="/bin"',
        'ENV SAID="a \\"b\\" \\$HOME \\\\"',
        'ENV EMPTY=""',
        'LABEL "a"=""',
        'LABEL "org.example"="x | y"',
        "EXPOSE 80/tcp",
        "EXPOSE 9/udp",
        'VOLUME ["/a", "/b \\\\$x"]',
        "WORKDIR /srv/my data",
        "USER 10:20",
        "STOPSIGNAL SIGQUIT",
        'SHELL ["/bin/bash", "-c"]',
        "HEALTHCHECK --interval=7000000000ns --retries=4 CMD test -e $FILE",
        "ONBUILD RUN true",
        'ENTRYPOINT ["/app", "it\'s \\"quoted\\" $HOME"]',
        'CMD ["--port", "80"]',
    ]


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (["NONE"], "HEALTHCHECK NONE"),
        (["CMD", "/app", "check"], 'HEALTHCHECK CMD ["/app", "check"]'),
    ],
)
def test_a_healthcheck_of_each_kind(check: list[str], line: str) -> None:
    assert instructions({"Healthcheck": {"Test": check}}, "app") == [line]


def test_an_empty_config_has_no_instructions() -> None:
    assert instructions({"Env": None, "Labels": None, "User": ""}, "app") == []


@pytest.mark.parametrize(
    "config",
    [
        {"Env": ["A=one\ntwo"]},
        {"Env": ["=x"]},
        {"Labels": {"a": "one\ntwo"}},
        {"User": "a\nRUN evil"},
        {"OnBuild": ["RUN a\nRUN b"]},
        {"Healthcheck": {"Test": ["CMD-SHELL", "a\nRUN b"]}},
        {"Healthcheck": {"Test": ["ODD"]}},
        {"WorkingDir": "/\udcff"},
    ],
)
def test_what_no_instruction_can_say_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="a Dockerfile cannot say it"):
        instructions(config, "app")
