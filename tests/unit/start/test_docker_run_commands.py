"""`docker run` as people write it into a README."""

import pytest

from ci_slim.start import Repository
from ci_slim.start.docker_run_commands import docker_run


@pytest.mark.parametrize(
    ("text", "env", "ports"),
    [
        ("docker run -e A=b -p 8080:80 app", {"A": "b"}, {8080: 80}),
        ("$ sudo docker run -d \\\n --env=A='b c' --publish 127.0.0.1:9:8 a", {"A": "b c"}, {9: 8}),
        ("- `docker run -p8080:80 -eA=1 app`", {"A": "1"}, {8080: 80}),
        ("docker run -e TOKEN=$TOKEN -e KEY=<yours> -e HOME app", {}, {}),
        ("docker run -p 80 -p a:b -p 1:99999 app", {}, {}),
        ("docker build -e A=b .", {}, {}),
        ("docker run -e 'A=b app", {}, {}),
        ("1. `docker build .`\n2. `docker run -it --rm -p 8088:80 app`", {}, {8088: 80}),
        ("docker run -e A=b db\ndocker run -e B=c x/mine:1", {"B": "c"}, {}),
        ("docker run -e A=b db\ndocker run -e B=c other", {}, {}),
        ("docker run -e A=b -p 80:81 postgres:16", {}, {80: 81}),
        ("docker run -e A=b team/other", {}, {}),
        ("docker run -e A=b team/mine:1", {"A": "b"}, {}),
    ],
)  # fmt: skip
def test_variables_and_ports_are_taken(
    text: str, env: dict[str, str], ports: dict[int, int]
) -> None:
    told = docker_run(Repository("x", frozenset({"README.md"}), {"README.md": text}), ".", {"mine"})
    assert (told.env, told.ports) == (env, ports)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("docker run --rm app convert 7", (("convert", "7"),)),
        ("docker run --rm app convert 7 > out 2>&1", (("convert", "7"),)),
        ("docker run --rm app convert 7 | jq .", (("convert", "7"),)),
        ("docker run --rm app convert <number>", ()),
        ("docker run --rm app convert < in", ()),
        ("docker run --rm app convert FILE", ()),
        ("docker run --rm app [OPTIONS] convert", ()),
        ("docker run [OPTIONS] app", ()),
        ("docker run $IMAGE convert 7", (("convert", "7"),)),
        ("docker run --rm app convert ''", ()),
        ("docker run --rm app convert $NUMBER", ()),
        ("docker run postgres:16 -c fsync=off", ()),
        ("docker run team/mine:16 -c fsync=off", (("-c", "fsync=off"),)),
    ],
)
def test_only_calls_of_this_image_that_are_complete_are_repeated(
    text: str, calls: tuple[tuple[str, ...], ...]
) -> None:
    told = docker_run(Repository("x", frozenset({"README.md"}), {"README.md": text}), ".", {"mine"})
    assert told.calls == calls
